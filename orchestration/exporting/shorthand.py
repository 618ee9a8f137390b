"""The Government Statistical Service's missing-value symbols.

Contains the symbols, and SQL that puts them into a column. Not here: the files (`package`, `spreadsheets`).

Source: Government Analysis Function, "Symbols in tables: definitions and help" (`[c]`, `[low]`, `[u]`, `[x]`, `[z]`).
`k` is the symbol of the Department for Education for `[low]`.
"""

from orchestration.contracts.status import ABSENT
from orchestration.foundation.sql import ident, literals

SIGNS = {f"[{'low' if status == 'k' else status}]": meaning for status, meaning in ABSENT.items()}
"""Symbols and their meanings."""

STATUS_OF = {"value": "value_status", "numerator": "numerator_status", "denominator": "denominator_status"}
"""Status column of each figure, with the reason if the figure is missing."""


def sign(column: str) -> str:
    """Return SQL for the symbol of a missing figure; null if its status is not that of a missing figure."""
    status = ident(STATUS_OF[column])
    return (
        f"CASE WHEN {status} = 'k' THEN '[low]' WHEN {status} IN ({literals(ABSENT)}) THEN '[' || {status} || ']' END"
    )


def figure(column: str, columns: list[str]) -> str:
    """Return SQL for a figure as text, or its symbol if it is missing; unchanged if `columns` has no status for it."""
    name = ident(column)
    return f"coalesce(CAST({name} AS VARCHAR), {sign(column)})" if STATUS_OF[column] in columns else name
