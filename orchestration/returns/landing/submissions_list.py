"""List of submissions (SUBMISSIONS.tsv): the return that each file belongs to, and when the centre received it.

Contains reading such a list, and landing its files in the order of receipt. Not here: storing bytes
(`landing_area`), or the content of the files.

The whole list is checked before the first byte is landed. A list that names a missing file or has an unreadable time
lands nothing, and every such line is reported at once. A file that cannot be landed (too large, or changed since)
does not stop the others.
"""

import csv
import io
import os
import stat
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import FileNotLandedError, Kind, Landing
from orchestration.returns.landing.origin import Origin
from orchestration.returns.landing.receipts import RETURN_CODE, Receipt, instant

REQUIRED = ("file", "kind", "department", "return_code", "received_at")
COLUMNS = (*REQUIRED, "period_hint")
PROBLEMS_SHOWN = 20


class SubmissionsListError(OversightError):
    """A list that cannot be used, so that none of its files has landed. `problems` has one sentence for each."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        shown = problems[:PROBLEMS_SHOWN]
        more = [f"and {len(problems) - len(shown)} more"] if len(problems) > len(shown) else []
        super().__init__(f"The list {path} cannot be used, and nothing was landed: {'; '.join(shown + more)}.")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Entry:
    """One line of the list. `line` counts from 1 (the header); `path` is absolute; times are UTC."""

    line: int
    path: Path
    origin: Origin


@dataclass(frozen=True)
class WithoutContract:
    """Files of the list that were skipped, because their code has no contract."""

    return_code: str
    kind: Kind
    file_count: int


@dataclass(frozen=True)
class Refused:
    """File of the list that could not be landed: `rule` is a code, `reason` a sentence with a remedy."""

    line: int
    path: Path
    return_code: str
    rule: str
    reason: str


@dataclass(frozen=True)
class ListReport:
    """Results of landing a list; every line is in exactly one of the four fields."""

    landed: tuple[Receipt, ...]
    already_there: tuple[Receipt, ...]
    refused: tuple[Refused, ...]
    without_contract: tuple[WithoutContract, ...]


def read_list(path: Path) -> list[Entry]:
    """Return the lines of a tab-separated list, in their order.

    Relative paths start at the folder of the list. Columns other than the six known ones and `sender` are ignored.
    Raises SubmissionsListError with every problem of the list.
    """
    try:
        # utf-8-sig: spreadsheets write a byte order mark before the name of the first column.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SubmissionsListError(path, [f"it is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except OSError as error:
        raise SubmissionsListError(path, [f"it cannot be read ({error.strerror})"]) from error
    entries: list[Entry] = []
    problems: list[str] = []
    # Strict: an open quotation mark would otherwise hide the lines after it.
    rows = csv.reader(io.StringIO(text), delimiter="\t", strict=True)
    try:
        header = _header(path, next(rows, []))
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) > len(header):
                problems.append(f"line {rows.line_num}: {len(cells)} cells, but the list has {len(header)} columns")
                continue
            # Some editors remove tabs at the end of a line, so the last cells may be absent.
            named = dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
            entry, faults = _entry(rows.line_num, named, path.absolute().parent)
            problems += [f"line {rows.line_num}, column {column}: {message}" for column, message in faults]
            entries += [entry] if entry else []
    except csv.Error as error:
        problems.append(f"line {rows.line_num}: {error}")
    if problems:
        raise SubmissionsListError(path, problems)
    return entries


def _header(path: Path, row: list[str]) -> list[str]:
    """Return the names of the columns; raise SubmissionsListError if one is missing or repeated."""
    header = [name.strip() for name in row]
    problems = [f"line 1: column {name} is missing" for name in COLUMNS if name not in header]
    problems += [f"line 1: column {name} is repeated" for name in COLUMNS if header.count(name) > 1]
    if problems:
        raise SubmissionsListError(path, problems)
    return header


def _entry(line: int, cells: dict[str, str], folder: Path) -> tuple[Entry | None, list[tuple[str, str]]]:
    """Return the entry, or None and its problems as (column, message)."""
    faults = [(column, "is empty") for column in REQUIRED if not cells[column]]
    if faults:
        return None, faults
    path = folder / cells["file"]
    if fault := _not_a_file(path):
        faults.append(("file", f"'{cells['file']}' {fault}"))
    kind = next((kind for kind in get_args(Kind) if kind == cells["kind"]), None)
    if kind is None:
        faults.append(("kind", f"'{cells['kind']}' is not a kind; use return or reference"))
    if not RETURN_CODE.fullmatch(cells["return_code"]):
        faults.append(("return_code", f"'{cells['return_code']}' is not a code of the form dfe.lait"))
    try:
        received_at = instant(cells["received_at"], "the time")
    except OversightError as error:
        faults.append(("received_at", str(error).rstrip(".")))
    if faults or kind is None:
        return None, faults
    origin = Origin(
        return_code=cells["return_code"],
        kind=kind,
        department_code=cells["department"],
        file_name=path.name,
        received_at=received_at,
        source="list",
        sender=cells.get("sender") or None,
        period_hint=cells["period_hint"] or None,
    )
    return Entry(line, path, origin), []


def _not_a_file(path: Path) -> str | None:
    """Return the reason why `path` cannot be landed, or None."""
    try:
        mode = path.lstat().st_mode
    except (OSError, ValueError) as error:
        missing = isinstance(error, FileNotFoundError)
        return "does not exist" if missing else f"cannot be reached ({getattr(error, 'strerror', error)})"
    if stat.S_ISLNK(mode):
        return "is a symbolic link; name the file itself"
    if stat.S_ISDIR(mode):
        return "is a folder; name a file"
    if not stat.S_ISREG(mode):
        return "is not a regular file"
    return None if os.access(path, os.R_OK) else "cannot be read; fix its permissions"


def land_list(settings: Settings, list_path: Path, known_codes: Set[str]) -> ListReport:
    """Land every file of the list whose code is known, by `received_at` and then by line.

    Raises SubmissionsListError if the list cannot be used; nothing has landed then. Raises OversightError if the
    landing area cannot be used; files landed until then stay, and repeating the call lands the rest.
    """
    entries = read_list(list_path)
    landing = Landing(settings)
    landed: list[Receipt] = []
    already_there: list[Receipt] = []
    refused: list[Refused] = []
    unknown: Counter[tuple[str, Kind]] = Counter()
    for entry in sorted(entries, key=lambda entry: (entry.origin.received_at, entry.line)):
        origin = entry.origin
        if origin.return_code not in known_codes:
            unknown[origin.return_code, origin.kind] += 1
            continue
        try:
            with landing.stage(entry.path, origin.file_name) as staged:
                arrival = landing.receive(staged, origin)
        except FileNotLandedError as error:
            landing.reject(error, origin)
            refused.append(Refused(entry.line, entry.path, origin.return_code, error.rule, str(error)))
        else:
            (landed if arrival.is_new else already_there).append(arrival.receipt)
    without_contract = tuple(WithoutContract(code, kind, count) for (code, kind), count in sorted(unknown.items()))
    return ListReport(tuple(landed), tuple(already_there), tuple(refused), without_contract)
