-- Deprivation quintiles of authorities, standardised from their combined events and people by age, as locations are.
-- A quintile has no rate if too few of its authorities have figures for an age.
with ages as (
    select
        methods.measure_code,
        areas.return_code,
        areas.location_key,
        areas.period_code,
        areas.service_line,
        groups.held_group_code,
        areas.characteristic_code,
        areas.category_code as quintile,
        methods.standardisation_method,
        measures.multiplier,
        groups.category_code,
        areas.numerator,
        areas.denominator,
        areas.is_from_rounded_counts,
        wholes.reference_numerator,
        wholes.reference_denominator,
        wholes.reference_band_count
    from {{ ref('int_deprivation_quintile_aggregated') }} as areas
    inner join {{ ref('stg_standardised_measures') }} as methods
        on areas.measure_code = methods.counted_measure_code
    inner join {{ ref('stg_measures') }} as measures on methods.measure_code = measures.measure_code
    inner join {{ ref('int_age_band_identified') }} as groups
        on
            areas.held_group_code = groups.population_group_code
            and methods.characteristic_base = groups.characteristic_base
    left join {{ ref('int_age_band_counted') }} as wholes
        on
            methods.measure_code = wholes.measure_code
            and areas.location_key = wholes.location_key
            and areas.period_code = wholes.period_code
            and groups.held_group_code = wholes.population_group_code
            and areas.service_line = wholes.service_line
            and groups.category_code = wholes.category_code
),

keyed as (
    select
        *,
        {{ surrogate_key(['measure_code', 'period_code', 'service_line', 'held_group_code', 'characteristic_code',
            'quintile']) }} as group_key
    from ages
),

estimated as (
    {{ standardised_by_age('keyed', 'group_key') | indent }}
),

groups as (
    select
        group_key,
        return_code,
        measure_code,
        location_key,
        period_code,
        service_line,
        held_group_code,
        characteristic_code,
        quintile,
        bool_or(is_from_rounded_counts) as is_from_rounded_counts
    from keyed
    group by
        group_key,
        return_code,
        measure_code,
        location_key,
        period_code,
        service_line,
        held_group_code,
        characteristic_code,
        quintile
)

select
    groups.return_code,
    groups.measure_code,
    groups.location_key,
    groups.period_code,
    groups.service_line,
    groups.held_group_code,
    groups.characteristic_code,
    groups.quintile as category_code,
    estimated.numerator,
    estimated.denominator,
    estimated.value,
    {{ standard_error_of_estimate(
        'null', 'estimated.numerator', 'estimated.denominator', '1', 'estimated.lower_95', 'estimated.upper_95'
    ) }} as standard_error,
    groups.is_from_rounded_counts
from groups
inner join estimated on groups.group_key = estimated.group_key
where estimated.value is not null
