-- Labels consist of main group, colon and detailed group; the one of the 20 groups that applies to no residents is
-- empty.
select
    area_code as location_code,
    area_name as location_name,
    split_part(ethnic_group, ':', 1) as ethnic_group_name,
    ethnic_group as ethnic_detail_name,
    try_cast(observation as double) as population_count
from {{ source('landing', 'ref_census_ethnicity') }}
where ethnic_group_code <> '-8'
