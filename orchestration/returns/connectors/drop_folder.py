"""Drop folder: departments put files into `<inbox>/<return_code>/`, and the refresh lands them.

A file that does not contain its period goes into a subfolder that is named after the period: `2023-24/payments.csv`.

Contains finding complete files, and moving them away once their bytes have landed. Not here: reading them.

Nothing is ever deleted: a landed file is moved to `.taken/` beside it.
"""

import fnmatch
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from orchestration.foundation import clock
from orchestration.foundation.settings import Settings
from orchestration.returns.connectors.interface import Definition, Pulled, Source, SourceError
from orchestration.returns.landing.landing_area import FileNotLandedError, Landing
from orchestration.returns.landing.origin import Origin
from orchestration.returns.landing.receipts import format_time
from orchestration.returns.periods import is_period

TAKEN = ".taken"
UNFINISHED = (".*", "~$*", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.tmp")
LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")


class DropFolder(Definition):
    """Block `pull: {connector: drop_folder, pattern: 'cla_*.csv'}`; the pattern ignores case."""

    connector: Literal["drop_folder"]
    pattern: str = Field(default="*", min_length=1, description="Pattern for the names of the files of this return.")


@dataclass(frozen=True)
class _Entry:
    """Entry of a folder; links are not followed."""

    path: Path
    status: os.stat_result

    @property
    def changed(self) -> datetime:
        """Time of the last change."""
        return datetime.fromtimestamp(self.status.st_mtime, UTC)

    @property
    def is_file(self) -> bool:
        """True for a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_of_a_period(self) -> bool:
        """True for a folder that is named after a period."""
        return stat.S_ISDIR(self.status.st_mode) and is_period(self.path.name)


@dataclass(frozen=True)
class _Complete:
    """File that may be landed; `period` is the name of its subfolder, or None in the folder of the return."""

    changed: datetime
    path: Path
    period: str | None


def fetch(definition: DropFolder, source: Source, settings: Settings, landing: Landing, pulled: Pulled) -> None:
    """Land the complete files of the return's folder, oldest first, and move them to `.taken/`.

    `received_at` is the time of a file's last change; the name of a subfolder is the period hint of its files. Files
    that are still being written wait for the next refresh. Files with other names, links and other folders are
    reported and not moved.
    """
    folder = _folder(source.return_code, settings)
    complete = _complete_files(folder, None, definition, settings, pulled)
    for entry in _listing(folder):
        if entry.is_of_a_period:
            complete += _complete_files(entry.path, entry.path.name, definition, settings, pulled)
    for file in sorted(complete, key=lambda file: (file.changed, file.path)):
        origin = Origin(
            return_code=source.return_code,
            kind=source.kind,
            department_code=source.department_code,
            file_name=file.path.name,
            received_at=file.changed,
            source="drop_folder",
            period_hint=file.period,
        )
        try:
            _take(file.path, origin, landing, pulled)
        except FileNotLandedError as error:
            if error.rule == "file.incomplete":
                pulled.waiting.append(file.path.name)
            else:
                landing.reject(error, origin)
                pulled.failed.append(str(error))
        except FileNotFoundError:
            continue  # removed since the folder was listed


def _complete_files(
    folder: Path, period: str | None, definition: DropFolder, settings: Settings, pulled: Pulled
) -> list[_Complete]:
    """Return the complete files of one folder; report everything else in it, except unfinished files."""
    now = clock.now()
    settle = timedelta(seconds=settings.settle_seconds)
    complete: list[_Complete] = []
    for entry in _listing(folder):
        path, changed = entry.path, entry.changed
        name = path.name.lower()
        if any(fnmatch.fnmatchcase(name, unfinished) for unfinished in UNFINISHED) or name in LEFT_BY_SYSTEMS:
            continue
        if period is None and entry.is_of_a_period:
            continue
        if not entry.is_file:
            pulled.failed.append(
                f"{path} is not a regular file; put the file itself into {folder}, or name a folder after the period "
                "of its files."
            )
        elif not fnmatch.fnmatchcase(name, definition.pattern.lower()):
            pulled.failed.append(
                f"The name of {path} does not match the pattern of this return ({definition.pattern}); rename it, or "
                "remove it."
            )
        elif changed - now > settle:
            pulled.failed.append(
                f"{path} was last changed in the future ({format_time(changed)}); correct the clock of the "
                "machine that wrote it, and copy it again."
            )
        elif now - changed < settle:
            pulled.waiting.append(path.name)
        else:
            complete.append(_Complete(changed, path, period))
    return complete


def _folder(return_code: str, settings: Settings) -> Path:
    """Return the folder of one return; create it if needed, so that senders see where to put files."""
    if settings.inbox is not None and not settings.drop_folder.is_dir():
        raise SourceError(
            f"The drop folder {settings.drop_folder} does not exist; mount it, or change OVERSIGHT_INBOX."
        )
    folder = settings.drop_folder / return_code
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{folder} cannot be created ({error.strerror}); fix the permissions.") from error
    return folder


def _listing(folder: Path) -> list[_Entry]:
    """Return the contents of the folder, by name."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
    except OSError as error:
        raise SourceError(f"{folder} cannot be listed ({error.strerror}); fix the permissions.") from error
    listed = []
    for name in names:
        with suppress(FileNotFoundError):  # removed since the folder was listed
            listed.append(_Entry(folder / name, (folder / name).lstat()))
    return listed


def _take(path: Path, origin: Origin, landing: Landing, pulled: Pulled) -> None:
    """Land one file, then move it. After an interruption, the next refresh finds the receipt and moves the file."""
    changed = origin.received_at
    earlier = landing.receipts(origin.return_code)
    identity = _identity(path)
    # Pass the path, not an open file: landing rejects links and files that change while it reads them.
    with landing.stage(path, origin.file_name) as staged:
        arrival = landing.receive(staged, origin)
    if not arrival.is_new and arrival.receipt.period_hint != origin.period_hint:
        pulled.failed.append(
            f"{path} has already landed with another period or none, and counts as the same submission; copy it "
            "again without keeping its date."
        )
    if arrival.is_new:
        pulled.arrived.append(arrival.receipt)
        if earlier and arrival.receipt.received_at < earlier[-1].received_at:
            pulled.notes.append(
                f"{path.name} was last changed at {format_time(changed)}, before the latest submission of "
                f"{origin.return_code} was received: it counts as an earlier version and replaces nothing newer."
            )
    target = _free_name(path.parent / TAKEN / f"{changed:%Y%m%dT%H%M%SZ}.{staged.sha256[:8]}.{path.name}")
    try:
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        if _identity(target) != identity:
            # A newer file replaced ours after we read it: move it back, and land it next time.
            path.hardlink_to(target)
            target.unlink()
            pulled.waiting.append(path.name)
    except FileExistsError:
        pulled.failed.append(
            f"{target} was moved before it was read, because it replaced {path.name} during landing; move it back."
        )
    except OSError as error:
        pulled.failed.append(
            f"{path} has landed but cannot be moved to {target.parent} ({error.strerror}); fix the permissions."
        )


def _identity(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _free_name(wanted: Path) -> Path:
    """Return `wanted`, or the first free name of `wanted.2`, `wanted.3`, …: the same file may be sent twice."""
    number, path = 1, wanted
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}.{number}")
    return path
