"""One refresh at a time: the lock on an installation.

Belongs here: taking and naming the lock. Does not belong here: locks of DuckDB files.
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

_PATIENCE_SECONDS = 30.0


@contextmanager
def refresh_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock; entering again in the same process is allowed. The system frees it if the process dies.

    Raises RefreshLockedError, naming who holds it, when another process refreshes.
    """
    settings.build.mkdir(parents=True, exist_ok=True)
    path = settings.build / "refresh.lock"
    holder = settings.build / "refresh.holder.json"
    lock = FileLock(path, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as error:
        raise RefreshLockedError(f"Another refresh is running{_who(holder)}; wait for it to end.") from error
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "since": clock.now().isoformat(timespec="seconds")}))
        yield
    finally:
        lock.release()


@contextmanager
def publication_lock(settings: Settings, what: str) -> Iterator[None]:
    """Hold the lock; the system frees it if the process dies.

    Raises `RefreshLockedError` saying that `what` was not touched, if another process has held it for half a minute.
    """
    settings.releases.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.releases / ".publish.lock", timeout=_PATIENCE_SECONDS):
            yield
    except Timeout as error:
        raise RefreshLockedError(
            f"Another publication is under way: {what} was not touched, try again when it has ended."
        ) from error


def _who(holder: Path) -> str:
    try:
        facts = json.loads(holder.read_text(encoding="utf-8"))
        return f" (process {facts['pid']}, since {facts['since']})"
    except (OSError, ValueError, KeyError):
        return ""
