-- References use different names ("Hull", "Kingston upon Hull, City of"). The lower the rank, the closer the source
-- is to the current register of the Office for National Statistics; the lowest rank is used.
with named as (
    select location_code, location_name, 1 as name_rank from {{ ref('stg_district_regions') }}
    union all
    select region_code, region_name, 1 from {{ ref('stg_district_regions') }}
    union all
    select location_code, location_name, 1 from {{ ref('stg_district_police_forces') }}
    union all
    select police_force_code, police_force_name, 1 from {{ ref('stg_district_police_forces') }}
    union all
    select location_code, location_name, 2 from {{ ref('stg_district_upper_tiers') }}
    union all
    select upper_tier_code, upper_tier_name, 2 from {{ ref('stg_district_upper_tiers') }}
    union all
    select active_code, active_name, 3 from {{ ref('stg_local_authority_codes') }}
    union all
    select location_code, location_name, 4 from {{ ref('stg_local_authority_codes') }}
    union all
    select upper_tier_code, upper_tier_name, 4 from {{ ref('stg_local_authority_codes') }}
    union all
    select combined_authority_code, combined_authority_name, 4 from {{ ref('stg_local_authority_codes') }}
    union all
    select region_code, region_name, 4 from {{ ref('stg_local_authority_codes') }}
    union all
    select country_code, country_name, 4 from {{ ref('stg_local_authority_codes') }}
    union all
    -- A later year's name takes precedence.
    select location_code, location_name, 3000 - code_year from {{ ref('stg_district_codes_by_year') }}
    union all
    select location_code, location_name, 5000 from {{ ref('stg_local_authorities') }}
    union all
    -- Combined countries, such as England and Wales, have one code per prefix. A figure of all forces belongs to
    -- them, whether or not a return names them.
    select gss_prefix || '000001' as location_code, entity_name, 6000 from {{ ref('stg_gss_entities') }}
    where starts_with(gss_prefix, 'K')
),

entities as (
    select * from {{ ref('stg_gss_entities') }}
)

-- A code whose first three characters are not in the code list has no level and is left out.
select
    {{ location_key('entities.location_level', 'named.location_code') }} as location_key,
    named.location_code,
    entities.location_level,
    arg_min(named.location_name, (named.name_rank, named.location_name)) as location_name
from named
inner join entities on left(named.location_code, 3) = entities.gss_prefix
where named.location_code is not null
group by all
