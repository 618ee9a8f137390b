"""The Government Statistical Service's shorthand for figures that are not there.

Belongs here: its signs, and how they get into a column. Does not belong here: what else is in a file.

Source: Government Analysis Function, "Symbols in tables: definitions and help" (`[c]`, `[low]`, `[u]`, `[x]`, `[z]`).
`k` is what the Department for Education writes for `[low]`.
"""

from orchestration.contracts.status import ABSENT
from orchestration.foundation.sql import ident, literals

SIGNS = {f"[{'low' if status == 'k' else status}]": said for status, said in ABSENT.items()}
"""What each sign says."""

STATUS_OF = {"value": "value_status", "numerator": "numerator_status", "denominator": "denominator_status"}
"""The column that says why a figure is missing."""


def sign(column: str) -> str:
    """SQL for the sign of a figure that may be missing; null where its status says nothing of that."""
    status = ident(STATUS_OF[column])
    return (
        f"CASE WHEN {status} = 'k' THEN '[low]' WHEN {status} IN ({literals(ABSENT)}) THEN '[' || {status} || ']' END"
    )


def figure(column: str, columns: list[str]) -> str:
    """SQL for a figure as text, its sign where there is none; as it is where no column of `columns` has its status."""
    name = ident(column)
    return f"coalesce(CAST({name} AS VARCHAR), {sign(column)})" if STATUS_OF[column] in columns else name
