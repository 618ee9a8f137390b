{{ config(materialized="table") }}
-- Events and people by age, once for each measure standardised from them, with the same ages of the reference
-- population for the indirect methods. Counts of regions and countries are sums from an earlier model.
with standardised as (
    select
        methods.*,
        measures.multiplier
    from {{ ref('stg_standardised_measures') }} as methods
    inner join {{ ref('stg_measures') }} as measures on methods.measure_code = measures.measure_code
),

counts as (
    select
        cells.department_code,
        cells.return_code,
        standardised.measure_code,
        cells.location_key,
        cells.period_code,
        groups.held_group_code as population_group_code,
        cells.service_line,
        standardised.standardisation_method,
        standardised.multiplier,
        groups.category_code,
        cells.numerator,
        cells.denominator,
        cells.coverage,
        cells.observation_key as counted_observation_key,
        locations.location_level,
        locations.location_code,
        standardised.reference_level || ':' || case
            when locations.location_level = standardised.reference_level then locations.location_code
            else coalesce(returns.covers_code, locations.country_code)
        end as reference_location_key
    from {{ ref('int_parent_location_aggregated') }} as cells
    inner join standardised on cells.measure_code = standardised.counted_measure_code
    inner join {{ ref('int_age_band_identified') }} as groups
        on
            cells.population_group_code = groups.population_group_code
            and standardised.characteristic_base = groups.characteristic_base
    inner join {{ ref('stg_returns') }} as returns on cells.return_code = returns.return_code
    inner join {{ ref('dim_location') }} as locations on cells.location_key = locations.location_key
),

keyed as (
    select
        *,
        {{ observation_key('location_level', 'location_code') }} as observation_key
    from counts
),

wholes as (
    select
        *,
        count(*) over (
            partition by measure_code, location_key, period_code, population_group_code, service_line
        ) as band_count
    from counts
    where location_key = reference_location_key
)

select
    keyed.observation_key,
    keyed.department_code,
    keyed.return_code,
    keyed.measure_code,
    keyed.location_key,
    keyed.period_code,
    keyed.population_group_code,
    keyed.service_line,
    keyed.standardisation_method,
    keyed.multiplier,
    keyed.category_code,
    keyed.numerator,
    keyed.denominator,
    keyed.coverage,
    keyed.counted_observation_key,
    wholes.numerator as reference_numerator,
    wholes.denominator as reference_denominator,
    wholes.band_count as reference_band_count
from keyed
left join wholes
    on
        keyed.measure_code = wholes.measure_code
        and keyed.reference_location_key = wholes.location_key
        and keyed.period_code = wholes.period_code
        and keyed.population_group_code = wholes.population_group_code
        and keyed.service_line = wholes.service_line
        and keyed.category_code = wholes.category_code
