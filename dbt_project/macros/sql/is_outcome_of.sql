{# Whether an outcome's period fits the rule of a unit cost: the same period, one that ends `within` the cost's, or any
   that ended by then (`latest`). If several fit, the caller uses the last.

   `unit_cost`, `cost` and `outcome` are names of relations: of the rule, of the cost's period (code, start and end) and
   of the outcome's (code and end). #}
{% macro is_outcome_of(unit_cost, cost, outcome) -%}
case {{ unit_cost }}.outcome_period_rule
    when 'same' then {{ cost }}.period_code = {{ outcome }}.period_code
    when 'within' then {{ outcome }}.period_end between {{ cost }}.period_start and {{ cost }}.period_end
    when 'latest' then {{ outcome }}.period_end <= {{ cost }}.period_end
end
{%- endmacro %}
