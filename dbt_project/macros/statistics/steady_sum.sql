{# Sum of doubles that is the same to the last bit whatever the order of the rows and the number of threads, so that a build of the
   same inputs is the same build. An aggregate; nulls are left out, and of nothing it is null. Whole numbers need it not. #}
{% macro steady_sum(number) -%}
list_sum(list({{ number }} order by {{ number }}))
{%- endmacro %}
