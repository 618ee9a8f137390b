select
    problems.submission_key,
    problems.problem_number,
    returns.department_code,
    problems.return_code,
    problems.stage,
    problems.rule,
    problems.severity,
    problems.file_name,
    problems.sheet,
    problems.source_row,
    problems.column_name,
    problems.found_value,
    problems.occurrence_count,
    problems.message,
    problems.remedy
from {{ ref('stg_screening_problems') }} as problems
left join {{ ref('stg_returns') }} as returns on problems.return_code = returns.return_code
