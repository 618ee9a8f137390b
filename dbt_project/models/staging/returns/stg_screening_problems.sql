select
    submission_key,
    return_code,
    problem_number,
    stage,
    rule,
    severity,
    file_name,
    sheet,
    source_row,
    column_name,
    value as found_value,
    occurrence_count,
    message,
    remedy
from {{ source('landing', 'screening') }}
