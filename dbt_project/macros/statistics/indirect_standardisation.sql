{# Indirectly standardised ratio and rate of each group of `keys`, from one row per age band: one row per
   group.

   Events observed are compared with those expected if each band had the reference rate. Columns: the keys,
   observed, expected, reference_rate (crude, per `multiplier`), ratio with ratio_lower_95 and so on (times
   `reference_value`: 100 for SMRs, 1 for plain ratios), rate with rate_lower_95 and so on (the ratio times
   the reference rate), band_count, reason. `reference_value` and `multiplier` are expressions that are
   constant in a group.
   - A missing numerator is skipped and a missing population or reference count is 0, as is a band without
     people; observed is null if no band has a numerator.
   - A negative count or population, or a reference population that is missing or not above zero, refuses the
     group: everything null, reason 'invalid input'. With nothing expected there is no ratio, reason 'no
     events expected'.
   - All groups must have the same bands for their ratios to be alike: compare band_count.
   Limits are exact below 10 observed events, Byar's from there (`poisson_limit`), the expected taken as
   known.
   Source: Breslow and Day 1987. Second opinion: PHEindicatormethods calculate_ISRatio and calculate_ISRate.
#}
{% macro isr_estimated(
    relation, keys, numerator, population, reference_numerator, reference_population,
    reference_value, multiplier
) -%}
with _isr_banded as (
    select
        {{ keys | join(', ') }},
        ({{ numerator }})::double as _events,
        coalesce(({{ population }})::double, 0) as _population,
        coalesce(({{ reference_numerator }})::double, 0) as _reference_events,
        ({{ reference_population }})::double as _reference_population,
        ({{ reference_value }})::double as _reference_value,
        ({{ multiplier }})::double as _multiplier,
        coalesce(
            coalesce(_events >= 0 and _events < 'infinity'::double, true)
            and _population >= 0 and _population < 'infinity'::double
            and _reference_events >= 0 and _reference_events < 'infinity'::double
            and _reference_population > 0 and _reference_population < 'infinity'::double,
            false
        ) as _is_valid
    from {{ relation }}
),

_isr_added as (
    select
        {{ keys | join(', ') }},
        bool_and(_is_valid) as _is_valid,
        max(_reference_value) as _reference_value,
        max(_multiplier) as _multiplier,
        count(*) as _band_count,
        {{ ordered_sum('_events') }} as _events,
        {{ ordered_sum('_reference_events / nullif(_reference_population, 0) * _population') }} as _expected,
        {{ ordered_sum('_reference_events') }} / nullif({{ ordered_sum('_reference_population') }}, 0)
            as _crude
    from _isr_banded
    group by {{ keys | join(', ') }}
),

_isr_summed as (
    select
        {{ keys | join(', ') }},
        _reference_value,
        _band_count,
        _is_valid,
        case when _is_valid then _events end as _observed,
        case when _is_valid then _expected end as _expected,
        case when _is_valid then _multiplier * _crude end as _reference_rate
    from _isr_added
),

_isr_limited as (
    select
        *
        {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %},
        {{ poisson_limit(side, '_observed', confidence) }} as _{{ side }}_{{ confidence }}
        {%- endfor %}{% endfor %}
    from _isr_summed
)

select
    {{ keys | join(', ') }},
    _observed as observed,
    _expected as expected,
    _reference_rate as reference_rate,
    _reference_value * _observed / nullif(_expected, 0) as ratio,
    {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %}
    _reference_value * _{{ side }}_{{ confidence }} / nullif(_expected, 0)
        as ratio_{{ side }}_{{ confidence }},
    {%- endfor %}{% endfor %}
    _reference_rate * _observed / nullif(_expected, 0) as rate,
    {%- for confidence in ['95', '99_8'] %}{% for side in ['lower', 'upper'] %}
    _reference_rate * _{{ side }}_{{ confidence }} / nullif(_expected, 0)
        as rate_{{ side }}_{{ confidence }},
    {%- endfor %}{% endfor %}
    _band_count as band_count,
    case
        when not _is_valid then 'invalid input'
        when _expected = 0 then 'no events expected'
        when _observed is null then 'no numerator'
    end as reason
from _isr_limited
{%- endmacro %}
