"""Files that are wholly there or not there at all, whatever is killed in between.

Belongs here: temporary files that only their living writer may keep, and the two ways in which one becomes
a file of record. Does not belong here: what such a file means, or where it lies (`landing`).
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
    """Makes a rename inside `folder` survive a loss of power; a file's own fsync does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes `folder` and the folders above it, as durably as the files that go into it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


@contextmanager
def temporary(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file in `folder`, open for writing and locked; whatever was not moved away is removed at the end.

    The lock tells the living from the dead: `sweep` removes only what nobody holds.
    """
    make_folder(folder)
    while True:
        path = folder / f"{uuid.uuid4().hex}.tmp"
        handle = path.open("xb")
        fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle.fileno()).st_nlink:
            break
        handle.close()  # swept in the instant between making and locking it
    try:
        yield handle, path
    finally:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # what matters was flushed by `seal`; on a full disk the rest cannot be
            handle.close()


def seal(handle: BinaryIO) -> None:
    """Writes everything through to the disk and takes away the right to write."""
    handle.flush()
    os.fchmod(handle.fileno(), READ_ONLY)
    os.fsync(handle.fileno())


def move_into_place(temporary_path: Path, final: Path) -> None:
    """Atomic rename; an older file of that name gives way, and those reading it keep what they opened."""
    make_folder(final.parent)
    temporary_path.replace(final)
    _flush_folder(final.parent)


def place_once(temporary_path: Path, final: Path) -> bool:
    """True if `final` is now this file, False if another writer was first (whose file is left untouched).

    A hard link, because a rename would silently replace the first writer's file.
    """
    make_folder(final.parent)
    try:
        final.hardlink_to(temporary_path)
    except FileExistsError:
        return False
    _flush_folder(final.parent)
    return True


def write_once(folder: Path, final: Path, text: str) -> bool:
    """Writes `text` to `final` by way of a temporary file in `folder`; False if `final` exists already."""
    with temporary(folder) as (handle, path):
        handle.write(text.encode())
        seal(handle)
        return place_once(path, final)


def write_whole(folder: Path, final: Path, text: str) -> None:
    """Writes `text` to `final` by way of a temporary file in `folder`; what stood there gives way."""
    with temporary(folder) as (handle, path):
        handle.write(text.encode())
        seal(handle)
        move_into_place(path, final)


def sweep(folder: Path) -> int:
    """Removes the temporary files of writers that were killed; returns how many."""
    swept = 0
    for path in folder.glob("*.tmp"):
        try:
            with path.open("rb") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                swept += 1
        except (BlockingIOError, FileNotFoundError):
            continue  # its writer lives, or has just moved it into place
    return swept
