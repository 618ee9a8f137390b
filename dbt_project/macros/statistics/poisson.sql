{# Can limits be calculated for this rate? FALSE for a negative count or a denominator of zero or less; null if
   something is missing and nothing is wrong with the rest; else TRUE. A count above its denominator is
   allowed: events can repeat. #}
{% macro is_valid_rate(numerator, denominator) -%}
(case
    when ({{ numerator }}) < 0 or ({{ denominator }}) <= 0 then false
    when ({{ numerator }}) is null or ({{ denominator }}) is null then null
    else ({{ numerator }})::double < 'infinity'::double and ({{ denominator }})::double < 'infinity'::double
end)
{%- endmacro %}


{# Limit of a count by Byar's approximation: `side` 'lower' or 'upper'. DOUBLE, in counts.

   Null for a missing or negative count, and where the approximation breaks down: the lower limit of counts so
   small that it would fall below zero (0 at 95%, 0 and 1 at 99.8%). Use `poisson_limit`, which is exact
   there.
   Source: Breslow and Day 1987, Statistical Methods in Cancer Research II; the Office for Health Improvement
   and Disparities uses it for counts of 10 and more. Second opinion: PHEindicatormethods. #}
{% macro byar_limit(side, count, confidence) -%}
{% set x = '(' ~ count ~ ')::double' -%}
{% if side == 'lower' -%}
(case
    when {{ x }} > 0 and {{ x }} < 'infinity'::double
        and 1 - 1 / (9 * {{ x }}) >= {{ z_value(confidence) }} / (3 * sqrt({{ x }}))
        then {{ x }} * power(1 - 1 / (9 * {{ x }}) - {{ z_value(confidence) }} / (3 * sqrt({{ x }})), 3)
end)
{%- else -%}
(case
    when {{ x }} >= 0 and {{ x }} < 'infinity'::double
        then ({{ x }} + 1) * power(
            1 - 1 / (9 * ({{ x }} + 1)) + {{ z_value(confidence) }} / (3 * sqrt({{ x }} + 1)), 3
        )
end)
{%- endif %}
{%- endmacro %}


{# Exact limit of a Poisson count: half the chi-square quantile with 2x degrees of freedom (lower) or 2x + 2
   (upper).

   Whole counts below 10, the usual case, are literals; all others are computed, slowly (see
   `chi_square_quantile`). Lower limit of 0 is 0. Null for a missing or negative count.
   Source: Garwood 1936, Fiducial limits for the Poisson distribution. The literals solve the Poisson sums to
   50 digits. #}
{% macro exact_poisson_limit(side, count, confidence) -%}
{% set x = '(' ~ count ~ ')::double' -%}
{% set limits = {
    'lower 95': [
        0, 0.025317807984289876, 0.2422092785439649, 0.6186721228956013, 1.0898653736263249,
        1.6234863901184204, 2.2018942534908508, 2.814363051519866, 3.4538321767485014, 4.115373097378332
    ],
    'upper 95': [
        3.6888794541139363, 5.571643390938899, 7.224687667723961, 8.767273069742327, 10.241588675403698,
        11.668332079322669, 13.059474022518685, 14.42267536170238, 15.763189220193315, 17.08480345141917
    ],
    'lower 99_8': [
        0, 0.0010005003335835335, 0.04540201776948956, 0.1905333775684032, 0.42855241362842295,
        0.7393717319178326, 1.1071046602556394, 1.520336260398809, 1.9708139217403657, 2.452424404363775
    ],
    'upper 99_8': [
        6.907755278982137, 9.233413476451586, 11.228872242412663, 13.062240779188071, 14.794149222537209,
        16.45474520368011, 18.06163684019907, 19.62617739538424, 21.15619816583998, 22.65737330906293
    ],
}[side ~ ' ' ~ confidence] -%}
(case
    when {{ x }} >= 0 and {{ x }} < 10 and {{ x }} = floor({{ x }})
        then ([{{ limits | join(', ') }}]::double[])[({{ x }})::integer + 1]
    when {{ x }} >= 0
        then
            {%- if side == 'lower' %}
            {{ chi_square_quantile(tail_probability(confidence), '2 * ' ~ x) }} / 2
            {%- else %}
            {{ chi_square_quantile('1 - ' ~ tail_probability(confidence), '2 * ' ~ x ~ ' + 2') }} / 2
            {%- endif %}
end)
{%- endmacro %}


{# Limit of a count: exact below 10, Byar's approximation from 10. DOUBLE, in counts; null for a missing or
   negative count.

   The limit of a crude rate is multiplier * poisson_limit(...) / denominator. The two methods differ by up to
   1.5% at 10, so the switch matters: it is on the count itself, and 10 is Byar's.
   Source: as of its two parts; Office for Health Improvement and Disparities, Technical Guide: Confidence
   Intervals. #}
{% macro poisson_limit(side, count, confidence) -%}
(case
    when ({{ count }}) < 10 then {{ exact_poisson_limit(side, count, confidence) }}
    else {{ byar_limit(side, count, confidence) }}
end)
{%- endmacro %}


{# Which method gives the limits of a count: 'exact', 'byar', or null where there are none. #}
{% macro poisson_method(count) -%}
(case
    when ({{ count }}) >= 10 and ({{ count }})::double < 'infinity'::double then 'byar'
    when ({{ count }}) >= 0 and ({{ count }}) < 10 then 'exact'
end)
{%- endmacro %}
