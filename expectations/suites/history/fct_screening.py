"""Expectations of marts.fct_screening."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from expectations.vocabulary import (
    at_least,
    no_rows,
    one_of,
    one_row_per,
    refers_to,
    says_something,
    specification,
)
from orchestration.returns.rules import Severity, Stage

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_screening"


def suite() -> ExpectationSuite:
    """One row per problem found in a submission."""
    return specification(
        MART,
        one_row_per("submission_key", "problem_number"),
        refers_to("submission_key", "marts.dim_submission"),
        refers_to("department_code", "marts.dim_department"),
        one_of("stage", get_args(Stage)),
        one_of("severity", get_args(Severity)),
        at_least("occurrence_count", 1),
        says_something("rule"),
        says_something("message"),
        says_something("remedy"),
        no_rows(
            "errors_belong_to_refused_files",
            "Only refused submissions have problems of severity error.",
            """SELECT problems.submission_key, problems.problem_number, problems.rule
               FROM mart AS problems JOIN marts.dim_submission AS submissions USING (submission_key)
               WHERE problems.severity = 'error' AND submissions.outcome = 'accepted'""",
        ),
    )
