{# A number that is the higher, the worse a value is; where high is neither good nor bad, the lowest counts as worst
   off. #}
{% macro adverse_sort_key(value, polarity) -%}
(case when {{ polarity }} = 'low' then {{ value }} else -{{ value }} end)
{%- endmacro %}
