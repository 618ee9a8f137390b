"""Locks on an installation: one refresh and one publication at a time.

Contains taking the locks, and the errors while another process holds them. Not here: locks of DuckDB files
(`database`).
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.foundation import clock
from orchestration.foundation.errors import RefreshLockedError
from orchestration.foundation.settings import Settings

_WAIT_SECONDS = 30.0


@contextmanager
def refresh_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock, which is re-entrant in one process; the operating system releases it if the process dies.

    Raise RefreshLockedError, naming the process that holds it, while another refresh runs.
    """
    settings.build.mkdir(parents=True, exist_ok=True)
    path = settings.build / "refresh.lock"
    holder = settings.build / "refresh.holder.json"
    lock = FileLock(path, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise RefreshLockedError(f"Another refresh is running{_in_words(holder)}; wait for it to end.") from error
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "since": clock.now().isoformat(timespec="seconds")}))
        yield
    finally:
        lock.release()


@contextmanager
def publication_lock(settings: Settings, subject: str) -> Iterator[None]:
    """Hold the lock; the operating system releases it if the process dies.

    Raise RefreshLockedError, which states that `subject` was not changed, after waiting for half a minute.
    """
    settings.releases.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.releases / ".publish.lock", timeout=_WAIT_SECONDS):
            yield
    except Timeout as error:
        raise RefreshLockedError(
            f"Another publication is running, so {subject} was not changed; try again when it has ended."
        ) from error


def _in_words(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f" (process {facts['pid']}, since {facts['since']})"
    except (OSError, ValueError, KeyError):
        return ""
