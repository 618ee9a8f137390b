"""Expectations of marts.bridge_population_group_member."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import no_rows, one_row_per, refers_to, says_something, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.bridge_population_group_member"


def suite() -> ExpectationSuite:
    """One row per population group and characteristic."""
    return specification(
        MART,
        one_row_per("population_group_code", "characteristic_code"),
        refers_to("population_group_code", "marts.dim_population_group"),
        says_something("category_code"),
        says_something("characteristic_name"),
        says_something("category_name"),
        no_rows(
            "members_stand_in_order",
            "`member_number` counts a group's members from one, in order of their characteristic.",
            """SELECT population_group_code, characteristic_code, member_number FROM mart
               QUALIFY member_number <> row_number() OVER (
                   PARTITION BY population_group_code ORDER BY characteristic_code, member_number)""",
        ),
        no_rows(
            "a_code_has_one_name",
            "A characteristic or category has the same label everywhere.",
            """SELECT characteristic_code, category_code FROM mart
               GROUP BY characteristic_code, category_code
               HAVING count(DISTINCT characteristic_name) > 1 OR count(DISTINCT category_name) > 1""",
        ),
    )
