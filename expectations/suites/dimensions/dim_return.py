"""Expectations of marts.dim_return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import (
    at_least,
    every_row,
    looks_like,
    one_of,
    one_row_per,
    refers_to,
    says_something,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_return"


def suite() -> ExpectationSuite:
    """One row per return that has a contract."""
    return specification(
        MART,
        one_row_per("return_code"),
        every_row(
            "return_code_begins_with_its_department",
            "The code of a return begins with its department.",
            "starts_with(return_code, department_code || '.')",
            shows=("return_code", "department_code"),
        ),
        refers_to("department_code", "marts.dim_department"),
        says_something("return_name"),
        says_something("owner_name", severity="warning"),
        looks_like("owner_email", "[^@ ]+@[^@ ]+", severity="warning"),
        one_of("cadence", ("monthly", "quarterly", "annual", "ad_hoc")),
        one_of("speaks_for", ("slice", "return", "keys")),
        at_least("burden_hours", 0),
        looks_like("contract_version", "[0-9a-f]{12}"),
    )
