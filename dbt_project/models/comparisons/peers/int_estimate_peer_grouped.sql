{{ config(materialized="table") }}
-- Each estimate with a value, and its comparison sets: peers are the locations of its level and country, and its own
-- history is the series of the same kind of period. The keys are hashes, so that millions of rows are sorted by one
-- number.
select
    estimates.observation_key,
    estimates.department_code,
    estimates.return_code,
    estimates.measure_code,
    estimates.location_key,
    estimates.period_code,
    estimates.population_group_code,
    estimates.service_line,
    estimates.numerator,
    estimates.denominator,
    estimates.value,
    estimates.lower_95,
    estimates.upper_95,
    estimates.lower_99_8,
    estimates.upper_99_8,
    estimates.limits_source,
    measures.polarity,
    measures.multiplier,
    measures.value_type,
    measures.limits_method,
    measures.has_overdispersion,
    measures.screen_outliers,
    measures.baseline_point_count,
    measures.rebase_dates,
    locations.location_level,
    locations.location_type,
    locations.location_code,
    -- The location whose value it is compared with; a country or region is not compared with itself.
    case when locations.location_level not in ('country', 'region') then locations.region_code end as region_code,
    case
        when locations.location_level <> 'country' then coalesce(returns.covers_code, locations.country_code)
    end as benchmark_country_code,
    periods.period_kind,
    periods.period_start,
    periods.period_end,
    -- Better values sort lower; a measure without polarity sorts from its lowest value.
    case when measures.polarity = 'high' then -estimates.value else estimates.value end as lower_is_better_value,
    hash(
        estimates.measure_code, estimates.period_code, estimates.population_group_code, estimates.service_line
    ) as set_key,
    hash(
        estimates.measure_code,
        estimates.period_code,
        estimates.population_group_code,
        estimates.service_line,
        locations.location_level,
        coalesce(locations.country_code, returns.covers_code, '')
    ) as peer_set_key,
    hash(
        estimates.measure_code,
        estimates.location_key,
        estimates.population_group_code,
        estimates.service_line,
        periods.period_kind
    ) as series_key,
    -- Inner and Outer London are parts of a region, and a country has no peers.
    locations.location_level <> 'country' and locations.location_type <> 'inner_outer_london' as has_peers
from {{ ref('fct_estimate') }} as estimates
inner join {{ ref('stg_measures') }} as measures on estimates.measure_code = measures.measure_code
inner join {{ ref('stg_returns') }} as returns on estimates.return_code = returns.return_code
inner join {{ ref('dim_location') }} as locations on estimates.location_key = locations.location_key
inner join {{ ref('dim_period') }} as periods on estimates.period_code = periods.period_code
where estimates.value is not null
