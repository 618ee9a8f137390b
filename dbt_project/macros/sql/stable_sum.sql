{# A sum that does not depend on the order of the rows, which parallel sums of doubles do in their last bit: to nine
   decimals, and up to 10^29. #}
{% macro stable_sum(expression) -%}
sum(({{ expression }})::decimal(38, 9))::double
{%- endmacro %}
