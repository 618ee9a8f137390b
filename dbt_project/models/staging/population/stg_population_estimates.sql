with estimates as (
    select
        code as location_code,
        try_cast(year as integer) as population_year,
        'all ages' as age_group,
        try_cast(population as double) as population_count
    from {{ source('landing', 'ref_population') }}
    union all
    select
        case lower(geographic_level)
            when 'national' then country_code
            when 'regional' then region_code
            else new_la_code
        end as location_code,
        try_cast(left(time_period, 4) as integer) as population_year,
        'under 18' as age_group,
        try_cast(population_estimate as double) as population_count
    from {{ source('landing', 'ref_population_under18') }}
)

-- An authority that did not exist in a year has a row without people.
select
    location_code,
    population_year,
    age_group,
    population_count
from estimates
where location_code is not null and population_year is not null and population_count is not null
