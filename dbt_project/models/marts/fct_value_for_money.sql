-- Economy (cost of the inputs), efficiency (cost of a unit of output) and effectiveness (outcome) of each unit cost,
-- kept separate; equity is in analysis.spend_and_need.
with costs as (
    select
        deflated.*,
        standards.benchmark_value,
        case when deflated.has_peers then median(deflated.unit_cost) over peers end as peer_median,
        case
            when deflated.has_peers and count(*) over peers > 1
                then
                    100 * percent_rank() over (
                        partition by deflated.peer_set_key, deflated.has_peers order by deflated.unit_cost
                    )
        end as cost_percentile,
        case
            when deflated.has_peers and deflated.unit_cost > 0
                then min(case when deflated.unit_cost > 0 then deflated.unit_cost end) over peers / deflated.unit_cost
        end as constant_returns_efficiency
    from {{ ref('int_unit_cost_deflated') }} as deflated
    left join {{ ref('fct_standard') }} as standards on deflated.observation_key = standards.observation_key
    window peers as (partition by deflated.peer_set_key, deflated.has_peers)
),

hulls as (
    select
        observation_key,
        {{ hull_of_one('input', 'cost', 'output', 'peer_set_key') }} as hull_input_efficiency,
        {{ hull_of_one('output', 'cost', 'output', 'peer_set_key') }} as hull_output_efficiency
    from costs
    where has_peers and cost > 0 and output > 0
),

outcomes as (
    select
        costs.observation_key,
        outcomes.measure_code as outcome_measure_code,
        outcomes.period_code as outcome_period_code,
        outcomes.value as outcome_value,
        outcomes.benchmark_value as outcome_comparator,
        outcomes.benchmark_comparison as outcome_comparison,
        measures.polarity as outcome_polarity
    from costs
    inner join {{ ref('dim_unit_cost') }} as unit_costs on costs.measure_code = unit_costs.measure_code
    inner join {{ ref('fct_standard') }} as outcomes
        on
            unit_costs.outcome_measure_code = outcomes.measure_code
            and costs.location_key = outcomes.location_key
            and {{ outcome_of('unit_costs.outcome_group_code', 'costs.population_group_code') }}
            = outcomes.population_group_code
            and {{ outcome_of('unit_costs.outcome_service_line', 'costs.service_line') }} = outcomes.service_line
    inner join {{ ref('dim_period') }} as periods on outcomes.period_code = periods.period_code
    inner join {{ ref('dim_measure') }} as measures on outcomes.measure_code = measures.measure_code
    where {{ is_outcome_of('unit_costs', 'costs', 'periods') }}
    qualify
        row_number() over (
            partition by costs.observation_key order by periods.period_end desc, outcomes.period_code desc
        ) = 1
),

sided as (
    select
        *,
        coalesce(benchmark_value, peer_median) as comparator_unit_cost,
        case
            when outcome_comparison is not null then outcome_comparison
            when outcome_value = outcome_comparator then 'similar'
            when outcome_polarity in ('high', 'low') and outcome_value is not null and outcome_comparator is not null
                then
                    case
                        when (outcome_value > outcome_comparator) = (outcome_polarity = 'high') then 'better'
                        else 'worse'
                    end
        end as outcome_side
    from costs
    left join hulls using (observation_key)
    left join outcomes using (observation_key)
)

select
    sided.observation_key as value_for_money_key,
    sided.department_code,
    sided.return_code,
    sided.measure_code as unit_cost_measure_code,
    unit_costs.cost_measure_code,
    unit_costs.output_measure_code,
    sided.location_key,
    sided.period_code,
    sided.population_group_code,
    sided.service_line,
    sided.cost,
    sided.real_cost,
    sided.output,
    sided.unit_cost,
    sided.real_unit_cost,
    sided.price_base_code,
    sided.comparator_unit_cost,
    case
        when sided.benchmark_value is not null then 'whole'
        when sided.peer_median is not null then 'median of peers'
    end as comparator_kind,
    sided.unit_cost - sided.comparator_unit_cost as cost_difference,
    sided.cost_percentile,
    sided.constant_returns_efficiency,
    sided.hull_input_efficiency,
    sided.hull_output_efficiency,
    productivity.output_index,
    productivity.input_index,
    productivity.productivity_index,
    productivity.productivity_growth_pct,
    sided.outcome_measure_code,
    sided.outcome_period_code,
    sided.outcome_value,
    sided.outcome_comparator,
    sided.outcome_side as outcome_comparison,
    case
        when sided.comparator_unit_cost is null or sided.outcome_side is null then null
        when sided.outcome_side = 'similar' or sided.unit_cost = sided.comparator_unit_cost then 'not different'
        when sided.outcome_side in ('better', 'worse')
            then
                sided.outcome_side || ' outcome, '
                || case when sided.unit_cost > sided.comparator_unit_cost then 'higher' else 'lower' end || ' cost'
    end as quadrant
from sided
inner join {{ ref('dim_unit_cost') }} as unit_costs on sided.measure_code = unit_costs.measure_code
left join {{ ref('fct_productivity') }} as productivity
    on
        sided.measure_code = productivity.measure_code
        and sided.location_key = productivity.location_key
        and sided.population_group_code = productivity.population_group_code
        and sided.service_line = productivity.service_line
        and sided.period_code = productivity.period_code
