select
    'imd2019' as edition,
    date '2019-09-26' as published_date,
    ltla23_code as location_code,
    try_cast(score as double) as average_score
from {{ source('landing', 'ref_imd2019') }}
union all
select
    'imd2025' as edition,
    date '2025-10-30' as published_date,
    ltla24_code as location_code,
    try_cast(imd_average_score as double) as average_score
from {{ source('landing', 'ref_imd2025') }}
