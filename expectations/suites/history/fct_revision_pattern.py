"""Expectations of marts.fct_revision_pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import all_known, every_row, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_revision_pattern"

_REFERENCES = {column: mart for column, mart in fct_estimate.REFERENCES.items() if column != "period_code"}


def suite() -> ExpectationSuite:
    """One row per series that one submission revised by a constant factor."""
    return specification(
        MART,
        one_row_per("revision_pattern_key"),
        all_known({**_REFERENCES, "submission_key": "marts.dim_submission"}),
        every_row(
            "a_factor_is_one_and_the_same",
            "At least three periods changed, nearly all of the series, by factors that differ by 5% at most.",
            """changed_period_count BETWEEN 3 AND period_count AND abs(factor - 1) > 0.05
               AND factor BETWEEN lowest_factor AND highest_factor AND highest_factor <= 1.05 * lowest_factor + 1e-9
               AND pattern IN ('probable change of denominator', 'probable change of unit')""",
            shows=("measure_code", "location_key", "submission_key", "factor", "lowest_factor", "highest_factor"),
        ),
    )
