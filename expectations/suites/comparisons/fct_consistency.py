"""Expectations of marts.fct_consistency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import all_known, every_row, in_order, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_consistency"

_QUARTILES = ("lowest_value", "lower_quartile", "median_value", "upper_quartile", "highest_value")
_SHOWN = ("measure_code", "location_key", "unit_level", "period_code", "population_group_code", "service_line")


def suite() -> ExpectationSuite:
    """One row per location and level of units within it: the spread of these units."""
    return specification(
        MART,
        one_row_per("consistency_key"),
        all_known(fct_estimate.REFERENCES),
        every_row(
            "units_spread_in_order",
            "There are at least three units, none both better and worse, and quartiles are in order.",
            f"""unit_count >= 3 AND worse_unit_count + better_unit_count <= unit_count AND {in_order(*_QUARTILES)}
                AND abs(upper_quartile - lower_quartile - interquartile_range) <= 1e-9 * (1 + interquartile_range)""",
            shows=(*_SHOWN, "unit_count", "worse_unit_count", "better_unit_count", *_QUARTILES, "interquartile_range"),
        ),
    )
