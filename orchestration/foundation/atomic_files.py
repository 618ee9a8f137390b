"""Atomic file writes: after a crash, a file is either complete or absent.

Contains locked temporary files, and the two ways to move one to its final name. Not here: the content and the location
of such files (`orchestration.returns.landing`).
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

READ_ONLY = 0o400


def _flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut; a file's own fsync does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create `folder` and the folders above it, as durably as the files in it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


@contextmanager
def temporary(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Yield a new file in `folder`, open for writing and locked, with its path; delete it at the end unless it moved.

    The lock shows that the writer is alive: `sweep` deletes only unlocked files.
    """
    make_folder(folder)
    while True:
        path = folder / f"{uuid.uuid4().hex}.tmp"
        handle = path.open("xb")
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle.fileno()).st_nlink:
            break
        handle.close()  # swept after it was created and before it was locked
    try:
        yield handle, path
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # `seal` has flushed the content; on a full disk nothing more can be
            handle.close()


def seal(handle: BinaryIO) -> None:
    """Flush the file to disk and make it read-only."""
    handle.flush()
    os.fchmod(handle.fileno(), READ_ONLY)
    os.fsync(handle.fileno())


def move_into_place(temporary_path: Path, final: Path) -> None:
    """Rename atomically, replacing an older file; processes that have it open keep reading the old content."""
    make_folder(final.parent)
    temporary_path.replace(final)
    _flush_folder(final.parent)


def place_once(temporary_path: Path, final: Path) -> bool:
    """Link the file to `final`; return False, and change nothing, if another writer was first.

    This is a hard link because a rename would silently replace the first writer's file.
    """
    make_folder(final.parent)
    try:
        final.hardlink_to(temporary_path)
    except FileExistsError:
        return False
    _flush_folder(final.parent)
    return True


def write_once(folder: Path, final: Path, text: str) -> bool:
    """Write `text` to `final` via a temporary file in `folder`; return False if `final` already exists."""
    with temporary(folder) as (handle, path):
        handle.write(text.encode())
        seal(handle)
        return place_once(path, final)


def write_whole(folder: Path, final: Path, text: str) -> None:
    """Write `text` to `final` via a temporary file in `folder`, replacing an older file."""
    with temporary(folder) as (handle, path):
        handle.write(text.encode())
        seal(handle)
        move_into_place(path, final)


def sweep(folder: Path) -> int:
    """Delete the temporary files of writers that were killed; return their number."""
    swept = 0
    for path in folder.glob("*.tmp"):
        try:
            with path.open("rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                swept += 1
        except (BlockingIOError, FileNotFoundError):
            continue  # its writer is alive, or has just moved it into place
    return swept
