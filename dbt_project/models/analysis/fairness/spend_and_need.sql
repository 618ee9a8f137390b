-- Spending per unit of output and its outcome, for groups of areas or people from the most to the least deprived:
-- whether spending follows need, and whether outcomes follow spending.
with costs as (
    select
        gaps.*,
        unit_costs.outcome_measure_code,
        unit_costs.outcome_period_rule,
        periods.period_start,
        periods.period_end,
        {{ outcome_of('unit_costs.outcome_service_line', 'gaps.service_line') }} as outcome_service_line,
        {{ outcome_of('unit_costs.outcome_group_code', 'gaps.held_group_code') }} as outcome_group_code,
        sum(gaps.numerator) over split as split_cost,
        sum(gaps.denominator) over split as split_output
    from {{ ref('fct_group_gap') }} as gaps
    inner join {{ ref('dim_unit_cost') }} as unit_costs on gaps.measure_code = unit_costs.measure_code
    inner join {{ ref('dim_period') }} as periods on gaps.period_code = periods.period_code
    where gaps.dimension = 'deprivation'
    window split as (
        partition by
            gaps.measure_code,
            gaps.location_key,
            gaps.period_code,
            gaps.service_line,
            gaps.held_group_code,
            gaps.characteristic_code
    )
),

outcomes as (
    select
        costs.group_gap_key,
        gaps.period_code as outcome_period_code,
        gaps.value as outcome_value,
        gaps.reference_value as outcome_reference_value,
        gaps.comparison as outcome_comparison
    from costs
    inner join {{ ref('fct_group_gap') }} as gaps
        on
            costs.outcome_measure_code = gaps.measure_code
            and costs.location_key = gaps.location_key
            and costs.outcome_service_line = gaps.service_line
            and costs.outcome_group_code = gaps.held_group_code
            and costs.characteristic_code = gaps.characteristic_code
            and costs.category_code = gaps.category_code
    inner join {{ ref('dim_period') }} as periods on gaps.period_code = periods.period_code
    where {{ is_outcome_of('costs', 'costs', 'periods') }}
    qualify
        row_number() over (
            partition by costs.group_gap_key order by periods.period_end desc, gaps.period_code desc
        ) = 1
)

select
    costs.department_code,
    costs.return_code,
    costs.measure_code as unit_cost_measure_code,
    measures.measure_name,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    costs.period_code,
    costs.period_start,
    costs.period_end,
    costs.service_line,
    costs.held_group_code,
    costs.characteristic_code,
    categories.characteristic_name,
    costs.category_code,
    categories.category_name,
    costs.is_reference,
    measures.unit,
    costs.numerator as cost,
    costs.denominator as output,
    costs.value as unit_cost,
    100 * costs.numerator / nullif(costs.split_cost, 0) as cost_share_pct,
    100 * costs.denominator / nullif(costs.split_output, 0) as output_share_pct,
    costs.absolute_gap as unit_cost_gap,
    costs.relative_gap as relative_unit_cost,
    costs.outcome_measure_code,
    outcome_measures.measure_name as outcome_measure_name,
    outcomes.outcome_period_code,
    outcomes.outcome_value,
    outcomes.outcome_value - outcomes.outcome_reference_value as outcome_gap,
    outcomes.outcome_comparison,
    case
        when not costs.is_reference and costs.absolute_gap is not null
            then
                case
                    when costs.absolute_gap > 0 then 'more is spent'
                    when costs.absolute_gap < 0 then 'less is spent'
                    else 'as much is spent'
                end || coalesce(', outcome ' || outcomes.outcome_comparison, '')
    end as spend_and_outcome,
    costs.group_gap_key
from costs
left join outcomes on costs.group_gap_key = outcomes.group_gap_key
{{ join_dimensions('costs', ['measures', 'locations', 'categories']) }}
{{ join_dimensions('costs', ['measures'], prefix='outcome_') }}
