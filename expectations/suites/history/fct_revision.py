"""Expectations of marts.fct_revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import FOREVER, every_row, no_rows, one_of, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_revision"


def suite() -> ExpectationSuite:
    """One row per cell that changed after it was first published."""
    return specification(
        MART,
        one_row_per("observation_key"),
        one_of("kind", ("withdrawn", "revised", "filled in", "emptied", "status changed", "reinstated")),
        every_row(
            "a_withdrawn_cell_says_when",
            "A withdrawn cell, and no other, has a withdrawal time.",
            "(kind = 'withdrawn') = (withdrawn_at IS NOT NULL)",
            shows=("observation_key", "kind", "withdrawn_at"),
        ),
        every_row(
            "knowledge_runs_forwards",
            "The first version was known before the latest.",
            """coalesce(first_known_from <= previous_known_from, true)
               AND coalesce(previous_known_from <= latest_known_from, true)""",
            shows=("observation_key", "first_known_from", "previous_known_from", "latest_known_from"),
        ),
        every_row(
            "revision_is_latest_less_first",
            "`revision` is the latest value less the first.",
            "revision IS NOT DISTINCT FROM latest_value - first_value",
            shows=("observation_key", "first_value", "latest_value", "revision"),
        ),
        no_rows(
            "every_changed_cell_is_told",
            "Every cell with a second version, or without a current one, is here.",
            f"""SELECT coalesce(cells.observation_key, changed.observation_key) AS observation_key,
                       cells.version_count AS versions, changed.version_count AS versions_recorded
                FROM (SELECT observation_key, count(*) AS version_count FROM marts.fct_observation
                      GROUP BY observation_key HAVING count(*) > 1 OR max(known_to) < {FOREVER}) AS cells
                FULL JOIN mart AS changed USING (observation_key)
                WHERE cells.version_count IS DISTINCT FROM changed.version_count""",
        ),
    )
