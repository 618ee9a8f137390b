"""Expectations of marts.dim_service_line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, says_something, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.dim_service_line"


def suite() -> ExpectationSuite:
    """One row per service line; `Total` is all of them."""
    return specification(
        MART,
        one_row_per("service_line"),
        says_something("service_line"),
        no_rows(
            "the_whole_is_a_line",
            "The service line `Total` exists.",
            "SELECT count(*) AS row_count FROM mart WHERE service_line = 'Total' HAVING count(*) = 0",
        ),
        every_row("only_total_is_total", "Only `Total` is the total.", "is_total = (service_line = 'Total')"),
    )
