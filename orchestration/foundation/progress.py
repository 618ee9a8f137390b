"""Progress of long work, reported to a listener: the command line or the log.

Contains announcing steps and timing them. Not here: how they are shown (`orchestration.commands.nightly.refresh`).
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
    """Report the start of a step."""
    _listener.get()(text)


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[dict[str, float]]:
    """Send every announcement within the block to `listener`; yield the seconds spent, by name of `timed`."""
    times: dict[str, float] = {}
    listener_token, times_token = _listener.set(listener), _times.set(times)
    try:
        yield times
    finally:
        _listener.reset(listener_token)
        _times.reset(times_token)


def spent(name: str, seconds: float) -> None:
    """Add `seconds` to the time of `name`."""
    times = _times.get()
    if times is not None:
        times[name] = times.get(name, 0.0) + seconds


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Add the duration of the block to the time of `name`."""
    start = time.perf_counter()
    try:
        yield
    finally:
        spent(name, time.perf_counter() - start)
