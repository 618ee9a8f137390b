"""Making a folder final: its files hashed, read-only and on disk, and a pointer that moves in one step.

Contains what the steps of a publication do to files and folders. Not here: their order (`publishing.promotion`), and
single files (`orchestration.foundation.atomic_files`).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from orchestration.foundation.atomic_files import make_folder, write_whole
from orchestration.foundation.rights import hand_over, readable


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write `content` as indented JSON, replacing an older file in one step."""
    write_whole(path.parent, path, json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n")


def append_line(path: Path, content: Mapping[str, object]) -> None:
    """Append `content` as one line of JSON, and wait until it is on disk.

    A line that a loss of power left incomplete is ended first, so that the new one is a line of its own.
    """
    make_folder(path.parent)
    line = json.dumps(content, ensure_ascii=False, default=str) + "\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def point(link: Path, target: Path) -> None:
    """Point the symbolic link `link` at `target`, by a relative path and in one step."""
    make_folder(link.parent)
    following = link.with_name(f".{link.name}.next")
    following.unlink(missing_ok=True)  # Left by a publication that was killed.
    following.symlink_to(os.path.relpath(target, link.parent))
    following.replace(link)
    sync_folder(link.parent)


def move_folder(folder: Path, final: Path) -> None:
    """Rename `folder` to `final` and wait until that is on disk; both must be on one file system."""
    make_folder(final.parent)
    folder.rename(final)
    sync_folder(final.parent)
    sync_folder(folder.parent)


def files_below(folder: Path) -> list[Path]:
    """Return every file in `folder` and below, in order of path."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def seal_files(folder: Path, tier: str, tier_folder: Path) -> None:
    """Make every file below `folder` read-only for the readers of its tier, and wait until all are on disk.

    Files and folders get the group of `tier_folder`.
    """
    make_folder(tier_folder)
    for inner in _folders(folder):
        hand_over(inner, tier_folder)
    for path in files_below(folder):
        hand_over(path, tier_folder)
        readable(path, tier)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for inner in _folders(folder):
        sync_folder(inner)


def seal_folders(folder: Path, tier: str) -> None:
    """Make `folder` and every folder below it read-only; after the rename, which needs to write in it."""
    for inner in _folders(folder):
        readable(inner, tier)


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(folder: Path) -> list[Path]:
    return [*sorted(path for path in folder.rglob("*") if path.is_dir()), folder]
