-- Every yearly series of five points or more, tested for a trend over its whole length. The test uses ranks, so it
-- does not need limits or a straight line. Periods of several years overlap and are left out.
with yearly as (
    select
        series_key,
        period_start,
        value
    from {{ ref('int_estimate_peer_grouped') }}
    where period_kind in ('FY', 'AY', 'CY', 'JY', 'day')
    qualify count(*) over (partition by series_key) >= 5
),

tested as (
    {{ mann_kendall_tested('yearly', ['series_key'], 'period_start', 'value') | indent }}
)

select
    series_key,
    s as rank_score,
    p as trend_probability,
    tau,
    slope as median_slope,
    trend_95 as long_run_trend
from tested
