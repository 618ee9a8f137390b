{# The pairs of a population group that are not of these characteristics (a list, or null for none): 'Total' if none
   are left. #}
{% macro group_without(group_code, characteristics) -%}
case
    when {{ characteristics }} is null then {{ group_code }}
    else coalesce(
        nullif(
            array_to_string(
                list_filter(
                    string_split({{ group_code }}, ';'),
                    lambda pair: not list_contains({{ characteristics }}, split_part(pair, '=', 1))
                ),
                ';'
            ),
            ''
        ),
        'Total'
    )
end
{%- endmacro %}
