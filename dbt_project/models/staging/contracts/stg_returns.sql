select
    return_code,
    return_name,
    department_code,
    owner_name,
    owner_email,
    cadence,
    due_rule,
    speaks_for,
    burden_hours,
    contract_version,
    description as return_description,
    covers_code
from {{ source('landing', 'returns') }}
