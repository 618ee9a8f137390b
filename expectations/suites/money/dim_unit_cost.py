"""Expectations of marts.dim_unit_cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_unit_cost"


def suite() -> ExpectationSuite:
    """One row per unit cost."""
    return specification(
        MART,
        one_row_per("measure_code"),
        refers_to("measure_code", "marts.dim_measure"),
        every_row(
            "a_unit_cost_is_a_cost_over_an_output",
            "Every unit cost has an input and an output.",
            """is_money IS NOT NULL AND output_figure IN ('value', 'numerator', 'denominator')
               AND cost_measure_code IS NOT NULL AND output_measure_code IS NOT NULL""",
        ),
    )
