"""Expectations of marts.fct_standard_attainment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_standard_attainment"

_KEY = ("standard_code", "location_level", "period_code", "service_line")
_SAME = (
    "department_code",
    "return_code",
    "measure_code",
    "standard_threshold",
    "place_count",
    "met_count",
    "not_met_count",
)


def suite() -> ExpectationSuite:
    """One row per standard, level of location, period and service line: how many locations meet it."""
    return specification(
        MART,
        one_row_per(*_KEY, rule="one_row_per_standard_and_where_it_applies"),
        every_row(
            "people_where_it_is_met_and_where_not_are_all_people",
            "People add up from locations that meet the standard and those that do not, where residents are known.",
            """coalesce(abs(
                   people_count - coalesce(people_where_met_count, 0) - coalesce(people_where_not_met_count, 0)
               ) < 0.001, true) AND (people_count IS NULL) = (place_without_people_count = place_count)""",
        ),
        no_rows(
            "places_are_those_judged",
            "Locations that meet a standard, and those that do not, are exactly those of marts.fct_standard.",
            f"""SELECT {", ".join(_KEY)}, mart.place_count, judged.place_count AS judged_count
                FROM mart FULL JOIN (
                    SELECT department_code, return_code, measure_code, standard_code, standard_threshold,
                           split_part(location_key, ':', 1) AS location_level, period_code, service_line,
                           count(*) AS place_count,
                           count(*) FILTER (is_standard_met) AS met_count,
                           count(*) FILTER (NOT is_standard_met) AS not_met_count
                    FROM marts.fct_standard WHERE standard_code IS NOT NULL GROUP BY ALL
                ) AS judged USING ({", ".join(_KEY)})
                WHERE {" OR ".join(f"mart.{column} IS DISTINCT FROM judged.{column}" for column in _SAME)}""",
        ),
    )
