-- Deprivation quintile of an authority among those of its level in England: 1 is the most deprived. A county has the
-- population-weighted score of its districts, an abolished authority that of its only successor, and a general
-- practice that of the areas where its patients live.
with districts as (
    select * from {{ ref('stg_area_deprivation') }}
    where average_score is not null
),

people as (
    select location_code, arg_max(population_count, population_year) as population_count
    from {{ ref('stg_population_estimates') }}
    where age_group = 'all ages'
    group by location_code
),

counties as (
    select
        districts.edition,
        districts.published_date,
        upper_tiers.upper_tier_code as location_code,
        sum((districts.average_score * coalesce(people.population_count, 1))::decimal(38, 9))::double
        / sum(coalesce(people.population_count, 1)::decimal(38, 9))::double as average_score
    from districts
    inner join {{ ref('stg_district_upper_tiers') }} as upper_tiers
        on districts.location_code = upper_tiers.location_code
    left join people on districts.location_code = people.location_code
    where upper_tiers.upper_tier_code <> districts.location_code
    group by districts.edition, districts.published_date, upper_tiers.upper_tier_code
),

editions as (
    select distinct edition, published_date from districts
),

-- The practice scores of an edition have its year and apply from then on.
practices as (
    select
        editions.edition,
        editions.published_date,
        practices.location_code,
        practices.deprivation_score as average_score
    from {{ ref('stg_practice_deprivation') }} as practices
    inner join editions
        on 'imd' || practices.deprivation_year = editions.edition
    where practices.deprivation_score is not null
),

scored as (
    select edition, published_date, location_code, average_score from districts
    union all
    select edition, published_date, location_code, average_score from counties
    union all
    select edition, published_date, location_code, average_score from practices
),

ranked as (
    select
        scored.edition,
        scored.published_date,
        locations.location_key,
        locations.location_code,
        case when locations.location_level = 'gp_practice' then 'practice' else 'area' end
        || '_deprivation_quintile:' || scored.edition as characteristic_code,
        rank() over (
            partition by scored.edition, locations.location_level order by scored.average_score desc
        ) as deprivation_rank,
        count(*) over (partition by scored.edition, locations.location_level) as place_count
    from scored
    inner join {{ ref('dim_location') }} as locations
        on
            scored.location_code = locations.location_code
            and locations.location_level in ('local_authority', 'district', 'gp_practice')
),

quintiles as (
    select
        edition,
        published_date,
        location_key,
        location_code,
        characteristic_code,
        {{ quantile_of_rank('deprivation_rank', 'place_count', 5) }} as quintile
    from ranked
),

inherited as (
    select
        quintiles.edition,
        quintiles.published_date,
        successions.location_key,
        quintiles.characteristic_code,
        quintiles.quintile
    from {{ ref('bridge_location_successor') }} as successions
    inner join quintiles on successions.successor_location_key = quintiles.location_key
    where successions.successor_count = 1
)

select edition, published_date, location_key, characteristic_code, quintile
from quintiles
where quintile is not null
union all
select edition, published_date, location_key, characteristic_code, quintile
from inherited
where
    quintile is not null
    and not exists (
        select 1 from quintiles
        where quintiles.location_key = inherited.location_key and quintiles.edition = inherited.edition
    )
