{# Whether an outcome's period is one of those that the rule of a unit cost takes: the same, one that ends `within` the
   cost's, or any that ended by then (`latest`). Of several the caller takes the last.

   `unit_cost`, `cost` and `outcome` are names of relations: of the rule, of the cost's period (code, start and end) and
   of the outcome's (code and end). #}
{% macro is_outcome_of(unit_cost, cost, outcome) -%}
case {{ unit_cost }}.outcome_period_rule
    when 'same' then {{ cost }}.period_code = {{ outcome }}.period_code
    when 'within' then {{ outcome }}.period_end between {{ cost }}.period_start and {{ cost }}.period_end
    when 'latest' then {{ outcome }}.period_end <= {{ cost }}.period_end
end
{%- endmacro %}
