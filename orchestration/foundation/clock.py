"""The clock of the warehouse: every module gets the time from it, and tests and simulated refreshes set it.

Contains the present as an aware UTC time, and the format in which files record it. Not here: the time zone of
publication (`orchestration.warehouse.approval.embargo`), or the duration of steps (`progress`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

_set_to: datetime | None = None


def now() -> datetime:
    """Return the present time in UTC."""
    return _set_to or datetime.now(UTC)


def today() -> date:
    """Return the present date in UTC."""
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
