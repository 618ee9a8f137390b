{# Weight of an age band in the European Standard Population 2013: bands 1 (0 to 4) to 19 (90 and over). Adds
   up to 100,000.

   Null for any other band. Source: Eurostat 2013, Revision of the European Standard Population. #}
{% macro european_standard_population_2013(age_band_number) -%}
([
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500,
    1500, 1000
]::double[])[case
    when ({{ age_band_number }}) between 1 and 19 and ({{ age_band_number }}) = floor(({{ age_band_number }}))
        then ({{ age_band_number }})::integer
end]
{%- endmacro %}


{# Directly standardised rate of each group of `keys`, from one row per age band: one row per group.

   Columns: the keys, value, lower_95, upper_95, lower_99_8, upper_99_8 (all per `multiplier`), total_count,
   total_population, band_count, reason. `multiplier` is an expression that is constant in a group.
   - A missing numerator counts as no events. A missing or zero population, a missing or negative weight and a
     negative numerator refuse the group: everything null, reason 'invalid input'.
   - Fewer than 10 events: rate and limits null, reason 'fewer than 10 events'; the totals stay.
   - A missing age band goes unnoticed, the weights of those present being all there is: compare band_count
     with the expected number. A band of weight zero is allowed, and its events are in total_count.
   Source: Dobson, Kuulasmaa, Eberle and Scherer 1991, with Byar's limits of the total count; Office for
   Health Improvement and Disparities, technical guidance. Second opinions: PHEindicatormethods calculate_dsr;
   epitools for the rate. #}
{% macro dsr_estimated(relation, keys, numerator, denominator, weight, multiplier) -%}
with _dsr_banded as (
    select
        {{ keys | join(', ') }},
        coalesce(({{ numerator }})::double, 0) as _events,
        ({{ denominator }})::double as _population,
        ({{ weight }})::double as _weight,
        ({{ multiplier }})::double as _multiplier,
        -- Not "is invalid": a comparison with a null must refuse the band too.
        coalesce(
            _events >= 0 and _events < 'infinity'::double
            and _population > 0 and _population < 'infinity'::double
            and _weight >= 0 and _weight < 'infinity'::double,
            false
        ) as _is_valid
    from {{ relation }}
),

_dsr_summed as (
    select
        {{ keys | join(', ') }},
        bool_and(_is_valid) as _is_valid,
        max(_multiplier) as _multiplier,
        count(*) as _band_count,
        {{ ordered_sum('_events') }} as _total_count,
        {{ ordered_sum('_population') }} as _total_population,
        {{ ordered_sum('_weight') }} as _total_weight,
        {{ ordered_sum('_weight * _events / nullif(_population, 0)') }} as _weighted_rate,
        {{ ordered_sum('_weight ** 2 * _events / nullif(_population, 0) ** 2') }} as _weighted_variance
    from _dsr_banded
    group by {{ keys | join(', ') }}
)

{{ _dsr_finished('_dsr_summed', keys) }}
{%- endmacro %}


{# Directly standardised rate of events that happen more than once to one person, such as admissions: one row
   per group.

   The relation has one row per age band and number of events (`events_per_person`), with the `persons` who
   had so many. Each row of a band has its population and weight, and they must agree. Events are not
   independent, so the variance adds up over persons with equally many events; all else is as in
   `dsr_estimated`, band_count counting different bands.
   Source: as `dsr_estimated`; Office for Health Improvement and Disparities, guidance on non-independent
   events. Second opinion: PHEindicatormethods calculate_dsr with independent_events = FALSE. #}
{% macro dsr_of_repeat_events_estimated(
    relation, keys, events_per_person, persons, denominator, weight, age_band, multiplier
) -%}
with _dsr_rows as (
    select
        {{ keys | join(', ') }},
        {{ age_band }} as _age_band,
        ({{ events_per_person }})::double as _frequency,
        coalesce(({{ persons }})::double, 0) as _persons,
        ({{ denominator }})::double as _population,
        ({{ weight }})::double as _weight,
        ({{ multiplier }})::double as _multiplier,
        coalesce(
            _frequency >= 0 and _frequency < 'infinity'::double
            and _persons >= 0 and _persons < 'infinity'::double
            and _population > 0 and _population < 'infinity'::double
            and _weight >= 0 and _weight < 'infinity'::double,
            false
        ) as _is_valid
    from {{ relation }}
),

-- One pass, two groupings: by age band for rate and totals, by frequency for the variance.
_dsr_grouped as (
    select
        {{ keys | join(', ') }},
        grouping(_age_band) = 0 as _is_band,
        bool_and(_is_valid) and (
            grouping(_age_band) = 1
            or (min(_population) = max(_population) and min(_weight) = max(_weight))
        ) as _is_valid,
        max(_multiplier) as _multiplier,
        max(_population) as _population,
        max(_weight) as _weight,
        {{ ordered_sum('_frequency * _persons') }} as _events,
        {{ ordered_sum('_weight') }} as _frequency_weight,
        {{ ordered_sum('(_frequency * _weight / nullif(_population, 0)) ** 2 * _persons') }} as _variance
    from _dsr_rows
    group by grouping sets (
        ({{ keys | join(', ') }}, _age_band),
        ({{ keys | join(', ') }}, _frequency)
    )
),

_dsr_weighed as (
    select
        {{ keys | join(', ') }},
        bool_and(_is_valid) as _is_valid,
        max(_multiplier) as _multiplier,
        count(*) filter (where _is_band) as _band_count,
        {{ ordered_sum('case when _is_band then _events end') }} as _total_count,
        {{ ordered_sum('case when _is_band then _population end') }} as _total_population,
        {{ ordered_sum('case when _is_band then _weight end') }} as _total_weight,
        {{ ordered_sum('case when _is_band then _weight * _events / nullif(_population, 0) end') }}
            as _weighted_rate,
        {{ ordered_sum('case when not _is_band then _variance / nullif(_frequency_weight, 0) ** 2 end') }}
            as _variance
    from _dsr_grouped
    group by {{ keys | join(', ') }}
),

_dsr_summed as (
    select
        * exclude (_variance),
        -- Each frequency has its own sum of weights; the finish divides by that of the bands.
        _variance * _total_weight ** 2 as _weighted_variance
    from _dsr_weighed
)

{{ _dsr_finished('_dsr_summed', keys) }}
{%- endmacro %}


{# From sums to rate and limits; shared by the two kinds of directly standardised rate. #}
{% macro _dsr_finished(summed, keys) -%}
select
    {{ keys | join(', ') }},
    {% set has_rate = '_is_valid and _total_weight > 0 and _total_count >= 10' -%}
    case when {{ has_rate }} then _multiplier * _weighted_rate / _total_weight end as value
    {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %},
    case
        when {{ has_rate }}
            then _multiplier * (
                _weighted_rate / _total_weight
                + sqrt(_weighted_variance / _total_weight ** 2 / _total_count)
                * ({{ byar_limit(side, '_total_count', confidence) }} - _total_count)
            )
    end as {{ side }}_{{ confidence }}
    {%- endfor %}{% endfor %},
    case when _is_valid and _total_weight > 0 then _total_count end as total_count,
    case when _is_valid and _total_weight > 0 then _total_population end as total_population,
    _band_count as band_count,
    case
        when not (_is_valid and _total_weight > 0) then 'invalid input'
        when _total_count < 10 then 'fewer than 10 events'
    end as reason
from {{ summed }}
{%- endmacro %}
