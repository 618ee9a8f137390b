select
    problems.department_code,
    departments.department_name,
    problems.return_code,
    returns.return_name,
    problems.submission_key,
    submissions.received_at,
    submissions.submission_status,
    submissions.outcome,
    problems.problem_number,
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
from {{ ref('fct_screening') }} as problems
{{ join_dimensions('problems', ['submissions', 'returns', 'departments']) }}
