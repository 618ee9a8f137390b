select
    ladcd as location_code,
    ladnm as location_name,
    ladcd_active as active_code,
    ladnm_active as active_name,
    utlacd as upper_tier_code,
    utlanm as upper_tier_name,
    cauthcd as combined_authority_code,
    cauthnm as combined_authority_name,
    rgncd as region_code,
    rgnnm as region_name,
    ctrycd as country_code,
    ctrynm as country_name,
    coalesce(lower(current), 'true') <> 'false' as is_listed_as_current
from {{ source('landing', 'ref_la_codes') }}
