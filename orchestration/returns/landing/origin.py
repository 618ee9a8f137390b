"""Origin of a file: what is known about it before its content is read.

Contains the value that connectors, lists and commands pass to the landing area. Not here: what landing adds to it
(`receipts`).
"""

from dataclasses import dataclass
from datetime import datetime

from orchestration.returns.landing.receipts import Kind


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Return, sender and time of receipt of one file. `source` is how it arrived: list, drop_folder or http."""

    return_code: str
    kind: Kind
    department_code: str
    file_name: str
    received_at: datetime
    source: str
    sender: str | None = None
    period_hint: str | None = None
