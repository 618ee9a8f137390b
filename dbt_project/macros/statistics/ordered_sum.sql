{# Sum of a group's numbers that is the same in every run: an aggregate, DOUBLE, nulls skipped, null for a
   group without numbers.

   The last digit of a sum of fractions depends on the order of adding, and DuckDB's threads take rows in any
   order; the fingerprint of a release would notice. So the smallest is added first. Costs about twice a plain
   `sum`, which is right for whole numbers. #}
{% macro ordered_sum(expression) -%}
list_sum(list_sort(list(({{ expression }})::double)))
{%- endmacro %}
