-- Volume indices of output and input, and their ratio. Output is weighted by the unit costs of the previous period
-- (cost-weighted activity index), over the service lines that both periods have; input is deflated spending.
with costs as (
    select
        *,
        hash(measure_code, location_key, population_group_code, period_kind) as whole_key,
        count(distinct service_line) over (partition by measure_code) as line_count
    from {{ ref('int_unit_cost_deflated') }}
    where output > 0 and cost > 0
),

totals as (
    select whole_key from costs
    where service_line = 'Total'
),

-- Each service line is a series of its own. All lines together form another if there are several and no submitted
-- total.
series as (
    select
        hash(whole_key, service_line) as series_key,
        service_line as series_line,
        *
    from costs
    union all
    select
        hash(whole_key, 'Total') as series_key,
        'Total' as series_line,
        *
    from costs
    where line_count > 1 and whole_key not in (select totals.whole_key from totals)
),

outputs as (
    {{ index_numbers(
        "(select series_key, period_end as period, service_line as item, cost / output as unit_cost, output as quantity"
        " from series)",
        ['series_key']
    ) | indent }}
),

inputs as (
    {{ index_numbers(
        "(select series_key, period_end as period, service_line as item, 1 as unit_cost, real_cost as quantity"
        " from series)",
        ['series_key']
    ) | indent }}
),

series_periods as (
    select
        series_key,
        series_line,
        period_code,
        period_end,
        any_value(department_code) as department_code,
        any_value(return_code) as return_code,
        any_value(measure_code) as measure_code,
        any_value(location_key) as location_key,
        any_value(population_group_code) as population_group_code,
        any_value(period_kind) as period_kind,
        any_value(quality_measure_code) as quality_measure_code,
        any_value(whole_key) as whole_key,
        count(*) as line_count,
        {{ stable_sum('cost') }} as cost,
        {{ stable_sum('output') }} as output
    from series
    group by series_key, series_line, period_code, period_end
),

indexed as (
    select
        series_periods.*,
        outputs.volume_index as output_index,
        inputs.volume_index as input_index,
        outputs.volume_link as output_link,
        inputs.volume_link as input_link,
        quality.value / first_value(quality.value) over series_so_far as quality_index,
        lag(series_periods.period_code) over series_so_far as previous_period_code,
        lag(series_periods.cost) over series_so_far as previous_cost,
        lag(series_periods.output) over series_so_far as previous_output
    from series_periods
    inner join outputs
        on series_periods.series_key = outputs.series_key and series_periods.period_end = outputs.period
    left join inputs
        on series_periods.series_key = inputs.series_key and series_periods.period_end = inputs.period
    left join {{ ref('fct_estimate') }} as quality
        on
            series_periods.quality_measure_code = quality.measure_code
            and series_periods.location_key = quality.location_key
            and series_periods.period_code = quality.period_code
            and series_periods.population_group_code = quality.population_group_code
            and quality.service_line = 'Total'
    window series_so_far as (partition by series_periods.series_key order by series_periods.period_end)
),

-- A line contributes to growth by its share of the previous cost of the lines that both periods have.
matched as (
    select
        whole_key,
        period_end,
        previous_period_code,
        {{ stable_sum('previous_cost') }} as previous_cost
    from indexed
    where series_line <> 'Total' and previous_period_code is not null
    group by whole_key, period_end, previous_period_code
)

select
    {{ surrogate_key([
        'indexed.measure_code', 'indexed.location_key', 'indexed.population_group_code', 'indexed.series_line',
        'indexed.period_code',
    ]) }} as productivity_key,
    indexed.department_code,
    indexed.return_code,
    indexed.measure_code,
    indexed.location_key,
    indexed.period_code,
    indexed.population_group_code,
    indexed.series_line as service_line,
    indexed.line_count,
    indexed.previous_period_code,
    indexed.output_index,
    indexed.input_index,
    indexed.output_index / nullif(indexed.input_index, 0) as productivity_index,
    100 * (indexed.output_link - 1) as output_growth_pct,
    100 * (indexed.input_link - 1) as input_growth_pct,
    {{ productivity_growth('(100 * (indexed.output_link - 1))', '(100 * (indexed.input_link - 1))') }}
        as productivity_growth_pct,
    indexed.quality_index,
    indexed.output_index * indexed.quality_index / nullif(indexed.input_index, 0)
        as quality_adjusted_productivity_index,
    case
        when indexed.series_line <> 'Total'
            then
                100 * {{ growth_contribution(
                    'indexed.previous_cost / nullif(matched.previous_cost, 0)', 'indexed.previous_output',
                    'indexed.output'
                ) }}
    end as growth_contribution_points
from indexed
left join matched
    on
        indexed.whole_key = matched.whole_key
        and indexed.period_end = matched.period_end
        and indexed.previous_period_code = matched.previous_period_code
