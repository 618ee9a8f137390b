"""Who reads a release just now, so that it is not pruned under their eyes.

Belongs here: the shared lock that our own readers hold, and asking whether anybody holds one. Does not belong here:
which releases may go (`retention`).

The lock is on the release's manifest, which every whole release has, which whoever may read may lock, and which nobody
opens for writing. DuckDB itself locks a file that it opens: so a BI tool or a notebook on the same machine is seen too,
without knowing of any of this. A lock ends with its process, killed or not.
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

_FLOCK = "hhqqi"  # type, whence, start, length, process: Linux's struct flock


@contextmanager
def reading(folder: Path) -> Iterator[Path]:
    """Keep the release in `folder` from being pruned until the end; yields `folder`.

    Raises `OversightError` if it is being pruned or was since it was found. Where there is no manifest, or the file
    system knows no locks, reading goes on without: nobody prunes there (`claimed`).
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
        except OSError:  # no locks here
            pass
        _still_there(folder)
        yield folder
    finally:
        os.close(descriptor)


@contextmanager
def claimed(folder: Path) -> Iterator[str | None]:
    """Claim the release in `folder` for pruning; yields why that cannot be, as part of a sentence, or None.

    While claimed, `reading` refuses it.
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
            yield "somebody reads it"
            return
        except OSError as error:
            yield f"whether somebody reads it cannot be told on this file system ({error.strerror})"
            return
        yield "somebody has it open in DuckDB" if _is_open_elsewhere(folder / DATABASE) else None
    finally:
        os.close(descriptor)


def _is_open_elsewhere(path: Path) -> bool:
    """Whether another process holds DuckDB's lock on `path`. Asks without taking it; known on Linux only."""
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
    return OversightError(f"The release {folder.name} has just been pruned: choose another (`oversight releases`).")
