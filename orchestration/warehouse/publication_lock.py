"""One at a time may change what is published: the lock that publishing, going back, pinning and pruning share.

Belongs here: taking it, and saying that somebody else has it. Does not belong here: the lock on a whole refresh
(`orchestration.lock`) and what keeps a release from being pruned while it is read (`in_use`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from orchestration.errors import RefreshLockedError
from orchestration.settings import Settings

_PATIENCE_SECONDS = 30.0


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
