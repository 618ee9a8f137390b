select
    ltla24_code as location_code,
    ltla24_name as location_name,
    pfa24_code as police_force_code,
    pfa24_name as police_force_name
from {{ source('landing', 'ref_ltla_pfa') }}
