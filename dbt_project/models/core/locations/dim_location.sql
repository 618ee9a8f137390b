with locations as (
    select
        *,
        -- DfE numbers and E-codes are always English; an NHS code does not show its country.
        case
            when scheme = 'gss' then left(location_code, 1)
            when scheme in ('dfe-la', 'ecode') then 'E'
        end as country_initial
    from {{ ref('int_location_identified') }}
),

countries (country_initial, country_code, country_name) as (
    values
    ('E', 'E92000001', 'England'),
    ('N', 'N92000002', 'Northern Ireland'),
    ('S', 'S92000003', 'Scotland'),
    ('W', 'W92000004', 'Wales')
),

-- Authorities count as current on the day of the newest submission, not on the day of the build.
knowledge as (
    select max(received_at)::date as knowledge_date
    from {{ ref('stg_submissions') }}
),

placed as (
    select
        locations.*,
        coalesce(
            case when entities.location_level = locations.location_level then entities.location_type end,
            locations.location_level
        ) as location_type,
        -- A body that reports under the code of a region belongs to that region.
        case
            when entities.location_level = 'region' then locations.location_code
            else places.region_code
        end as region_code,
        places.upper_tier_code,
        places.combined_authority_code,
        places.police_force_code
    from locations
    left join {{ ref('stg_gss_entities') }} as entities
        on locations.scheme = 'gss' and left(locations.location_code, 3) = entities.gss_prefix
    left join {{ ref('int_location_parent_resolved') }} as places on locations.location_code = places.location_code
)

select
    placed.location_key,
    placed.location_code,
    placed.location_level,
    placed.location_name,
    placed.location_type,
    placed.scheme,
    dates.valid_from,
    dates.valid_to,
    case
        when dates.valid_to is null then coalesce(dates.is_listed_as_current, true)
        else dates.valid_to >= coalesce(knowledge.knowledge_date, dates.valid_to)
    end as is_current,
    placed.region_code,
    regions.location_name as region_name,
    countries.country_code,
    countries.country_name,
    placed.upper_tier_code,
    upper_tiers.location_name as upper_tier_name,
    placed.combined_authority_code,
    combined_authorities.location_name as combined_authority_name,
    placed.police_force_code,
    police_forces.location_name as police_force_name,
    placed.in_reference,
    placed.within_location_key
from placed
cross join knowledge
left join {{ ref('int_location_validity_derived') }} as dates on placed.location_code = dates.location_code
left join countries on placed.country_initial = countries.country_initial
left join locations as regions
    on {{ location_key("'region'", 'placed.region_code') }} = regions.location_key
left join locations as upper_tiers
    on {{ location_key("'local_authority'", 'placed.upper_tier_code') }} = upper_tiers.location_key
left join locations as combined_authorities
    on
        {{ location_key("'combined_authority'", 'placed.combined_authority_code') }}
        = combined_authorities.location_key
left join locations as police_forces
    on {{ location_key("'police_force'", 'placed.police_force_code') }} = police_forces.location_key
