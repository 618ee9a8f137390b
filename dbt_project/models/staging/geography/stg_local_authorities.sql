with authorities as (
    select
        local_authority_code,
        gss_code as location_code,
        nice_name as location_name,
        region as region_name,
        county_la as county_authority_code,
        combined_authority as combined_authority_code,
        replaced_by,
        try_cast(start_date as date) as start_date,
        try_cast(end_date as date) as end_date,
        coalesce(lower(current_authority), 'true') <> 'false' as is_listed_as_current
    from {{ source('landing', 'ref_local_authorities') }}
)

select
    local_authority_code,
    location_code,
    location_name,
    region_name,
    county_authority_code,
    combined_authority_code,
    replaced_by,
    start_date as valid_from,
    -- The register gives the last day for some authorities, and for others the 1 April on which the successor began.
    case when month(end_date) = 4 and day(end_date) = 1 then end_date - 1 else end_date end as valid_to,
    is_listed_as_current
from authorities
where location_code is not null
