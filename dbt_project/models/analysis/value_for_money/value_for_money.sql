select
    facts.department_code,
    facts.return_code,
    facts.unit_cost_measure_code,
    measures.measure_name,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    facts.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    facts.service_line,
    measures.unit,
    facts.cost_measure_code,
    facts.output_measure_code,
    facts.cost,
    facts.real_cost,
    facts.output,
    facts.unit_cost,
    facts.real_unit_cost,
    facts.price_base_code,
    facts.comparator_unit_cost,
    facts.comparator_kind,
    facts.cost_difference,
    facts.cost_percentile,
    facts.constant_returns_efficiency,
    facts.hull_input_efficiency,
    facts.hull_output_efficiency,
    facts.output_index,
    facts.input_index,
    facts.productivity_index,
    facts.productivity_growth_pct,
    facts.outcome_measure_code,
    outcomes.measure_name as outcome_measure_name,
    facts.outcome_period_code,
    facts.outcome_value,
    facts.outcome_comparator,
    facts.outcome_comparison,
    facts.quadrant,
    facts.value_for_money_key
from {{ ref('fct_value_for_money') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.unit_cost_measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
left join {{ ref('dim_population_group') }} as population_groups
    on facts.population_group_code = population_groups.population_group_code
left join {{ ref('dim_measure') }} as outcomes on facts.outcome_measure_code = outcomes.measure_code
