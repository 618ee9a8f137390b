{# Money of one time in the prices of another: nominal times the index of the prices wanted over the index of its own
   time. Null where either index is missing, never the amount as it was.

   Source: HM Treasury, GDP deflators at market prices and money GDP: how to use. #}
{% macro real_value(nominal, index_from, index_to) -%}
({{ nominal }} * {{ index_to }} / nullif({{ index_from }}, 0))
{%- endmacro %}


{# Change in percent from one value of an index to the next: 100 × (to / from − 1). #}
{% macro percent_change(value_from, value_to) -%}
(100 * ({{ value_to }} / nullif({{ value_from }}, 0) - 1))
{%- endmacro %}
