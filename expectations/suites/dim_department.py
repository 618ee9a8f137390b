"""What is expected of marts.dim_department."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import (
    looks_like,
    no_rows,
    one_row_per,
    says_something,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_department"


def suite() -> ExpectationSuite:
    """One row per department that sends returns to the centre."""
    return specification(
        MART,
        one_row_per("department_code"),
        looks_like("department_code", "[a-z][a-z0-9_]*"),
        says_something("department_name"),
        no_rows(
            "every_department_has_a_return",
            "A department stands here because it sends something.",
            """SELECT department_code FROM mart
               WHERE department_code NOT IN (SELECT department_code FROM marts.dim_return)""",
            severity="warning",
        ),
    )
