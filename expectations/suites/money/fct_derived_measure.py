"""Expectations of marts.fct_derived_measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import all_known, every_row, no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_derived_measure"

_CELL = ("measure_code", "location_key", "period_code", "population_group_code", "service_line")


def suite() -> ExpectationSuite:
    """One row per cell of a derived measure."""
    return specification(
        MART,
        one_row_per("observation_key"),
        all_known(fct_estimate.REFERENCES),
        no_rows(
            "a_value_is_numerator_over_denominator",
            "A value is factor × numerator / denominator, rounded to within half its rounding step.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _CELL)}, numerator, denominator, value, rounded_to
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE value IS NOT NULL
                  AND (abs(value - multiplier * numerator / coalesce(denominator, 1))
                       <= coalesce(rounded_to, 0) / 2 + 1e-9 * (1 + abs(value))) IS NOT TRUE""",
        ),
        every_row(
            "a_missing_value_says_why",
            "A cell has a value, or a status and the missing component in words.",
            "value IS NOT NULL OR (value_status <> '' AND trim(reason) <> '')",
            shows=(*_CELL, "numerator", "denominator", "value", "value_status", "reason"),
        ),
        no_rows(
            "a_derived_measure_has_components",
            "Every measure here has its components in marts.bridge_measure_component.",
            """SELECT DISTINCT measure_code FROM mart
               WHERE measure_code NOT IN (SELECT measure_code FROM marts.bridge_measure_component)""",
        ),
    )
