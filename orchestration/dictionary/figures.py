"""SQL for every figure of a release: those that were sent, and those that the warehouse calculated.

Contains the relations that the dictionary counts and that a trace searches. Not here: the search
(`orchestration.warehouse.trace`).
"""

_NAMED_BY = (
    "measure_code, location_code, location_level, period_code, period_start, period_end, characteristic, category, "
    "service_line"
)
MADE = (
    "(SELECT * FROM analysis.estimates WHERE origin <> 'sent' UNION ALL BY NAME "
    "SELECT *, 'derived' AS origin FROM analysis.derived_measures "
    "WHERE measure_code NOT IN (SELECT measure_code FROM analysis.estimates))"
)
"""SQL for each calculated figure; derived counts and sums of money are not among the estimates."""

FIGURES = f"(SELECT {_NAMED_BY} FROM analysis.observations UNION ALL SELECT {_NAMED_BY} FROM {MADE})"
"""SQL for the dimensions of each figure of a release, sent or calculated."""
