-- Regions and countries are standardised from their own events and people by age, never from values of their
-- locations.
with estimated as (
    {{ standardised_by_age(ref('int_age_band_counted'), 'observation_key') | indent }}
),

cells as (
    select
        observation_key,
        department_code,
        return_code,
        measure_code,
        location_key,
        period_code,
        population_group_code,
        service_line,
        -- The age for which the fewest locations have figures.
        min(coverage) as coverage
    from {{ ref('int_age_band_counted') }}
    group by
        observation_key,
        department_code,
        return_code,
        measure_code,
        location_key,
        period_code,
        population_group_code,
        service_line
)

select
    cells.*,
    estimated.numerator,
    estimated.denominator,
    estimated.value,
    case when estimated.value is null then 'x' else '' end as value_status,
    estimated.lower_95,
    estimated.upper_95,
    estimated.lower_99_8,
    estimated.upper_99_8,
    estimated.limits_method,
    estimated.reason
from cells
inner join estimated on cells.observation_key = estimated.observation_key
