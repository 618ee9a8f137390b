"""Expectations of marts.bridge_location_successor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.bridge_location_successor"


def suite() -> ExpectationSuite:
    """One row per abolished location and successor."""
    return specification(
        MART,
        one_row_per("location_key", "successor_location_key"),
        refers_to("location_key", "marts.dim_location"),
        refers_to("successor_location_key", "marts.dim_location", "location_key"),
        every_row(
            "nothing_succeeds_itself",
            "A location is never its own successor.",
            "location_key <> successor_location_key",
        ),
        no_rows(
            "successor_count_counts_successors",
            "`successor_count` is the number of rows of that location.",
            """SELECT location_key, min(successor_count) AS successor_count, count(*) AS row_count
               FROM mart GROUP BY location_key
               HAVING min(successor_count) <> count(*) OR max(successor_count) <> count(*)""",
        ),
    )
