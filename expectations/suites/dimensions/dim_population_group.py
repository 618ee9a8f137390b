"""Expectations of marts.dim_population_group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, says_something, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_population_group"


def suite() -> ExpectationSuite:
    """One row per set of (characteristic, category) pairs; all people are the empty set, `Total`."""
    return specification(
        MART,
        one_row_per("population_group_code"),
        # Two groups shown alike would double the natural key of the flat views.
        one_row_per("characteristic", "category"),
        no_rows(
            "everybody_is_a_group",
            "The group `Total` exists and is labelled Total.",
            """SELECT count(*) AS row_count FROM mart
               WHERE population_group_code = 'Total' AND characteristic = 'Total' AND category = 'Total'
               HAVING count(*) <> 1""",
        ),
        says_something("characteristic"),
        says_something("category"),
        no_rows(
            "its_code_is_its_members",
            "The code of a group is its pairs in order, such as age=0_to_4;sex=male, and member_count is their number.",
            """SELECT groups.population_group_code, members.code AS members_code, member_count
               FROM mart AS groups LEFT JOIN (
                   SELECT population_group_code, count(*) AS pairs,
                          string_agg(
                              characteristic_code || '=' || category_code, ';' ORDER BY member_number) AS code
                   FROM marts.bridge_population_group_member GROUP BY population_group_code
               ) AS members USING (population_group_code)
               WHERE groups.population_group_code <> coalesce(members.code, 'Total')
                  OR member_count <> coalesce(members.pairs, 0)""",
        ),
        every_row(
            "a_group_shows_as_many_names_as_members",
            "`characteristic` and `category` join one name a member.",
            """member_count = 0
               OR (len(string_split(characteristic, ' × ')) = member_count
                   AND len(string_split(category, ' × ')) = member_count)""",
            shows=("population_group_code", "characteristic", "category", "member_count"),
            severity="warning",
        ),
    )
