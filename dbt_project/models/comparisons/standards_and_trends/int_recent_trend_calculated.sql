-- Yearly series only: control charts cover months, and periods of several years overlap.
with yearly as (
    select
        observation_key,
        series_key,
        period_start,
        value,
        lower_95,
        upper_95,
        -- Without counts, the series may not cover all of its people.
        case when denominator is null or numerator is null then 0 else numerator end as numerator,
        case when denominator is null or numerator is null then 1 else denominator end as denominator,
        polarity
    from {{ ref('int_estimate_peer_grouped') }}
    where period_kind in ('FY', 'AY', 'CY', 'JY', 'day') and lower_95 is not null
),

trended as (
    {{ recent_trend_at_each_point(
        'yearly', ['series_key'], 'period_start', 'value', 'lower_95', 'upper_95', 'numerator', 'denominator',
        "'wls_ci'", 'polarity'
    ) | indent }}
)

select
    yearly.observation_key,
    trended.trend,
    trended.judgement as trend_judgement,
    trended.slope as trend_slope,
    trended.chi_square as trend_chi_square
from yearly
inner join trended on yearly.series_key = trended.series_key and yearly.period_start = trended.period_start
