-- Residents of locations by year: published estimates for authorities; sums of districts for larger areas; sums of
-- predecessors for an authority that replaced whole others and has no estimate of its own.
with estimates as (
    select
        location_code,
        population_year,
        population_count
    from {{ ref('stg_population_estimates') }}
    where age_group = 'all ages' and population_count is not null
),

locations as (
    select
        location_key,
        location_code,
        location_level,
        region_code,
        country_code,
        upper_tier_code,
        police_force_code
    from {{ ref('dim_location') }}
    where location_level in ('local_authority', 'district')
),

successors as (
    select
        successions.successor_location_key as location_key,
        locations.location_code as predecessor_code,
        successions.successor_count
    from {{ ref('bridge_location_successor') }} as successions
    inner join locations on successions.location_key = locations.location_key
),

own as (
    select locations.location_key, estimates.population_year, estimates.population_count, 1 as source_rank
    from estimates
    inner join locations on estimates.location_code = locations.location_code
    union all
    select
        'local_authority:' || locations.upper_tier_code as location_key,
        estimates.population_year,
        sum(estimates.population_count::decimal(38, 9))::double as population_count,
        2 as source_rank
    from estimates
    inner join locations on estimates.location_code = locations.location_code
    where locations.upper_tier_code is not null
    group by locations.upper_tier_code, estimates.population_year
    union all
    select
        successors.location_key,
        estimates.population_year,
        {{ stable_sum('estimates.population_count') }} as population_count,
        3 as source_rank
    from successors
    inner join estimates on successors.predecessor_code = estimates.location_code
    group by successors.location_key, estimates.population_year
    having max(successors.successor_count) = 1
),

-- A county's figure is the sum of its districts, so larger areas consist of districts and of authorities without
-- districts.
parts as (
    select
        estimates.population_year,
        estimates.population_count,
        locations.region_code,
        locations.country_code,
        locations.police_force_code
    from estimates
    inner join locations on estimates.location_code = locations.location_code
    where locations.location_code not in (
        select others.upper_tier_code from locations as others
        where others.upper_tier_code is not null
    )
),

larger as (
    select
        case
            when grouping(region_code) = 0 then 'region:' || region_code
            when grouping(country_code) = 0 then 'country:' || country_code
            else 'police_force:' || police_force_code
        end as location_key,
        population_year,
        {{ stable_sum('population_count') }} as population_count,
        4 as source_rank
    from parts
    group by grouping sets (
        (region_code, population_year), (country_code, population_year), (police_force_code, population_year)
    )
)

select
    location_key,
    population_year,
    arg_min(population_count, source_rank) as population_count
from (
    select * from own
    union all
    select * from larger
) as residents
where location_key is not null
group by location_key, population_year
