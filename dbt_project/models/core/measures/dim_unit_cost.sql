select
    unit_costs.measure_code,
    costs.component_measure_code as cost_measure_code,
    outputs.component_measure_code as output_measure_code,
    outputs.figure as output_figure,
    unit_costs.is_money,
    unit_costs.outcome_measure_code,
    unit_costs.outcome_service_line,
    unit_costs.outcome_group_code,
    unit_costs.outcome_period_rule,
    unit_costs.quality_measure_code,
    unit_costs.price_base_code
from {{ ref('stg_unit_costs') }} as unit_costs
inner join {{ ref('bridge_measure_component') }} as costs
    on unit_costs.measure_code = costs.measure_code and costs.side = 'numerator'
inner join {{ ref('bridge_measure_component') }} as outputs
    on unit_costs.measure_code = outputs.measure_code and outputs.side = 'denominator'
qualify
    row_number() over (
        partition by unit_costs.measure_code order by costs.component_number, outputs.component_number
    ) = 1
