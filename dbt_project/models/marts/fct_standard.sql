with placed as (
    select * from {{ ref('int_estimate_peer_grouped') }}
),

-- England's own value, or the region's, for the same measure, period, group and service line.
wholes as (
    select set_key, location_level, location_code, value
    from placed
    where location_level in ('country', 'region')
),

neighbours as (
    select * from {{ ref('int_neighbour_median_compared') }}
),

past as (
    select
        observation_key,
        lag(value) over series as previous_value,
        lag(lower_95) over series as previous_lower_95,
        lag(upper_95) over series as previous_upper_95,
        lag(period_code) over series as previous_period_code
    from placed
    window series as (partition by series_key order by period_start)
),

compared as (
    select
        placed.*,
        benchmarks.value as benchmark_value,
        regions.value as region_value,
        neighbours.neighbour_count,
        neighbours.neighbour_median,
        past.previous_period_code,
        past.previous_value,
        past.previous_lower_95,
        past.previous_upper_95,
        peers.peer_count,
        peers.peer_rank,
        peers.quintile,
        peers.peer_median,
        peers.peer_median_deviation,
        peers.robust_distance,
        peers.best_value
    from placed
    left join wholes as benchmarks
        on
            placed.set_key = benchmarks.set_key
            and benchmarks.location_level = 'country'
            and placed.benchmark_country_code = benchmarks.location_code
    left join wholes as regions
        on
            placed.set_key = regions.set_key
            and regions.location_level = 'region'
            and placed.region_code = regions.location_code
    left join neighbours on placed.observation_key = neighbours.observation_key
    left join past on placed.observation_key = past.observation_key
    left join {{ ref('int_peer_ranked') }} as peers on placed.observation_key = peers.observation_key
)

select
    compared.observation_key,
    compared.department_code,
    compared.return_code,
    compared.measure_code,
    compared.location_key,
    compared.period_code,
    compared.population_group_code,
    compared.service_line,
    compared.value,
    compared.lower_95,
    compared.upper_95,
    compared.lower_99_8,
    compared.upper_99_8,
    compared.limits_source,
    compared.benchmark_value,
    {{ compared_with_value(
        'compared.lower_95', 'compared.upper_95', 'compared.benchmark_value', 'compared.polarity', 'compared.value'
    ) }} as benchmark_comparison,
    {{ compared_at_two_levels(
        'compared.value', 'compared.lower_95', 'compared.upper_95', 'compared.lower_99_8', 'compared.upper_99_8',
        'compared.benchmark_value', 'compared.polarity'
    ) }} as benchmark_comparison_two_level,
    compared.region_value,
    {{ compared_with_value(
        'compared.lower_95', 'compared.upper_95', 'compared.region_value', 'compared.polarity', 'compared.value'
    ) }} as region_comparison,
    compared.neighbour_count,
    compared.neighbour_median,
    {{ compared_with_value(
        'compared.lower_95', 'compared.upper_95', 'compared.neighbour_median', 'compared.polarity', 'compared.value'
    ) }} as neighbour_comparison,
    compared.best_value,
    -- The distance to the best decile; null for members of it.
    case compared.polarity
        when 'high' then greatest(compared.best_value - compared.value, 0)
        when 'low' then greatest(compared.value - compared.best_value, 0)
    end as distance_to_best,
    compared.previous_period_code,
    compared.previous_value as previous_period_value,
    {{ intervals_compared(
        'compared.lower_95', 'compared.upper_95', 'compared.previous_lower_95', 'compared.previous_upper_95',
        'compared.polarity'
    ) }} as previous_comparison,
    compared.peer_count,
    compared.peer_rank,
    compared.quintile,
    compared.peer_median,
    compared.peer_median_deviation,
    compared.robust_distance,
    funnels.funnel_baseline,
    funnels.funnel_lower_95,
    funnels.funnel_upper_95,
    funnels.funnel_lower_99_8,
    funnels.funnel_upper_99_8,
    funnels.funnel_class,
    funnels.overdispersion_variance,
    trends.trend,
    trends.trend_judgement,
    charts.process_mean,
    charts.lower_process_limit,
    charts.upper_process_limit,
    charts.special_cause,
    charts.variation_icon,
    charts.assurance_icon,
    charts.is_short_segment,
    standards.standard_code,
    standards.standard_kind,
    standards.threshold as standard_threshold,
    standards.is_standard_met
from compared
left join {{ ref('int_funnel_limits_calculated') }} as funnels on compared.observation_key = funnels.observation_key
left join {{ ref('int_recent_trend_calculated') }} as trends on compared.observation_key = trends.observation_key
left join {{ ref('int_control_chart_calculated') }} as charts on compared.observation_key = charts.observation_key
left join {{ ref('int_standard_applied') }} as standards
    on compared.observation_key = standards.observation_key and standards.standard_number = 1
