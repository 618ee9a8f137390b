{# The outcome's own service line or group where the rule of a unit cost says so, else that of the cost. #}
{% macro outcome_of(rule, own) -%}
case when {{ rule }} = 'same' then {{ own }} else {{ rule }} end
{%- endmacro %}
