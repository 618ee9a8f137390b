"""Read locks on releases, which stop a release from being pruned while it is being read.

Contains the shared lock of this project's readers, and the check for locks. Not here: which releases to prune
(`publishing.retention`).

The lock is on the release's manifest: every complete release has one, every reader may lock it, and no process opens it
for writing. DuckDB locks the files that it opens, so BI tools and notebooks on the same machine are detected as well. A
lock ends with its process, even if that is killed.
"""

import fcntl
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.foundation.errors import OversightError
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.manifest import MANIFEST

_FLOCK = "hhqqi"  # The fields of struct flock on Linux: type, base of the offset, start, length, process.


@contextmanager
def reading(folder: Path) -> Iterator[Path]:
    """Hold the read lock on the release in `folder`; yield `folder`.

    Raises `OversightError` if it is being pruned or has been. Without a manifest, or on a file system without locks,
    reading goes on without a lock, since pruning does not happen there (`claimed`).
    """
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError:
        _still_there(folder)
        yield folder
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _gone(folder) from error
        except OSError:  # This file system has no locks.
            pass
        _still_there(folder)
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def claimed(folder: Path) -> Iterator[str | None]:
    """Hold the prune lock on the release in `folder`; yield None, or the reason why not, as part of a sentence.

    While it is held, `reading` refuses the release.
    """
    try:
        descriptor = os.open(folder / MANIFEST, os.O_RDONLY)
    except OSError as error:
        yield f"its manifest cannot be opened ({error.strerror})"
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield "it is being read"
            return
        except OSError as error:
            yield f"this file system cannot show whether it is being read ({error.strerror})"
            return
        yield "it is open in DuckDB" if _is_open_elsewhere(folder / DATABASE) else None
    finally:
        os.close(descriptor)


def _is_open_elsewhere(path: Path) -> bool:
    """Return whether another process holds DuckDB's lock on `path`, without taking it; on Linux only."""
    if not sys.platform.startswith("linux") or not path.is_file():
        return False
    with path.open("rb") as file:
        asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def _still_there(folder: Path) -> None:
    if not folder.is_dir():
        raise _gone(folder)


def _gone(folder: Path) -> OversightError:
    return OversightError(
        f"Release {folder.name} has just been pruned; choose another that `oversight releases` lists."
    )
