with authorities as (
    select * from {{ ref('stg_local_authorities') }}
),

replacements as (
    select
        location_code,
        valid_to + 1 as succession_date,
        trim(unnest(string_split(replaced_by, ','))) as successor_authority_code
    from authorities
    where replaced_by is not null
),

registered as (
    select
        replacements.location_code,
        authorities.location_code as successor_code,
        replacements.succession_date
    from replacements
    inner join authorities on replacements.successor_authority_code = authorities.local_authority_code
),

recorded_by_year as (
    select
        location_code,
        next_year_code as successor_code,
        make_date(code_year + 1, 4, 1) as succession_date
    from {{ ref('stg_district_codes_by_year') }}
    where location_code <> next_year_code
),

dated as (
    select * from registered
    union
    select * from recorded_by_year
),

-- This lookup has no dates and maps the oldest code straight to today's, so it is used only for codes that the others
-- lack.
recoded as (
    select
        location_code,
        active_code as successor_code,
        cast(null as date) as succession_date
    from {{ ref('stg_local_authority_codes') }}
    where
        location_code <> active_code
        and location_code not in (select dated.location_code from dated)
),

successions as (
    select * from dated
    union
    select * from recoded
)

select
    location_code,
    successor_code,
    min(succession_date) as succession_date
from successions
group by location_code, successor_code
