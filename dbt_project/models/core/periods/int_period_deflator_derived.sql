-- The price index of each period: the published one for a calendar year, the mean of its quarters for a longer
-- period, if all are available (a financial year is Q2 to Q1), and that of its quarter for a shorter one.
with deflators as (
    select * from {{ ref('stg_gdp_deflators') }}
),

quarters as (
    select
        period_start as quarter_start,
        (period_start + interval 3 month)::date - 1 as quarter_end,
        deflator_index
    from deflators
    where is_quarter
),

periods as (
    select
        period_code,
        period_kind,
        period_start,
        period_end,
        datediff('month', period_start, period_end + 1) / 3 as quarter_count
    from {{ ref('dim_period') }}
),

means as (
    select
        periods.period_code,
        {{ stable_sum('quarters.deflator_index') }} / count(*) as deflator_index
    from periods
    inner join quarters
        on
            case
                when periods.quarter_count >= 1
                    then
                        periods.period_start <= quarters.quarter_start
                        and periods.period_end >= quarters.quarter_end
                else
                    periods.period_start >= quarters.quarter_start
                    and periods.period_end <= quarters.quarter_end
            end
    group by periods.period_code, periods.quarter_count
    having count(*) = greatest(periods.quarter_count, 1)
)

select
    periods.period_code,
    coalesce(years.deflator_index, means.deflator_index) as deflator_index
from periods
left join deflators as years on periods.period_code = years.period_code and not years.is_quarter
left join means on periods.period_code = means.period_code
where coalesce(years.deflator_index, means.deflator_index) is not null
