with periods as (
    select
        period_code,
        min(period_kind) as period_kind,
        min(period_start) as period_start,
        max(period_end) as period_end
    from {{ ref('stg_observations') }}
    group by period_code
)

select
    period_code,
    period_kind,
    case period_kind
        when 'FY' then 'Financial year ' || substr(period_code, 3)
        when 'AY' then 'Academic year ' || substr(period_code, 3)
        when 'CY' then 'Calendar year ' || substr(period_code, 3)
        when 'JY' then 'Year ' || substr(period_code, 3) || ' from July'
        when 'FY_span' then 'Financial years ' || year(period_start) || ' to ' || year(period_end)
        when 'AY_span' then 'Academic years ' || year(period_start) || ' to ' || year(period_end)
        when 'CY_span' then 'Calendar years ' || year(period_start) || ' to ' || year(period_end)
        when 'JY_span' then 'Years ' || year(period_start) || ' to ' || year(period_end) || ' from July'
        when 'quarter' then strftime(period_start, '%B') || ' to ' || strftime(period_end, '%B %Y')
        when 'month' then strftime(period_start, '%B %Y')
        when 'day' then strftime(period_start, '%-d %B %Y')
        else period_code
    end as period_label,
    period_start,
    period_end,
    datediff('day', period_start, period_end) + 1 as period_day_count
from periods
