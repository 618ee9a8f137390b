"""Expectations of analysis.observations, the view that people read, and of its changes since the previous release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.previous_release import Before
from expectations.vocabulary import (
    FOREVER,
    never_missing,
    no_rows,
    one_row_per,
    rows_at_least,
    specification,
)
from orchestration.foundation.sql import literals
from orchestration.warehouse.changes.change_list import NATURAL_KEY

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

MART = "analysis.observations"


def suite(before: Before | None) -> ExpectationSuite:
    """One row per cell as it is known now, codes and names joined.

    `before` has facts of the current release; without it, nothing is compared with them.
    """
    return specification(MART, *_within(), *(_against(before) if before else ()))


def _within() -> tuple[Expectation, ...]:
    return (
        rows_at_least(1, "there_are_observations", "A release without a single number is none."),
        one_row_per(*NATURAL_KEY, rule="one_row_per_cell"),
        no_rows(
            "joining_names_loses_and_doubles_nothing",
            "The flat view has as many rows as the fact has current versions.",
            f"""SELECT shown, in_force FROM (SELECT count(*) AS shown FROM mart),
                       (SELECT count(*) AS in_force FROM marts.fct_observation WHERE known_to = {FOREVER})
                WHERE shown <> in_force""",
        ),
        never_missing("department_code"),
        no_rows(
            "every_return_with_a_file_in_force_is_read",
            "A return with an accepted submission that was not withdrawn has figures.",
            """SELECT return_code, count(*) AS accepted_count FROM marts.dim_submission
               WHERE submission_status = 'accepted' AND observation_count > 0
                 AND return_code NOT IN (SELECT return_code FROM mart)
               GROUP BY ALL""",
        ),
    )


def _against(before: Before) -> tuple[Expectation, ...]:
    return (
        no_rows(
            "every_department_is_still_there",
            "A department in the previous release is in this one, unless all its submissions were withdrawn.",
            f"""SELECT department_code
                FROM (SELECT unnest([{literals(before.departments)}]::VARCHAR[]) AS department_code)
                WHERE department_code NOT IN (SELECT department_code FROM mart)
                  AND department_code NOT IN (
                      SELECT department_code FROM marts.dim_submission WHERE outcome = 'accepted'
                      GROUP BY department_code HAVING bool_and(withdrawn_at IS NOT NULL))""",
        ),
        rows_at_least(
            _share(before.observation_count, 0.9),
            "rows_hold_their_number",
            "There are at least 90% as many rows as in the previous release.",
            severity="warning",
        ),
        rows_at_least(
            _share(before.observation_count, 0.5),
            "rows_are_not_halved",
            "There are at least half as many rows as in the previous release.",
        ),
    )


def _share(count: int, share: float) -> int:
    return int(count * share)
