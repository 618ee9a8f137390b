with authorities as (
    select * from {{ ref('stg_local_authorities') }}
),

code_years as (
    select
        location_code,
        min(code_year) as first_year,
        max(code_year) as last_year,
        min(min(code_year)) over () as lookup_first_year,
        max(max(code_year)) over () as lookup_last_year
    from {{ ref('stg_district_codes_by_year') }}
    group by location_code
),

-- Authorities change on 1 April, and the lookup of a year holds the codes in use after that day.
lookup_dates as (
    select
        location_code,
        case when first_year > lookup_first_year then make_date(first_year, 4, 1) end as valid_from,
        case when last_year < lookup_last_year then make_date(last_year + 1, 3, 31) end as valid_to
    from code_years
),

listed as (
    select
        location_code,
        bool_and(is_listed_as_current) as is_listed_as_current
    from (
        select location_code, is_listed_as_current from authorities
        union all
        select location_code, is_listed_as_current from {{ ref('stg_local_authority_codes') }}
    )
    group by location_code
)

select
    location_code,
    coalesce(authorities.valid_from, lookup_dates.valid_from) as valid_from,
    coalesce(authorities.valid_to, lookup_dates.valid_to) as valid_to,
    coalesce(listed.is_listed_as_current, true) as is_listed_as_current
from authorities
full join lookup_dates using (location_code)
full join listed using (location_code)
