select
    service_line,
    service_line = 'Total' as is_total
from {{ ref('stg_observations') }}
union
-- It is included whether or not a return uses it.
select
    'Total' as service_line,
    true as is_total
