with authorities as (
    select * from {{ ref('stg_local_authorities') }}
),

authority_codes as (
    select * from {{ ref('stg_local_authority_codes') }}
),

districts as (
    select * from {{ ref('stg_district_regions') }}
),

upper_tiers as (
    select * from {{ ref('stg_district_upper_tiers') }}
),

police_forces as (
    select * from {{ ref('stg_district_police_forces') }}
),

successions as (
    select * from {{ ref('int_location_successor_resolved') }}
),

regions as (
    select region_code, region_name from districts
    union
    select region_code, region_name from authority_codes
),

district_places as (
    select location_code, region_code as place_code, 'region' as place_level, 1 as place_rank from districts
    union all
    select location_code, region_code, 'region', 2 from authority_codes
    union all
    select location_code, police_force_code, 'police_force', 1 from police_forces
    union all
    select location_code, upper_tier_code, 'upper_tier', 1
    from upper_tiers
    where location_code <> upper_tier_code
    union all
    select authorities.location_code, counties.location_code as place_code, 'upper_tier', 2
    from authorities
    inner join authorities as counties on authorities.county_authority_code = counties.local_authority_code
    union all
    select authorities.location_code, combined.location_code as place_code, 'combined_authority', 1
    from authorities
    inner join authorities as combined on authorities.combined_authority_code = combined.local_authority_code
    union all
    select location_code, combined_authority_code, 'combined_authority', 2 from authority_codes
),

-- A location that contains districts has their parent, if all of them share it.
wholes as (
    select location_code, upper_tier_code as benchmark_country_code from upper_tiers
    union
    select location_code, upper_tier_code from authority_codes
    union
    select location_code, combined_authority_code from authority_codes
    union
    select location_code, police_force_code from police_forces
),

places as (
    select location_code, place_code, place_level, place_rank from district_places
    union all
    select
        wholes.benchmark_country_code,
        district_places.place_code,
        district_places.place_level,
        10 + district_places.place_rank
    from wholes
    inner join district_places using (location_code)
    where wholes.benchmark_country_code <> district_places.place_code and district_places.place_level <> 'upper_tier'
    union all
    select authorities.location_code, regions.region_code, 'region', 20
    from authorities
    inner join regions on lower(authorities.region_name) = lower(regions.region_name)
    union all
    select dfe.location_code, regions.region_code, 'region', 20
    from {{ ref('stg_dfe_local_authorities') }} as dfe
    inner join regions on lower(dfe.region_name) = lower(regions.region_name)
    union all
    -- No current lookup has abolished counties: their parents are those of their successors.
    select successions.location_code, district_places.place_code, district_places.place_level, 30
    from successions
    inner join district_places on successions.successor_code = district_places.location_code
    where district_places.place_level in ('region', 'police_force')
),

settled as (
    select
        location_code,
        place_level,
        place_rank,
        min(place_code) as place_code
    from places
    where location_code is not null and place_code is not null
    group by location_code, place_level, place_rank
    having count(distinct place_code) = 1
)

select
    location_code,
    arg_min(place_code, place_rank) filter (where place_level = 'region') as region_code,
    arg_min(place_code, place_rank) filter (where place_level = 'upper_tier') as upper_tier_code,
    arg_min(place_code, place_rank) filter (where place_level = 'combined_authority')
        as combined_authority_code,
    arg_min(place_code, place_rank) filter (where place_level = 'police_force') as police_force_code
from settled
group by location_code
