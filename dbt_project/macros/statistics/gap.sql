{# Standard error of the difference of two independent estimates. DOUBLE; null where either is missing or
   negative. #}
{% macro absolute_gap_standard_error(standard_error_1, standard_error_2) -%}
(case
    when ({{ standard_error_1 }}) >= 0 and ({{ standard_error_2 }}) >= 0
        then sqrt(({{ standard_error_1 }})::double ** 2 + ({{ standard_error_2 }})::double ** 2)
end)
{%- endmacro %}


{# Limit of the absolute gap `value_1` - `value_2`, on their scale: `side` 'lower' or 'upper'. DOUBLE. #}
{% macro absolute_gap_limit(side, value_1, value_2, standard_error_1, standard_error_2, confidence) -%}
(({{ value_1 }})::double - ({{ value_2 }}) {{ {'lower': '-', 'upper': '+'}[side] }} {{ z_value(confidence) }}
* {{ absolute_gap_standard_error(standard_error_1, standard_error_2) }})
{%- endmacro %}


{# Standard error of the logarithm of the relative gap `value_1` / `value_2`, by the delta method. DOUBLE.

   Null unless both values are above zero. Source: Ahn and others 2018, Variance estimation and confidence
   intervals for 11 commonly used health disparity measures. #}
{% macro relative_gap_log_standard_error(value_1, value_2, standard_error_1, standard_error_2) -%}
(case
    when ({{ value_1 }}) > 0 and ({{ value_2 }}) > 0
        then {{ absolute_gap_standard_error(
            '(' ~ standard_error_1 ~ ')::double / (' ~ value_1 ~ ')',
            '(' ~ standard_error_2 ~ ')::double / (' ~ value_2 ~ ')'
        ) }}
end)
{%- endmacro %}


{# Limit of the relative gap `value_1` / `value_2`, through its logarithm: `side` 'lower' or 'upper'. DOUBLE.

   Null unless both values are above zero. Second opinion: healthequal r. #}
{% macro relative_gap_limit(side, value_1, value_2, standard_error_1, standard_error_2, confidence) -%}
(({{ value_1 }})::double / nullif(({{ value_2 }}), 0) * exp(
    {{ {'lower': '-', 'upper': '+'}[side] }}{{ z_value(confidence) }}
    * {{ relative_gap_log_standard_error(value_1, value_2, standard_error_1, standard_error_2) }}
))
{%- endmacro %}
