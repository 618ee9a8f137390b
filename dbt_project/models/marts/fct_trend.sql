-- Summary of each whole series: its length, its long-run trend, and its state at the last point.
with placed as (
    select
        *,
        row_number() over (partition by series_key order by period_start desc) as number_from_last,
        count(*) over (partition by series_key) as point_count,
        first_value(period_code) over (partition by series_key order by period_start) as first_period_code,
        first_value(value) over (partition by series_key order by period_start) as first_series_value
    from {{ ref('int_estimate_peer_grouped') }}
),

latest as (
    select * from placed where number_from_last = 1
)

select
    {{ surrogate_key([
        'latest.measure_code', 'latest.location_key', 'latest.population_group_code', 'latest.service_line',
        'latest.period_kind',
    ]) }} as trend_key,
    latest.department_code,
    latest.return_code,
    latest.measure_code,
    latest.location_key,
    latest.population_group_code,
    latest.service_line,
    latest.period_kind,
    latest.point_count,
    latest.first_period_code,
    latest.period_code as last_period_code,
    latest.first_series_value,
    latest.value as last_series_value,
    tests.long_run_trend,
    case
        when coalesce(tests.long_run_trend, 'no trend') = 'no trend' or latest.polarity = 'none' then null
        when (tests.long_run_trend = 'increasing') = (latest.polarity = 'high') then 'getting better'
        else 'getting worse'
    end as long_run_judgement,
    tests.tau,
    tests.trend_probability,
    tests.median_slope,
    standards.trend as recent_trend,
    standards.trend_judgement as recent_judgement,
    standards.variation_icon,
    standards.assurance_icon,
    standards.is_short_segment
from latest
inner join {{ ref('fct_standard') }} as standards on latest.observation_key = standards.observation_key
left join {{ ref('int_long_run_trend_tested') }} as tests on latest.series_key = tests.series_key
where latest.point_count >= 2
