select
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    facts.standard_code,
    standards.standard_name,
    standards.standard_kind,
    facts.standard_threshold,
    measures.unit,
    standards.legal_source,
    facts.location_level,
    facts.period_code,
    periods.period_start,
    periods.period_end,
    facts.service_line,
    facts.place_count,
    facts.met_count,
    facts.not_met_count,
    facts.people_count,
    facts.people_where_met_count,
    facts.people_where_not_met_count,
    facts.place_without_people_count
from {{ ref('fct_standard_attainment') }} as facts
left join {{ ref('dim_standard') }} as standards on facts.standard_code = standards.standard_code
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
