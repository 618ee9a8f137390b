"""The clock of the warehouse: every module asks it for the time, and tests and simulated nights set it.

Contains the present as an aware UTC time, and the form in which files record it. Not here: time zones of publication
(`orchestration.warehouse.approval.embargo`), or measuring how long a step takes (`progress`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

_set_to: datetime | None = None


def now() -> datetime:
    """Return the present in UTC."""
    return _set_to or datetime.now(UTC)


def today() -> date:
    """Return the present day in UTC."""
    return now().date()


def timestamp(moment: datetime | None = None) -> str:
    """Return `moment` (default: now) as files record it, to the second: `2026-03-30T08:30:00Z`."""
    return f"{(moment or now()).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def set_to(moment: datetime) -> Iterator[None]:
    """Stop the clock of this process at `moment` (aware) for the duration of the block."""
    global _set_to
    before, _set_to = _set_to, moment
    try:
        yield
    finally:
        _set_to = before
