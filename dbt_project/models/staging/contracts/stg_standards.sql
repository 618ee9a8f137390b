select
    standard_code,
    standard_name,
    measure_code,
    standard_kind,
    at_least,
    at_most,
    location_level,
    service_line,
    valid_from,
    valid_to,
    legal_source
from {{ source('landing', 'standards') }}
