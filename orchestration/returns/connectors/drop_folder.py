"""The drop folder: departments put files into `<inbox>/<return_code>/`, the night takes them.

A file that does not say what period it is about goes into a folder there that does: `2023-24/payments.csv`.

Belongs here: which files there are complete, and moving them out of sight once their bytes have landed.
Does not belong here: reading them.

Nothing is ever deleted: a taken file lies in `.taken/` beside where it was put.
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
from orchestration.returns.landing.receipts import in_words
from orchestration.returns.periods import is_period

TAKEN = ".taken"
UNFINISHED = (".*", "~$*", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.tmp")
LEFT_BY_SYSTEMS = ("thumbs.db", "desktop.ini")


class DropFolder(Definition):
    """`pull: {connector: drop_folder, pattern: 'cla_*.csv'}`; the pattern ignores case."""

    connector: Literal["drop_folder"]
    pattern: str = Field(default="*", min_length=1, description="Names of the files that are this return.")


@dataclass(frozen=True)
class _Entry:
    """One name in a folder, not following links."""

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
    """A file that may be taken; `period` is the name of the folder it lies in, unless that is the return's own."""

    changed: datetime
    path: Path
    period: str | None


def fetch(definition: DropFolder, source: Source, settings: Settings, landing: Landing, pulled: Pulled) -> None:
    """Lands the complete files of the return's folder, oldest first, and moves them to `.taken/`.

    `received_at` is the time of a file's last change; a file in a folder named after a period has that as its
    hint. Files that are still being written wait for the next night; files that are not this return's, links
    and other folders are reported and left where they are.
    """
    folder = _folder(source.return_code, settings)
    complete = _look(folder, None, definition, settings, pulled)
    for entry in _listing(folder):
        if entry.is_of_a_period:
            complete += _look(entry.path, entry.path.name, definition, settings, pulled)
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
                landing.turn_away(error, origin)
                pulled.failed.append(str(error))
        except FileNotFoundError:
            continue  # taken away by whoever put it there, between looking and taking


def _look(
    folder: Path, period: str | None, definition: DropFolder, settings: Settings, pulled: Pulled
) -> list[_Complete]:
    """The complete files of one folder; whatever else lies there is reported, or passed over if it is unfinished."""
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
                f"{path} is not an ordinary file; put the file itself into {folder}, or name a folder after the period "
                "that its files are about."
            )
        elif not fnmatch.fnmatchcase(name, definition.pattern.lower()):
            pulled.failed.append(
                f"{path} is not named as files of this return are ({definition.pattern}); rename it, or take it away."
            )
        elif changed - now > settle:
            pulled.failed.append(
                f"{path} was last changed in the future ({in_words(changed)}); correct the clock of the "
                "machine that wrote it, and copy it again."
            )
        elif now - changed < settle:
            pulled.waiting.append(path.name)
        else:
            complete.append(_Complete(changed, path, period))
    return complete


def _folder(return_code: str, settings: Settings) -> Path:
    """The folder of one return, made if it is not there, so that people can see where to put files."""
    if settings.inbox is not None and not settings.drop_folder.is_dir():
        raise SourceError(f"The drop folder {settings.drop_folder} is not there; mount it, or set OVERSIGHT_INBOX.")
    folder = settings.drop_folder / return_code
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{folder} cannot be made ({error.strerror}); mend the permissions.") from error
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
    """Lands one file, then moves it; killed in between, the next night finds the receipt and moves it."""
    changed = origin.received_at
    earlier = landing.receipts(origin.return_code)
    identity = _identity(path)
    # The path and not an open file: landing refuses links and files that change while it reads them.
    with landing.stage(path, origin.file_name) as staged:
        arrival = landing.receive(staged, origin)
    if not arrival.is_new and arrival.receipt.period_hint != origin.period_hint:
        pulled.failed.append(
            f"{path} landed before, for another period or none, and is the same submission; copy it anew without "
            "keeping its date."
        )
    if arrival.is_new:
        pulled.arrived.append(arrival.receipt)
        if earlier and arrival.receipt.received_at < earlier[-1].received_at:
            pulled.notes.append(
                f"{path.name} was last changed at {in_words(changed)}, before the latest submission of "
                f"{origin.return_code} came: it counts as earlier knowledge and replaces nothing newer."
            )
    target = _free_name(path.parent / TAKEN / f"{changed:%Y%m%dT%H%M%SZ}.{staged.sha256[:8]}.{path.name}")
    try:
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        if _identity(target) != identity:
            # Somebody put a newer file under the name after we read ours: it goes back and waits its turn.
            path.hardlink_to(target)
            target.unlink()
            pulled.waiting.append(path.name)
    except FileExistsError:
        pulled.failed.append(f"{target} arrived while {path.name} was taken, and was moved unread; move it back.")
    except OSError as error:
        pulled.failed.append(
            f"{path} has landed but cannot be moved to {target.parent} ({error.strerror}); mend the permissions."
        )


def _identity(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _free_name(wanted: Path) -> Path:
    """`wanted`, or the first of `wanted.2`, `wanted.3`, … that is free: the same file may be sent twice."""
    number, path = 1, wanted
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.name}.{number}")
    return path
