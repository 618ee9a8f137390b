select
    'ods:' || areacode as location_code,
    areaname as location_name,
    try_cast(year as integer) as deprivation_year,
    try_cast(value as double) as deprivation_score,
    coalesce(isareacurrent, '1') <> '0' as is_listed_as_current
from {{ source('landing', 'ref_gp_practice_deprivation') }}
where areacode is not null
