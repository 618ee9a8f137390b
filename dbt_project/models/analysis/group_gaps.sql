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
    facts.dimension,
    facts.characteristic_code,
    categories.characteristic_name,
    facts.category_code,
    categories.category_name,
    facts.service_line,
    facts.held_group_code,
    measures.unit,
    measures.polarity,
    facts.reference_category_code,
    facts.is_reference,
    facts.numerator,
    facts.denominator,
    facts.value,
    facts.reference_value,
    facts.absolute_gap,
    facts.absolute_gap_lower_95,
    facts.absolute_gap_upper_95,
    facts.relative_gap,
    facts.relative_gap_lower_95,
    facts.relative_gap_upper_95,
    facts.comparison,
    facts.national_reference_value,
    facts.gap_to_national_reference,
    facts.reason,
    facts.group_gap_key
from {{ ref('fct_group_gap') }} as facts
left join {{ ref('dim_measure') }} as measures on facts.measure_code = measures.measure_code
left join {{ ref('dim_location') }} as locations on facts.location_key = locations.location_key
left join {{ ref('dim_period') }} as periods on facts.period_code = periods.period_code
left join {{ ref('dim_category') }} as categories
    on facts.characteristic_code = categories.characteristic_code and facts.category_code = categories.category_code
