-- Monthly and quarterly series: each point as a control chart of the whole series shows it.
with points as (
    select
        placed.observation_key,
        placed.series_key,
        placed.period_start,
        placed.value,
        placed.screen_outliers,
        placed.baseline_point_count,
        case placed.polarity when 'high' then 'increase' when 'low' then 'decrease' else 'neutral' end as direction,
        case
            when placed.rebase_dates is null then 0
            else
                len(list_filter(
                    string_split(placed.rebase_dates, ','),
                    lambda day: try_cast(day as date) <= placed.period_start
                ))
        end as rebase_number,
        standards.threshold
    from {{ ref('int_estimate_placed') }} as placed
    left join {{ ref('int_standard_applied') }} as standards
        on placed.observation_key = standards.observation_key
    where placed.period_kind in ('month', 'quarter')
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
