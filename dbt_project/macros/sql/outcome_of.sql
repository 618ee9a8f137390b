{# The outcome's own service line or group if the rule of the unit cost gives one; otherwise that of the cost. #}
{% macro outcome_of(rule, own) -%}
case when {{ rule }} = 'same' then {{ own }} else {{ rule }} end
{%- endmacro %}
