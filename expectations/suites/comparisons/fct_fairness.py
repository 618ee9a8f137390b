"""Expectations of marts.fct_fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_group_gap
from expectations.vocabulary import (
    all_known,
    every_row,
    in_order,
    no_rows,
    one_row_per,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_fairness"

_SPLIT = ("measure_code", "location_key", "period_code", "held_group_code", "characteristic_code", "service_line")
_LIMITED = ("absolute_gap", "relative_gap", "slope_index", "relative_index", "between_group_variance", "gap_change")


def suite() -> ExpectationSuite:
    """One row per breakdown at a location in a period: all its groups together."""
    return specification(
        MART,
        one_row_per("fairness_key"),
        all_known({**fct_group_gap.REFERENCES, "previous_period_code": "marts.dim_period"}),
        no_rows(
            "both_extremes_are_named",
            "The best and worst groups are categories of marts.dim_category, and every gap has both.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _SPLIT)}, better_category_code, worse_category_code
                FROM mart
                LEFT JOIN marts.dim_category AS betters ON better_category_code = betters.category_code
                    AND mart.characteristic_code = betters.characteristic_code AND mart.dimension = betters.dimension
                LEFT JOIN marts.dim_category AS worses ON worse_category_code = worses.category_code
                    AND mart.characteristic_code = worses.characteristic_code AND mart.dimension = worses.dimension
                WHERE mart.better_category_code IS DISTINCT FROM betters.category_code
                   OR mart.worse_category_code IS DISTINCT FROM worses.category_code
                   OR (absolute_gap IS NOT NULL AND (better_category_code IS NULL OR worse_category_code IS NULL))""",
        ),
        every_row(
            "limits_hold_what_they_are_of",
            "Gaps, indices, variance and change are within their 95% limits.",
            " AND ".join(in_order(f"{column}_lower_95", column, f"{column}_upper_95") for column in _LIMITED),
            shows=(*_SPLIT, *(f"{column}{end}" for column in _LIMITED for end in ("_lower_95", "", "_upper_95"))),
        ),
        every_row(
            "a_missing_gap_says_why",
            "A breakdown has the source of its weights and a count of missing groups; without a gap, a reason.",
            """coalesce(weights_source IN ('denominators', 'equal shares'), true)
               AND (absolute_gap IS NOT NULL OR trim(reason) <> '' OR missing_count > 0)
               AND missing_count BETWEEN 0 AND group_count""",
            shows=(*_SPLIT, "group_count", "missing_count", "weights_source", "absolute_gap", "reason"),
        ),
        every_row(
            "a_gap_narrows_or_widens_beyond_chance",
            "The change is that of the size of the gap; it narrows or widens if its limits exclude zero.",
            """coalesce(abs(abs(absolute_gap) - abs(previous_absolute_gap) - gap_change)
                        <= 1e-9 * (1 + abs(gap_change)), gap_change IS NULL)
               AND gap_direction IS NOT DISTINCT FROM CASE
                   WHEN gap_change_lower_95 IS NULL THEN NULL
                   WHEN gap_change_upper_95 < 0 THEN 'narrows'
                   WHEN gap_change_lower_95 > 0 THEN 'widens'
                   ELSE 'no clear change' END""",
            shows=(*_SPLIT, "absolute_gap", "previous_absolute_gap", "gap_change", "gap_direction"),
        ),
    )
