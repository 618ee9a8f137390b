"""Expectations of marts.bridge_location_territory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.bridge_location_territory"

_GENERATION = ("territory_code", "tier", "generation_number")


def suite() -> ExpectationSuite:
    """One row per location in a boundary set of a territory."""
    generation = ", ".join(_GENERATION)
    return specification(
        MART,
        one_row_per(*_GENERATION, "location_key", rule="one_row_per_place_of_a_generation"),
        refers_to("location_key", "marts.dim_location"),
        refers_to("territory_location_key", "marts.dim_location", "location_key"),
        no_rows(
            "a_generation_has_as_many_places_as_it_says",
            "Each boundary set lists all its locations, and a location is in one territory only.",
            f"""SELECT {generation}, any_value(member_count) AS member_count, count(*) AS row_count
                FROM mart GROUP BY {generation} HAVING count(*) <> max(member_count)
                UNION ALL BY NAME
                SELECT location_key AS territory_code, count(DISTINCT territory_code) AS row_count
                FROM mart GROUP BY location_key HAVING count(DISTINCT territory_code) > 1""",
        ),
        every_row(
            "a_generation_runs_forwards",
            "A boundary set begins before it ends.",
            "tier IN ('upper', 'lower') AND coalesce(valid_from <= valid_to, true)",
            shows=(*_GENERATION, "valid_from", "valid_to"),
        ),
    )
