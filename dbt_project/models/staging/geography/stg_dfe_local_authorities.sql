select
    'dfe-la:' || la_number as location_code,
    la_name as location_name,
    -- DfE divides London into two regions; the statistical region is one.
    case when region in ('Inner London', 'Outer London') then 'London' else region end as region_name,
    type as authority_type
from {{ source('landing', 'ref_lait_la_codes') }}
where la_number is not null
