select
    measure_code,
    whole_measure_code,
    characteristic_code,
    category_code
from {{ source('landing', 'companions') }}
