"""Expectations of marts.dim_standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_standard"


def suite() -> ExpectationSuite:
    """One row per standard: its threshold, dates and source."""
    return specification(
        MART,
        one_row_per("standard_code"),
        refers_to("measure_code", "marts.dim_measure"),
        every_row(
            "a_standard_is_a_floor_or_a_ceiling",
            "A minimum or target has either at_least or at_most.",
            "standard_kind IN ('minimum', 'target') AND (at_least IS NULL) <> (at_most IS NULL)",
            shows=("standard_code", "standard_kind", "at_least", "at_most"),
        ),
        every_row(
            "a_standard_says_who_set_it_and_since_when",
            "A standard has its law or document, and begins no later than it ends.",
            "trim(legal_source) <> '' AND valid_from <= coalesce(valid_to, valid_from)",
            shows=("standard_code", "legal_source", "valid_from", "valid_to"),
        ),
    )
