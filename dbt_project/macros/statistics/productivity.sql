{# Productivity is output over input, both as indices of volume; its growth in percent from theirs:
   100 × ((1 + o) / (1 + i) − 1), with o and i in percent.

   Source: ONS, Sources and methods for public service productivity estimates. #}
{% macro productivity_growth(output_growth, input_growth) -%}
(100 * ((1 + {{ output_growth }} / 100.0) / nullif(1 + {{ input_growth }} / 100.0, 0) - 1))
{%- endmacro %}


{# Average annual growth in percent, from growth in percent over several years: the geometric mean. #}
{% macro average_growth(growth, years) -%}
(100 * (power(1 + {{ growth }} / 100.0, 1.0 / nullif({{ years }}, 0)) - 1))
{%- endmacro %}
