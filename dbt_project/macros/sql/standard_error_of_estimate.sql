{# Standard error of an estimate on the scale of its value: of a proportion or a rate from its counts (binomial,
   Poisson), of anything else from its 95% limits, which are taken to be symmetric; null where there are none. `method`
   is the limits_method of fct_estimate. #}
{% macro standard_error_of_estimate(method, numerator, denominator, multiplier, lower_95, upper_95) -%}
case
    when {{ method }} = 'wilson'
        then
            abs({{ multiplier }}) * sqrt(
                {{ numerator }} / {{ denominator }} * (1 - {{ numerator }} / {{ denominator }}) / {{ denominator }}
            )
    when {{ method }} in ('byar', 'exact poisson')
        then abs({{ multiplier }}) * sqrt({{ numerator }}) / {{ denominator }}
    else ({{ upper_95 }} - {{ lower_95 }}) / (2 * {{ z_value('95') }})
end
{%- endmacro %}
