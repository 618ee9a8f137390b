{# How many of the pairs of a population group are of these characteristics. #}
{% macro group_count_of(group_code, characteristics) -%}
len(list_filter(
    string_split({{ group_code }}, ';'),
    lambda pair: list_contains({{ characteristics }}, split_part(pair, '=', 1))
))
{%- endmacro %}
