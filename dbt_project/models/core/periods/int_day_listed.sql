-- The calendar that the semantic layer needs, over all periods that have figures.
with bounds as (
    select
        min(period_start)::timestamp as first_day,
        max(period_end)::timestamp as last_day
    from {{ ref('dim_period') }}
)

select unnest(generate_series(first_day, last_day, interval 1 day))::date as day_date
from bounds
