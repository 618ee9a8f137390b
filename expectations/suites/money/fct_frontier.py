"""Expectations of marts.fct_frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import all_known, every_row, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_frontier"

_UNIT = ("frontier_code", "location_key", "period_code")


def suite() -> ExpectationSuite:
    """One row per location of a frontier in a period."""
    return specification(
        MART,
        one_row_per("frontier_key"),
        all_known(
            {
                "department_code": "marts.dim_department",
                "location_key": "marts.dim_location",
                "period_code": "marts.dim_period",
            }
        ),
        refers_to("hull_peer_location_key", "marts.dim_location", "location_key"),
        every_row(
            "scores_lie_on_their_side_of_one",
            "No location is beyond the frontier, and combinations of others do at least as well as single ones.",
            """coalesce(constant_returns_efficiency <= variable_returns_efficiency + 1e-6, true)
               AND coalesce(variable_returns_efficiency <= hull_input_efficiency + 1e-6, true)
               AND coalesce(hull_input_efficiency <= 1 + 1e-6, true)
               AND coalesce(variable_returns_output_efficiency >= hull_output_efficiency - 1e-6, true)
               AND coalesce(hull_output_efficiency >= 1 - 1e-6, true)""",
            shows=(*_UNIT, "hull_input_efficiency", "variable_returns_efficiency", "constant_returns_efficiency"),
        ),
        every_row(
            "who_is_efficient_is_on_the_frontier",
            "A location is efficient if no combination does better, and of optimal scale if its scale efficiency is 1.",
            """is_efficient IS NOT DISTINCT FROM variable_returns_efficiency > 1 - 1e-6
               AND (returns_to_scale = 'constant') IS NOT DISTINCT FROM scale_efficiency > 1 - 1e-6
               AND coalesce(returns_to_scale IN ('constant', 'increasing', 'decreasing'), true)""",
            shows=(*_UNIT, "variable_returns_efficiency", "scale_efficiency", "returns_to_scale", "is_efficient"),
        ),
    )
