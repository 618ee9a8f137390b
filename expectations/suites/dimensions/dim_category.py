"""Expectations of marts.dim_category."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import no_rows, one_row_per, specification
from orchestration.foundation.sql import literals

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_category"

DIMENSIONS = (
    "deprivation",
    "ethnicity",
    "sex",
    "age",
    "disability",
    "disadvantage",
    "region",
    "rurality",
    "other",
)


def suite() -> ExpectationSuite:
    """One row per category of a characteristic."""
    return specification(
        MART,
        one_row_per("characteristic_code", "category_code"),
        no_rows(
            "a_characteristic_is_one_thing",
            "A characteristic has one name and one dimension of the list, and is either ordered or not.",
            f"""SELECT characteristic_code FROM mart GROUP BY characteristic_code
               HAVING count(DISTINCT characteristic_name) <> 1 OR count(DISTINCT dimension) > 1
                   OR bool_or(is_ordered) <> bool_and(is_ordered)
                   OR bool_or(dimension NOT IN ({literals(DIMENSIONS)}))""",
        ),
    )
