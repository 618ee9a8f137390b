with lines as (
    select
        trim(period) as label,
        try_cast(deflator as double) as deflator_index
    from {{ source('landing', 'ref_gdp_deflator') }}
)

-- Leave out rows about the series, and periods that are not a year or quarter.
select
    case when length(label) = 4 then 'CY' || label else left(label, 4) || '-' || right(label, 2) end as period_code,
    make_date(left(label, 4)::integer, case when length(label) = 4 then 1 else 3 * right(label, 1)::integer - 2 end, 1)
        as period_start,
    length(label) = 7 as is_quarter,
    deflator_index
from lines
where regexp_full_match(label, '\d{4}( Q[1-4])?') and deflator_index > 0
