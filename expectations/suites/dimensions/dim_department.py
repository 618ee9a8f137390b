"""Expectations of marts.dim_department."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import (
    looks_like,
    one_row_per,
    says_something,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_department"


def suite() -> ExpectationSuite:
    """One row per department of the code list."""
    return specification(
        MART,
        one_row_per("department_code"),
        looks_like("department_code", "[a-z][a-z0-9_]*"),
        says_something("department_name"),
    )
