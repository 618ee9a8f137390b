-- Monthly and quarterly series: each point with its place in the control chart of the whole series. A month without a
-- value is a point without a value, so that the months beside it are not treated as consecutive.
with points as (
    select
        estimates.observation_key,
        hash(
            estimates.measure_code,
            estimates.location_key,
            estimates.population_group_code,
            estimates.service_line,
            periods.period_kind
        ) as series_key,
        periods.period_start,
        estimates.value,
        measures.screen_outliers,
        measures.baseline_point_count,
        case measures.polarity when 'high' then 'increase' when 'low' then 'decrease' else 'neutral' end as direction,
        case
            when measures.rebase_dates is null then 0
            else
                len(list_filter(
                    string_split(measures.rebase_dates, ','),
                    lambda day: try_cast(day as date) <= periods.period_start
                ))
        end as rebase_number,
        standards.threshold
    from {{ ref('fct_estimate') }} as estimates
    inner join {{ ref('dim_period') }} as periods
        on estimates.period_code = periods.period_code and periods.period_kind in ('month', 'quarter')
    inner join {{ ref('stg_measures') }} as measures on estimates.measure_code = measures.measure_code
    left join {{ ref('int_standard_applied') }} as standards
        on estimates.observation_key = standards.observation_key and standards.standard_number = 1
),

charted as (
    {{ spc_charted(
        'points', ['series_key'], 'period_start', 'value', 'direction',
        target='threshold', screen_outliers='screen_outliers', fix_after='baseline_point_count',
        rebase_group='rebase_number'
    ) | indent }}
)

select
    points.observation_key,
    charted.mean as process_mean,
    charted.lower_process_limit,
    charted.upper_process_limit,
    charted.special_cause,
    {{ variation_icon('charted.point_type', 'charted.direction') }} as variation_icon,
    {{ assurance_icon(
        'charted.target', 'charted.direction', 'charted.lower_process_limit', 'charted.upper_process_limit'
    ) }} as assurance_icon,
    charted.is_short_segment
from points
inner join charted on points.series_key = charted.series_key and points.period_start = charted.period_start
where points.value is not null
