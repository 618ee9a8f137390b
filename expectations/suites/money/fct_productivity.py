"""Expectations of marts.fct_productivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import all_known, every_row, no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_productivity"

_SERIES = ("measure_code", "location_key", "population_group_code", "service_line")
_INDICES = ("output_index", "input_index", "productivity_index", "quality_index", "quality_adjusted_productivity_index")


def suite() -> ExpectationSuite:
    """One row per series of a unit cost and period of it."""
    series = ", ".join(_SERIES)
    return specification(
        MART,
        one_row_per("productivity_key"),
        all_known({**fct_estimate.REFERENCES, "previous_period_code": "marts.dim_period"}),
        no_rows(
            "a_series_starts_at_one",
            "Indices are 1 in the first period of a series, without growth, and never negative.",
            f"""SELECT {series}, period_code, {", ".join(_INDICES)}
                FROM mart
                WHERE (previous_period_code IS NULL AND (
                        coalesce(output_index, 1) <> 1 OR coalesce(input_index, 1) <> 1
                        OR output_growth_pct IS NOT NULL OR productivity_growth_pct IS NOT NULL))
                   OR least({", ".join(_INDICES)}) < 0""",
        ),
        every_row(
            "productivity_is_output_over_input",
            "Productivity is the index of output divided by that of input, multiplied by quality if adjusted.",
            """coalesce(abs(productivity_index * input_index - output_index) <= 1e-9 * (1 + output_index), true)
               AND coalesce(abs(quality_adjusted_productivity_index - productivity_index * quality_index)
                            <= 1e-9 * (1 + productivity_index), true)""",
            shows=(*_SERIES, "period_code", *_INDICES),
        ),
        no_rows(
            "contributions_add_up_to_growth",
            "The contributions of service lines add up to the growth of output.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _SERIES)}, mart.period_code, output_growth_pct, points
                FROM mart JOIN (
                    SELECT measure_code, location_key, population_group_code, period_code, previous_period_code,
                           sum(growth_contribution_points) AS points
                    FROM mart WHERE service_line <> 'Total' GROUP BY ALL
                ) USING (measure_code, location_key, population_group_code, period_code, previous_period_code)
                WHERE mart.service_line = 'Total' AND line_count > 1
                  AND abs(points - output_growth_pct) > 1e-6 * (1 + abs(points))""",
        ),
    )
