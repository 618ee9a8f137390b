{# Funnel plots: is a location further from the average of its peers than chance explains, given its size?

   Classes: 'high beyond 99.8%', 'high beyond 95%', 'as expected', 'low beyond 95%', 'low beyond 99.8%', by
   strict comparison; null where numbers are missing or cannot be.
   Sources: Spiegelhalter 2005, Statistics in Medicine 24; Public Health England, Fingertips funnel plots for
   proportions and ratios; Garwood 1936 (exact limits); Breslow & Day 1987 (Byar's). Second opinions:
   PHEindicatormethods, FunnelPlotR. #}


{# Limit about a baseline proportion (0 to 1) at a population: baseline -/+ z sqrt(baseline (1 - baseline) /
   population). `side` is 'lower' or 'upper'. May be outside 0 to 1; a chart cuts it there. #}
{% macro funnel_limit_of_proportion(side, baseline, population, confidence) -%}
(case
    when ({{ baseline }}) between 0 and 1 and ({{ population }}) > 0
        then
            ({{ baseline }})::double
            {{ '-' if side == 'lower' else '+' }} {{ z_value(confidence) }}
            * sqrt(({{ baseline }})::double * (1 - ({{ baseline }})) / ({{ population }}))
end)
{%- endmacro %}


{# Class of a proportion, numerator / denominator, against a baseline of 0 to 1. #}
{% macro funnel_class_of_proportion(numerator, denominator, baseline) -%}
(case
    when
        {{ is_valid_proportion(numerator, denominator) }} and ({{ baseline }}) between 0 and 1
        then case
            {% for side, beyond in [('lower', '<'), ('upper', '>')] -%}
            {% for confidence in ['99_8', '95'] -%}
            when
                ({{ numerator }})::double / ({{ denominator }})
                {{ beyond }} {{ funnel_limit_of_proportion(side, baseline, denominator, confidence) }}
                then '{{ 'low' if side == 'lower' else 'high' }} beyond {{ confidence | replace('_', '.') }}%'
            {% endfor -%}
            {% endfor -%}
            else 'as expected'
        end
end)
{%- endmacro %}


{# Class of observed events against a baseline, events per unit of `denominator`: for a ratio the expected
   events and 1, for a rate the person-years it implies and the rate of all peers. The limits are the item's
   own: exact below 10 events, Byar's from 10. #}
{% macro funnel_class_of_count(observed, denominator, baseline) -%}
(case
    when {{ is_valid_rate(observed, denominator) }} and ({{ baseline }}) is not null
        then case
            {% for side, beyond in [('upper', '<'), ('lower', '>')] -%}
            {% for confidence in ['99_8', '95'] -%}
            when
                {{ poisson_limit(side, observed, confidence) }} / ({{ denominator }})
                {{ beyond }} ({{ baseline }})
                then '{{ 'low' if side == 'upper' else 'high' }} beyond {{ confidence | replace('_', '.') }}%'
            {% endfor -%}
            {% endfor -%}
            else 'as expected'
        end
end)
{%- endmacro %}


{# The person-years, or expected events, that the events of an item are set against. `kind` is an SQL
   expression:
     'proportion', 'ratio'   the denominator given
     'crude_rate'            the same as for 'dsr'; without events, or without a rate, the denominator given
     'dsr'                   multiplier * events / rate, an effective population; without events null #}
{% macro funnel_denominator(kind, numerator, denominator, rate, multiplier) -%}
(case
    when ({{ kind }}) in ('crude_rate', 'dsr') and ({{ numerator }}) > 0 and ({{ rate }}) > 0
        then ({{ multiplier }})::double * ({{ numerator }}) / ({{ rate }})
    when ({{ kind }}) in ('proportion', 'ratio', 'crude_rate') and ({{ denominator }}) > 0
        then ({{ denominator }})::double
end)
{%- endmacro %}


{# Horizontal position of an item in a chart of rates: person-years of one of the `years` of its data.
   Null for directly standardised rates of fewer than 10 events, which are not to be drawn. #}
{% macro funnel_chart_denominator(kind, numerator, denominator, rate, multiplier, years) -%}
(case
    when ({{ kind }}) <> 'dsr' or ({{ numerator }}) >= 10
        then {{ funnel_denominator(kind, numerator, denominator, rate, multiplier) }} / ({{ years }})
end)
{%- endmacro %}


{# Vertical position of an item: its rate, null as above. #}
{% macro funnel_chart_rate(kind, numerator, rate) -%}
(case when ({{ kind }}) <> 'dsr' or ({{ numerator }}) >= 10 then ({{ rate }})::double end)
{%- endmacro %}


{# Expected events at which so many observed are on a limit: with fewer expected than the 'lower' ones they
   are too many, with more than the 'upper' ones too few. Curves of a funnel over observed events x: x / upper
   below, x / lower above; times the multiplier, or times the baseline rate; expected events / baseline rate /
   years gives the population of a year. Exact. #}
{% macro funnel_expected_at_limit(side, observed, confidence) -%}
{{ exact_poisson_limit(side, observed, confidence) }}
{%- endmacro %}


{# Limit of observed / expected about 1, over expected events: half the chi-square quantile with 2E degrees of
   freedom (lower) or 2E + 2 (upper), over E. Exact; slow, see `chi_square_quantile`. #}
{% macro funnel_limit_of_ratio(side, expected, confidence) -%}
(case
    when ({{ expected }}) > 0 then {{ exact_poisson_limit(side, expected, confidence) }} / ({{ expected }})
end)
{%- endmacro %}


{# Each item among its peers, those with the same `keys`: baseline, limits and class.

   funnel_classified(relation, keys, items, kind, numerator, denominator, multiplier, rate): one row per row
   of `relation`. `items` is the list of columns that name an item; arguments after it are SQL expressions,
   `kind` and `multiplier` constant among peers. Kinds are those of `funnel_denominator`; `rate` is needed for
   'dsr' only, per multiplier.
   Gives keys, items, value, baseline, funnel_denominator, lower_95, upper_95,
   lower_99_8, upper_99_8 and funnel_class.

   baseline: sum of numerators / sum of denominators of the peers, 1 for a ratio, times the multiplier like
   value and limits.
   Limits are the lines at this item, so that it is high exactly when its value is above the
   upper one: at its population for a proportion (stopped at 0 and the multiplier), at its events for ratios
   and rates. An item without events has no position on such a line, so its limits are null, but it has a class.
   funnel_class is that of the macros above, or 'not applicable': numbers missing or impossible (left out of
   the baseline), or a directly standardised rate of fewer than 10 events (left in, unless there are none). #}
{% macro funnel_classified(relation, keys, items, kind, numerator, denominator, multiplier, rate='null') -%}
{%- set peers = keys | join(', ') -%}
with _funnel_item as (
    select
        {{ peers }},
        {{ items | join(', ') }},
        ({{ kind }})::varchar as _kind,
        ({{ numerator }})::double as _numerator,
        ({{ multiplier }})::double as _multiplier,
        ({{ rate }})::double as _rate,
        {{ funnel_denominator(kind, numerator, denominator, rate, multiplier) }} as _denominator,
        coalesce(
            if(
                _kind = 'proportion',
                {{ is_valid_proportion('_numerator', '_denominator') }},
                {{ is_valid_rate('_numerator', '_denominator') }}
            ), false
        ) as _is_possible
    from {{ relation }}
),

_funnel_baseline as (
    select
        {{ peers }},
        {{ ordered_sum('if(_is_possible, _numerator, null)') }}
        / {{ ordered_sum('if(_is_possible, _denominator, null)') }} as _of_all
    from _funnel_item
    group by {{ peers }}
),

_funnel_validated as (
    select
        _funnel_item.*,
        if(_kind = 'ratio', 1, _of_all) as _baseline,
        case
            when not _is_possible or (_kind = 'dsr' and _numerator < 10) then null
            when _kind = 'proportion'
                then {{ funnel_class_of_proportion('_numerator', '_denominator', '_baseline') }}
            else {{ funnel_class_of_count('_numerator', '_denominator', '_baseline') }}
        end as _class
    from _funnel_item
    inner join _funnel_baseline using ({{ peers }})
)

select
    {{ peers }},
    {{ items | join(', ') }},
    case
        when _kind in ('crude_rate', 'dsr') and _rate is not null then _rate
        when _is_possible then _multiplier * _numerator / _denominator
    end as value,
    _multiplier * _baseline as baseline,
    _denominator as funnel_denominator,
    {% for confidence in ['95', '99_8'] -%}
    {% for side, stop, against in [('lower', 'greatest(0, ', 'upper'), ('upper', 'least(1, ', 'lower')] -%}
    case
        when _class is null then null
        when _kind = 'proportion'
            then
                _multiplier
                * {{ stop }}{{ funnel_limit_of_proportion(side, '_baseline', '_denominator', confidence) }})
        when _numerator > 0
            then _multiplier * _baseline * _numerator / {{ poisson_limit(against, '_numerator', confidence) }}
    end as {{ side }}_{{ confidence }},
    {% endfor -%}
    {% endfor -%}
    coalesce(_class, 'not applicable') as funnel_class
from _funnel_validated
{%- endmacro %}
