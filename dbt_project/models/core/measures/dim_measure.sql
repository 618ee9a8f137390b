select
    measure_code,
    measure_name,
    return_code,
    department_code,
    domain,
    unit,
    value_type,
    polarity,
    multiplier,
    aggregation,
    rounded_to,
    minimum_coverage,
    definition,
    definition_source,
    valid_from,
    valid_to
from {{ ref('stg_measures') }}
