"""The list that says which file is which return, and when the centre received it.

Belongs here: an entry of the list and how the list is written. Does not belong here: what is in a file.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple

HEADER = ("file", "kind", "department", "return_code", "received_at", "period_hint")


class Sent(NamedTuple):
    """One file as it arrived. `file` is relative to the list, `received_at` a UTC time in ISO 8601."""

    file: str
    return_code: str
    received_at: str
    period_hint: str = ""
    department: str = ""
    kind: Literal["return", "reference"] = "return"


def write_list(path: Path, sent: Iterable[Sent]) -> None:
    """Write the list as tab-separated text; the department of a return is the first part of its code."""
    lines = ["\t".join(HEADER)]
    for entry in sent:
        department = entry.department or entry.return_code.split(".")[0]
        fields = (entry.file, entry.kind, department, entry.return_code, entry.received_at, entry.period_hint)
        lines.append("\t".join(fields))
    path.write_bytes(("\n".join(lines) + "\n").encode())
