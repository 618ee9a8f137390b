{# Words for a value below or above its comparator, by `polarity`: an expression that
   holds 'high' (high is good), 'low' (low is good) or 'none'. Any other polarity gives null. #}
{% macro _comparison_label(is_below, is_above, polarity, words, otherwise) -%}
{% set below_if_high, above_if_high, below_if_none, above_if_none = words -%}
case
            when ({{ polarity }}) not in ('high', 'low'{{ ", 'none'" if below_if_none }}) then null
            when ({{ polarity }}) is null then null
            {%- for condition, word_if_high, word_if_low, word_if_none in [
                (is_below, below_if_high, above_if_high, below_if_none),
                (is_above, above_if_high, below_if_high, above_if_none),
            ] %}
            when {{ condition }}
                then case ({{ polarity }})
                    when 'high' then '{{ word_if_high }}'
                    when 'low' then '{{ word_if_low }}'
                    {%- if word_if_none %}
                    else '{{ word_if_none }}'
                    {%- endif %}
                end
            {%- endfor %}
            else {{ otherwise }}
        end
{%- endmacro %}


{# A value by its limits against a benchmark's value: 'better', 'worse' or 'similar'; 'higher' and 'lower'
   without polarity.

   The benchmark's own limits play no part. Strict: a limit that equals the benchmark is 'similar'. Null where
   value, a limit, the benchmark or the polarity is missing, or the lower limit is above the upper. Leave out
   the benchmark itself.
   Source: Office for Health Improvement and Disparities, Fingertips; FingertipsNext
   BenchmarkComparisonEngine. #}
{% macro compared_with_value(lower, upper, benchmark, polarity, value='value') -%}
(case
    when ({{ value }}) is not null and ({{ benchmark }}) is not null and ({{ lower }}) <= ({{ upper }})
        then {{ _comparison_label(
            '(' ~ upper ~ ') < (' ~ benchmark ~ ')', '(' ~ lower ~ ') > (' ~ benchmark ~ ')', polarity,
            ['worse', 'better', 'lower', 'higher'], "'similar'"
        ) }}
end)
{%- endmacro %}


{# As `compared_with_value`, at two levels: 'best' and 'worst' ('highest' and 'lowest') where even the 99.8%
   limits miss the benchmark, 'better' and 'worse' ('higher' and 'lower') where only the 95% limits do, else
   'similar'.

   A benchmark on a limit counts as inside it, at both levels. Null where anything is missing.
   Source: fingertips-open, single overlapping intervals at two levels. #}
{% macro compared_at_two_levels(value, lower_95, upper_95, lower_99_8, upper_99_8, benchmark, polarity) -%}
(case
    when ({{ value }}) is not null and ({{ benchmark }}) is not null
        and ({{ lower_95 }}) <= ({{ upper_95 }}) and ({{ lower_99_8 }}) <= ({{ upper_99_8 }})
        then {{ _comparison_label(
            '(' ~ upper_95 ~ ') < (' ~ benchmark ~ ') and (' ~ upper_99_8 ~ ') < (' ~ benchmark ~ ')',
            '(' ~ lower_95 ~ ') > (' ~ benchmark ~ ') and (' ~ lower_99_8 ~ ') > (' ~ benchmark ~ ')',
            polarity, ['worst', 'best', 'lowest', 'highest'],
            compared_with_value(lower_95, upper_95, benchmark, polarity, value)
        ) }}
end)
{%- endmacro %}


{# Two values by their intervals, such as one area in two years: 'similar' if the intervals overlap or touch;
   else the first is 'better' or 'worse' ('higher' or 'lower') than the other. Null where a limit or the
   polarity is missing.

   Cautious: values can differ significantly while their intervals overlap a little.
   Source: fingertips-open, double overlapping intervals. #}
{% macro intervals_compared(lower, upper, other_lower, other_upper, polarity) -%}
(case
    when ({{ lower }}) <= ({{ upper }}) and ({{ other_lower }}) <= ({{ other_upper }})
        then {{ _comparison_label(
            '(' ~ upper ~ ') < (' ~ other_lower ~ ')', '(' ~ lower ~ ') > (' ~ other_upper ~ ')', polarity,
            ['worse', 'better', 'lower', 'higher'], "'similar'"
        ) }}
end)
{%- endmacro %}


{# A value against a target: 'better' or 'worse'. A value on the target has met it. Null where value or target
   is missing, and without polarity, since a target needs a direction. Source: fingertips-open, single value
   target. #}
{% macro compared_with_target(value, target, polarity) -%}
(case ({{ polarity }})
    {%- for kind, met in [('high', '>='), ('low', '<=')] %}
    when '{{ kind }}'
        then case ({{ value }}) {{ met }} ({{ target }}) when true then 'better' when false then 'worse' end
    {%- endfor %}
end)
{%- endmacro %}


{# A value by its limits against a target: 'better' or 'worse' if both limits are on one side of it, else
   'similar'.

   The side above includes the target itself, whatever the polarity: limits that both equal it are 'better' if
   high is good and 'worse' if low is. Null where a limit, the target or the direction is missing.
   Source: fingertips-open, single value target with limits. #}
{% macro compared_with_target_by_limits(lower, upper, target, polarity) -%}
(case
    when ({{ lower }}) <= ({{ upper }}) and ({{ target }}) is not null
        then {{ _comparison_label(
            '(' ~ upper ~ ') < (' ~ target ~ ')', '(' ~ lower ~ ') >= (' ~ target ~ ')', polarity,
            ['worse', 'better', none, none], "'similar'"
        ) }}
end)
{%- endmacro %}


{# A proportion against the limits that a benchmark would have at its size: 'better', 'worse' or 'similar'
   ('higher', 'lower').

   Value and benchmark are per `multiplier` (100 for percentages). The limits are Wilson's of the benchmark
   with the area's denominator. Source: fingertips-open, statistical process control for proportions. #}
{% macro compared_with_control_limits_of_proportion(
    value, benchmark, denominator, multiplier, polarity, confidence
) -%}
{% set expected = '(' ~ benchmark ~ ')::double / (' ~ multiplier ~ ') * (' ~ denominator ~ ')' -%}
{% set scaled = '(' ~ value ~ ')::double / (' ~ multiplier ~ ')' -%}
(case
    when ({{ value }}) is not null and {{ is_valid_proportion(expected, denominator) }}
        then {{ _comparison_label(
            scaled ~ ' < ' ~ wilson_limit('lower', expected, denominator, confidence),
            scaled ~ ' > ' ~ wilson_limit('upper', expected, denominator, confidence),
            polarity, ['worse', 'better', 'lower', 'higher'], "'similar'"
        ) }}
end)
{%- endmacro %}


{# A rate against the limits of the events expected from a benchmark: 'better', 'worse' or
   'similar' ('higher', 'lower').

   Value and benchmark are per `multiplier`. Limits are exact Poisson limits of the expected number of events;
   as events are whole, the lower one is that of the next whole number and the upper that of the last. Slow
   (see `chi_square_quantile`).
   Source: fingertips-open, statistical process control for directly standardised rates. #}
{% macro compared_with_control_limits_of_rate(
    value, benchmark, denominator, multiplier, polarity, confidence
) -%}
{% set expected = '(' ~ benchmark ~ ')::double / (' ~ multiplier ~ ') * (' ~ denominator ~ ')' -%}
{% set scaled = '(' ~ value ~ ')::double / (' ~ multiplier ~ ') * (' ~ denominator ~ ')' -%}
(case
    when ({{ value }}) is not null and {{ expected }} >= 0 and ({{ denominator }}) > 0
        then {{ _comparison_label(
            scaled ~ ' < ' ~ exact_poisson_limit('lower', 'ceil(' ~ expected ~ ')', confidence),
            scaled ~ ' > ' ~ exact_poisson_limit('upper', 'floor(' ~ expected ~ ')', confidence),
            polarity, ['worse', 'better', 'lower', 'higher'], "'similar'"
        ) }}
end)
{%- endmacro %}
