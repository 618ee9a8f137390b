select
    measure_code,
    is_money,
    outcome_measure_code,
    outcome_service_line,
    outcome_group_code,
    outcome_period_rule,
    quality_measure_code,
    price_base_code
from {{ source('landing', 'unit_costs') }}
