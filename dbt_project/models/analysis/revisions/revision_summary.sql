select
    facts.summary_level,
    facts.department_code,
    facts.return_code,
    facts.measure_code,
    measures.measure_name,
    measures.unit,
    facts.cell_count,
    facts.revised_count,
    facts.upward_count,
    facts.downward_count,
    facts.mean_revision,
    facts.mean_revision_lower_95,
    facts.mean_revision_upper_95,
    facts.mean_absolute_revision,
    facts.mean_revision_pct,
    facts.mean_revision_pct_lower_95,
    facts.mean_revision_pct_upper_95,
    facts.mean_absolute_revision_pct,
    facts.revision_bias,
    facts.revision_summary_key
from {{ ref('fct_revision_summary') }} as facts
{{ join_dimensions('facts', ['measures']) }}
