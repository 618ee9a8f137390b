"""What long work says while it runs, to whoever listens: a person at the command line, or the log.

Belongs here: announcing steps and measuring them. Does not belong here: how they are shown.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_log = logging.getLogger("oversight")
_listener: ContextVar[Callable[[str], None]] = ContextVar("oversight_progress", default=_log.info)
_times: ContextVar[dict[str, float] | None] = ContextVar("oversight_times", default=None)


def announce(text: str) -> None:
    """Say that `text` begins now."""
    _listener.get()(text)


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[dict[str, float]]:
    """While this lasts, `listener` hears every announcement; yields the seconds spent, by `timed` name."""
    times: dict[str, float] = {}
    heard, measured = _listener.set(listener), _times.set(times)
    try:
        yield times
    finally:
        _listener.reset(heard)
        _times.reset(measured)


def spent(name: str, seconds: float) -> None:
    """Add `seconds` to what `name` took."""
    times = _times.get()
    if times is not None:
        times[name] = times.get(name, 0.0) + seconds


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Count what happens inside as time spent on `name`."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        spent(name, time.perf_counter() - begun)
