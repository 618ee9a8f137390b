select
    standard_code,
    any_value(standard_name) as standard_name,
    any_value(measure_code) as measure_code,
    any_value(standard_kind) as standard_kind,
    any_value(at_least) as at_least,
    any_value(at_most) as at_most,
    any_value(service_line) as service_line,
    any_value(valid_from) as valid_from,
    any_value(valid_to) as valid_to,
    any_value(legal_source) as legal_source
from {{ ref('stg_standards') }}
group by standard_code
