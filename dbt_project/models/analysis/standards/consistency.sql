select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    facts.unit_level,
    facts.period_code,
    periods.period_start,
    periods.period_end,
    population_groups.characteristic,
    population_groups.category,
    facts.service_line,
    measures.unit,
    measures.polarity,
    facts.place_value,
    facts.unit_count,
    facts.lowest_value,
    facts.lower_quartile,
    facts.median_value,
    facts.upper_quartile,
    facts.highest_value,
    facts.interquartile_range,
    facts.unit_mean,
    facts.unit_mean_lower_95,
    facts.unit_mean_upper_95,
    facts.standard_deviation,
    facts.coefficient_of_variation,
    facts.worse_unit_count,
    facts.better_unit_count,
    facts.consistency_key
from {{ ref('fct_consistency') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
left join {{ ref('dim_population_group') }} as population_groups
    on facts.population_group_code = population_groups.population_group_code
