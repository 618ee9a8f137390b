select
    'ods:' || nhs_trust22_code as location_code,
    icb22_code as board_code,
    try_cast(proportion_trust_came_from_icb as double) as patient_share
from {{ source('landing', 'ref_trust_icb') }}
where nhs_trust22_code is not null
