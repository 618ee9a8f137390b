select
    measure_code,
    component_number,
    component_name,
    side,
    weight,
    component_measure_code,
    figure,
    period_rule,
    service_lines,
    left_out_service_lines,
    row_service_lines,
    summed_characteristics,
    summed_categories,
    pin_months,
    pin_days,
    is_lead
from {{ source('landing', 'derived_components') }}
