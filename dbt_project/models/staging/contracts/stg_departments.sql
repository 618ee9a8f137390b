select
    department_code,
    department_name
from {{ source('landing', 'departments') }}
