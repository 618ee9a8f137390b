select
    ltla23cd as location_code,
    ltla23nm as location_name,
    utla23cd as upper_tier_code,
    utla23nm as upper_tier_name
from {{ source('landing', 'ref_ltla_utla') }}
