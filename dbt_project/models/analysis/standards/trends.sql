select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    measures.domain,
    locations.location_code,
    locations.location_name,
    locations.location_level,
    population_groups.characteristic,
    population_groups.category,
    facts.service_line,
    measures.unit,
    measures.polarity,
    facts.period_kind,
    facts.point_count,
    facts.first_period_code,
    facts.last_period_code,
    facts.first_series_value,
    facts.last_series_value,
    facts.long_run_trend,
    facts.long_run_judgement,
    facts.tau,
    facts.trend_probability,
    facts.median_slope,
    facts.recent_trend,
    facts.recent_judgement,
    facts.variation_icon,
    facts.assurance_icon,
    facts.is_short_segment,
    facts.trend_key
from {{ ref('fct_trend') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_population_group') }} as population_groups
    on facts.population_group_code = population_groups.population_group_code
