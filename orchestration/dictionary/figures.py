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
"""SQL for each figure that the warehouse made; counts and sums of money that were derived are no estimates."""

FIGURES = f"(SELECT {_NAMED_BY} FROM analysis.observations UNION ALL SELECT {_NAMED_BY} FROM {MADE})"
"""SQL for what names each figure of a release: all that were sent, and all that the warehouse made of them."""
