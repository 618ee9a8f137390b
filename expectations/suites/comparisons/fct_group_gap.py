"""Expectations of marts.fct_group_gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import (
    all_known,
    every_row,
    in_order,
    judged,
    no_rows,
    one_row_per,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_group_gap"

REFERENCES = {
    "department_code": "marts.dim_department",
    "return_code": "marts.dim_return",
    "measure_code": "marts.dim_measure",
    "location_key": "marts.dim_location",
    "period_code": "marts.dim_period",
    "service_line": "marts.dim_service_line",
}

_GROUP = ("measure_code", "location_key", "period_code", "held_group_code", "characteristic_code", "category_code")
_ABSOLUTE = ("absolute_gap_lower_95", "absolute_gap", "absolute_gap_upper_95")
_RELATIVE = ("relative_gap_lower_95", "relative_gap", "relative_gap_upper_95")


def suite() -> ExpectationSuite:
    """One row per group at a location in a period, compared with its reference group."""
    follows = judged("absolute_gap_lower_95", "absolute_gap_upper_95", "0")
    return specification(
        MART,
        one_row_per("group_gap_key"),
        all_known(REFERENCES),
        no_rows(
            "groups_are_named",
            "A group and its reference group are categories of marts.dim_category; Total is all people.",
            """FROM (
                   SELECT dimension, characteristic_code, category_code FROM mart UNION
                   SELECT dimension, characteristic_code, reference_category_code FROM mart
                   WHERE reference_category_code <> 'Total')
               ANTI JOIN marts.dim_category USING (dimension, characteristic_code, category_code)""",
        ),
        every_row(
            "a_gap_is_group_less_reference",
            "A gap is the group's value minus that of its reference, or divided by it; the reference group has no gap.",
            """is_reference = (category_code = reference_category_code) AND CASE
                   WHEN is_reference THEN absolute_gap IS NULL AND relative_gap IS NULL
                   ELSE absolute_gap IS NOT DISTINCT FROM value - reference_value
                    AND coalesce(abs(relative_gap * reference_value - value) <= 1e-9 * (1 + abs(value)), true)
               END""",
            shows=(*_GROUP, "reference_category_code", "value", "reference_value", "absolute_gap", "relative_gap"),
        ),
        no_rows(
            "a_comparison_follows_from_the_limits",
            "A gap is within its limits; better and worse (higher and lower) are groups whose limits exclude zero.",
            f"""SELECT {", ".join((*_GROUP, *_ABSOLUTE, *_RELATIVE))}, polarity, comparison
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE comparison IS DISTINCT FROM {follows}
                   OR NOT ({in_order(*_ABSOLUTE)} AND {in_order(*_RELATIVE)})""",
        ),
        every_row(
            "a_missing_gap_says_why",
            "A group without a gap or its limits has a reason, unless it is the reference group.",
            "is_reference OR (absolute_gap IS NOT NULL AND absolute_gap_lower_95 IS NOT NULL) OR trim(reason) <> ''",
            shows=(*_GROUP, "value", "reference_value", *_ABSOLUTE, "reason"),
        ),
    )
