{# A double rounded half away from zero to a multiple of `step` (0.01, 1, 5), or as it is if the step is null. Decimal
   from six places on, as published averages are rounded: in doubles 1.005 is below the half. #}
{% macro rounded_half_up(expression, step) -%}
case
    when {{ step }} is null then {{ expression }}
    else (
        round((({{ expression }})::decimal(30, 6)::double / {{ step }})::decimal(30, 6))::decimal(24, 0)
        * ({{ step }})::decimal(12, 6)
    )::double
end
{%- endmacro %}
