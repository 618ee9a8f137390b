select
    ltla24_code as location_code,
    ltla24_name as location_name,
    region24_code as region_code,
    region24_name as region_name
from {{ source('landing', 'ref_ltla_region') }}
