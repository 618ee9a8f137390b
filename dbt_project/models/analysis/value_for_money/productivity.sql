select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
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
    facts.line_count,
    facts.previous_period_code,
    facts.output_index,
    facts.input_index,
    facts.productivity_index,
    facts.output_growth_pct,
    facts.input_growth_pct,
    facts.productivity_growth_pct,
    facts.quality_index,
    facts.quality_adjusted_productivity_index,
    facts.growth_contribution_points,
    facts.productivity_key
from {{ ref('fct_productivity') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
left join {{ ref('dim_population_group') }} as population_groups
    on facts.population_group_code = population_groups.population_group_code
