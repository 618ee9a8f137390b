{# Sort key that rises as a value gets worse; without polarity, the lowest value is the worst. #}
{% macro adverse_sort_key(value, polarity) -%}
(case when {{ polarity }} = 'low' then {{ value }} else -{{ value }} end)
{%- endmacro %}
