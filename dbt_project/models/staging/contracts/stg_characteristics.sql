select
    characteristic_base,
    dimension,
    is_ordered,
    category_code,
    category_role,
    role_rank
from {{ source('landing', 'characteristics') }}
