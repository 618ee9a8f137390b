select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    measures.domain,
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
    facts.origin,
    facts.numerator,
    facts.denominator,
    facts.value,
    facts.value_status,
    facts.lower_95,
    facts.upper_95,
    facts.lower_99_8,
    facts.upper_99_8,
    facts.standard_error,
    facts.limits_source,
    facts.limits_method,
    facts.is_computed_from_rounded_counts,
    facts.computed_lower_95,
    facts.computed_upper_95,
    facts.computed_lower_99_8,
    facts.computed_upper_99_8,
    facts.limits_difference,
    facts.coverage,
    facts.reason,
    facts.population_group_code,
    facts.observation_key
from {{ ref('fct_estimate') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
left join {{ ref('dim_population_group') }} as population_groups
    on facts.population_group_code = population_groups.population_group_code
