"""Expectations of marts.fct_revision_summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import all_known, every_row, in_order, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_revision_summary"

_SUMMARY = ("summary_level", "department_code", "return_code", "measure_code")
_LIMITED = ("mean_revision", "mean_revision_pct")


def suite() -> ExpectationSuite:
    """One row per measure, return or department with figures that were reported more than once."""
    return specification(
        MART,
        one_row_per("revision_summary_key"),
        all_known(
            {
                "department_code": "marts.dim_department",
                "return_code": "marts.dim_return",
                "measure_code": "marts.dim_measure",
            }
        ),
        every_row(
            "a_summary_is_of_its_level",
            "There are summaries of measures, returns and departments, each with the codes above it.",
            """summary_level IN ('measure', 'return', 'department')
               AND (measure_code IS NOT NULL) = (summary_level = 'measure')
               AND (return_code IS NULL) = (summary_level = 'department')""",
            shows=_SUMMARY,
        ),
        every_row(
            "no_more_are_revised_than_there_are",
            "Raised and lowered cells are revised cells, and these are cells reported more than once.",
            "upward_count + downward_count <= revised_count AND revised_count <= cell_count",
            shows=(*_SUMMARY, "cell_count", "revised_count", "upward_count", "downward_count"),
        ),
        every_row(
            "a_bias_follows_from_the_limits",
            "Mean revisions are within their limits; they are biased if the limits in percent exclude zero.",
            " AND ".join(in_order(f"{column}_lower_95", column, f"{column}_upper_95") for column in _LIMITED)
            + """ AND revision_bias IS NOT DISTINCT FROM CASE
                   WHEN mean_revision_pct_lower_95 > 0 THEN 'upwards'
                   WHEN mean_revision_pct_upper_95 < 0 THEN 'downwards'
                   WHEN mean_revision_pct_lower_95 IS NOT NULL THEN 'none' END""",
            shows=(*_SUMMARY, *(f"{column}{end}" for column in _LIMITED for end in ("_lower_95", "", "_upper_95"))),
        ),
    )
