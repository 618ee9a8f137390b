"""What is expected of marts.dim_unit_cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_unit_cost"

_NAMED = (
    "measure_code",
    "cost_measure_code",
    "output_measure_code",
    "outcome_measure_code",
    "quality_measure_code",
)


def suite() -> ExpectationSuite:
    """One row per unit cost."""
    named = " UNION ALL ".join(f"SELECT '{column}' AS column_name, {column} AS code FROM mart" for column in _NAMED)
    return specification(
        MART,
        one_row_per("measure_code"),
        no_rows(
            "measures_are_known",
            "Cost, output, outcome and quality are measures of marts.dim_measure.",
            f"FROM ({named}) WHERE code IS NOT NULL AND code NOT IN (SELECT measure_code FROM marts.dim_measure)",
        ),
        every_row(
            "a_unit_cost_is_a_cost_over_an_output",
            "Every unit cost says what is spent and what is got for it.",
            """is_money IS NOT NULL AND output_figure IN ('value', 'numerator', 'denominator')
               AND cost_measure_code IS NOT NULL AND output_measure_code IS NOT NULL""",
        ),
    )
