select
    submission_key,
    return_code,
    received_at,
    {{ location_key('location_level', 'location_code') }} as location_key,
    location_code,
    location_level,
    location_name,
    scheme,
    in_reference,
    {{ location_key('within_level', 'within_code') }} as within_location_key
from {{ source('landing', 'learned_locations') }}
