"""Expectations of marts.dim_submission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.previous_release import Before
from expectations.vocabulary import (
    every_row,
    never_missing,
    no_rows,
    one_of,
    one_row_per,
    refers_to,
    specification,
)
from orchestration.foundation.sql import literals

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

MART = "marts.dim_submission"

_COUNTS = (
    "row_count",
    "cell_count",
    "observation_count",
    "value_count",
    "collapsed_count",
    "filtered_count",
    "unreadable_period_count",
    "error_count",
    "warning_count",
)
_SHOWN = ("submission_key", "outcome", *_COUNTS)


def suite(before: Before | None) -> ExpectationSuite:
    """One row per arrival of a file, whatever its outcome.

    `before` has facts of the current release; without it, nothing is compared with them.
    """
    return specification(
        MART,
        one_row_per("submission_key"),
        every_row(
            "submission_key_begins_with_its_return",
            "The key of a submission begins with its return.",
            "starts_with(submission_key, return_code || '.')",
            shows=("submission_key", "return_code"),
        ),
        refers_to("return_code", "marts.dim_return"),
        refers_to("department_code", "marts.dim_department"),
        every_row(
            "sha256_has_its_form",
            "A file has a sha256, unless it was rejected as too large.",
            "CASE WHEN sha256 IS NULL THEN outcome = 'refused' ELSE regexp_full_match(sha256, '[0-9a-f]{64}') END",
            shows=("submission_key", "outcome", "sha256"),
        ),
        never_missing("received_at"),
        one_of("outcome", ("accepted", "refused", "repeat")),
        every_row(
            "submission_status_follows_from_its_outcome",
            "The status of a withdrawn submission is withdrawn; of any other it is the outcome of screening.",
            "submission_status = CASE WHEN withdrawn_at IS NULL THEN outcome ELSE 'withdrawn' END",
            shows=("submission_key", "outcome", "withdrawn_at", "submission_status"),
        ),
        every_row(
            "a_withdrawal_says_why",
            "A withdrawal has a reason.",
            "withdrawn_at IS NULL OR trim(withdrawal_reason) <> ''",
            shows=("submission_key", "withdrawn_at", "withdrawal_reason"),
        ),
        every_row(
            "a_withdrawal_follows_its_submission",
            "A submission is withdrawn after it was received.",
            "withdrawn_at IS NULL OR withdrawn_at >= received_at",
            shows=("submission_key", "received_at", "withdrawn_at"),
        ),
        every_row(
            "counts_are_never_negative",
            "Counts of rows, cells and problems are never negative.",
            f"least({', '.join(_COUNTS)}) >= 0",
            shows=_SHOWN,
        ),
        every_row(
            "every_cell_is_accounted_for",
            "Cells = observations + collapsed duplicates + filtered out + unreadable periods.",
            """outcome <> 'accepted' OR
               cell_count = observation_count + collapsed_count + filtered_count + unreadable_period_count""",
            shows=_SHOWN,
        ),
        every_row(
            "values_are_among_the_observations",
            "No more observations have a value than there are observations.",
            "outcome <> 'accepted' OR value_count <= observation_count",
            shows=_SHOWN,
        ),
        every_row(
            "an_accepted_file_has_no_errors",
            "A submission with an error is refused.",
            "outcome <> 'accepted' OR error_count = 0",
            shows=_SHOWN,
        ),
        no_rows(
            "a_refusal_names_its_errors",
            "A refused file has an error in marts.fct_screening that the sender can act on.",
            """SELECT submission_key, return_code FROM mart
               WHERE outcome = 'refused' AND submission_key NOT IN (
                   SELECT submission_key FROM marts.fct_screening WHERE severity = 'error')""",
        ),
        every_row(
            "late_means_after_the_due_date",
            "A submission is late only if it was received after its due date.",
            "is_late IS NOT TRUE OR received_at::DATE > due_date",
            shows=("submission_key", "received_at", "due_date", "is_late"),
        ),
        no_rows(
            "no_file_brings_more_than_its_receipt_says",
            "A submission has no more cells than its number of observations.",
            """SELECT submission_key, observation_count, brought_count
               FROM (SELECT submission_key, count(DISTINCT observation_key) AS brought_count
                     FROM marts.fct_observation GROUP BY ALL)
               JOIN mart USING (submission_key)
               WHERE brought_count > observation_count""",
        ),
        no_rows(
            "the_first_file_of_a_return_is_there_whole",
            "Every observation of the first accepted submission of a return is a first version.",
            """SELECT submission_key, observation_count, count(DISTINCT cells.observation_key) AS cell_count
               FROM (SELECT submission_key, observation_count, withdrawn_at FROM mart
                     WHERE outcome = 'accepted'
                     QUALIFY received_at = min(received_at) OVER (PARTITION BY return_code)
                         AND count(*) OVER (PARTITION BY return_code, received_at) = 1) AS firsts
               LEFT JOIN marts.fct_observation AS cells USING (submission_key)
               WHERE firsts.withdrawn_at IS NULL
               GROUP BY ALL HAVING count(DISTINCT cells.observation_key) < observation_count""",
        ),
        *_against(before),
    )


def _against(before: Before | None) -> tuple[Expectation, ...]:
    if before is None:
        return ()
    return (
        no_rows(
            "no_submission_is_forgotten",
            "A submission in the previous release is in this one, if its return has a contract.",
            f"""SELECT submission_key
                FROM (SELECT unnest([{literals(before.submissions)}]::VARCHAR[]) AS submission_key)
                WHERE submission_key NOT IN (SELECT submission_key FROM mart)
                  AND EXISTS (FROM marts.dim_return WHERE starts_with(submission_key, return_code || '.'))""",
        ),
    )
