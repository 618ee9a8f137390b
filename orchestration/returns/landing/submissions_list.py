"""A list of submissions (SUBMISSIONS.tsv): which file is which return, and when the centre received it.

Belongs here: reading such a list, and landing what it names in the order of receipt. Does not belong here:
storing bytes (`landing`), or what a file says about itself.

The list is a promise about every file in it, so it is checked whole before the first byte lands: a list that
names a missing file or an unreadable time lands nothing, and every such line is reported at once. A single
file that cannot land (too large, changed meanwhile) stops no other.
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
    """The list itself is unusable; nothing it names has landed. `problems` has one sentence each."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        shown = problems[:PROBLEMS_SHOWN]
        more = [f"and {len(problems) - len(shown)} more"] if len(problems) > len(shown) else []
        super().__init__(f"The list {path} cannot be used, nothing has landed: {'; '.join(shown + more)}.")
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Entry:
    """One line of the list. `line` counts from 1 (the header); `path` is absolute; times are UTC."""

    line: int
    path: Path
    origin: Origin


@dataclass(frozen=True)
class WithoutContract:
    """Files of the list that were skipped, because no contract says what they mean."""

    return_code: str
    kind: Kind
    file_count: int


@dataclass(frozen=True)
class Refused:
    """A file of the list that could not land: `rule` as a word, `reason` as a sentence with a remedy."""

    line: int
    path: Path
    return_code: str
    rule: str
    reason: str


@dataclass(frozen=True)
class ListReport:
    """What became of a list: every line is in exactly one of the four."""

    landed: tuple[Receipt, ...]
    already_there: tuple[Receipt, ...]
    refused: tuple[Refused, ...]
    without_contract: tuple[WithoutContract, ...]


def read_list(path: Path) -> list[Entry]:
    """The lines of a tab-separated list, as they stand in it.

    Relative files are relative to the folder of the list; columns beyond the six known ones are ignored
    except `sender`. Raises SubmissionsListError with every problem of the list.
    """
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SubmissionsListError(path, [f"it is not UTF-8 (byte {error.start}); save it as UTF-8"]) from error
    except OSError as error:
        raise SubmissionsListError(path, [f"it cannot be read ({error.strerror})"]) from error
    entries: list[Entry] = []
    problems: list[str] = []
    # Quotes as spreadsheets write them; strict, or an open quote would swallow the lines after it.
    rows = csv.reader(io.StringIO(text), delimiter="\t", strict=True)
    try:
        header = _header(path, next(rows, []))
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) > len(header):
                problems.append(f"line {rows.line_num}: {len(cells)} cells under {len(header)} columns")
                continue
            # Editors drop tabs at the end of a line, and with them cells that are empty anyway.
            named = dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
            found, wrong = _entry(rows.line_num, named, path.absolute().parent)
            problems += [f"line {rows.line_num}, column {column}: {said}" for column, said in wrong]
            entries += [found] if found else []
    except csv.Error as error:
        problems.append(f"line {rows.line_num}: {error}")
    if problems:
        raise SubmissionsListError(path, problems)
    return entries


def _header(path: Path, row: list[str]) -> list[str]:
    """The names of the columns; raises SubmissionsListError if one is missing or stands twice."""
    header = [name.strip() for name in row]
    problems = [f"line 1: column {name} is missing" for name in COLUMNS if name not in header]
    problems += [f"line 1: column {name} stands twice" for name in COLUMNS if header.count(name) > 1]
    if problems:
        raise SubmissionsListError(path, problems)
    return header


def _entry(line: int, cells: dict[str, str], folder: Path) -> tuple[Entry | None, list[tuple[str, str]]]:
    """The entry, or None and what is wrong with it as (column, words)."""
    wrong = [(column, "is empty") for column in REQUIRED if not cells[column]]
    if wrong:
        return None, wrong
    path = folder / cells["file"]
    if said := _not_a_file(path):
        wrong.append(("file", f"'{cells['file']}' {said}"))
    kind = next((kind for kind in get_args(Kind) if kind == cells["kind"]), None)
    if kind is None:
        wrong.append(("kind", f"'{cells['kind']}' is neither return nor reference"))
    if not RETURN_CODE.fullmatch(cells["return_code"]):
        wrong.append(("return_code", f"'{cells['return_code']}' is no code such as dfe.lait"))
    try:
        received_at = instant(cells["received_at"], "the time")
    except OversightError as error:
        wrong.append(("received_at", str(error).rstrip(".")))
    if wrong or kind is None:
        return None, wrong
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
    """What keeps `path` from being landed, in words, or None."""
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
        return "is not an ordinary file"
    return None if os.access(path, os.R_OK) else "may not be read; mend its permissions"


def land_list(settings: Settings, list_path: Path, known_codes: Set[str]) -> ListReport:
    """Lands every file of the list whose code is known, oldest `received_at` first (then by line).

    Raises SubmissionsListError before anything has landed if the list is unusable, OversightError if the
    landing area is; what had landed by then stays, and the same call again goes on from there.
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
            landing.turn_away(error, origin)
            refused.append(Refused(entry.line, entry.path, origin.return_code, error.rule, str(error)))
        else:
            (landed if arrival.is_new else already_there).append(arrival.receipt)
    without_contract = tuple(WithoutContract(code, kind, count) for (code, kind), count in sorted(unknown.items()))
    return ListReport(tuple(landed), tuple(already_there), tuple(refused), without_contract)
