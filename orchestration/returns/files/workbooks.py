"""Workbooks: one sheet of an xlsx or ods file written out as text.

Belongs here: opening a workbook, choosing the sheet, and how a typed cell reads as text. Does not belong
here: what the rows mean, or text files (`reading`).

A workbook of a few kilobytes may claim a sheet of sixteen billion cells, and a parser that believes it takes the whole
process with it. So each is parsed in a process of its own, which may use so much memory and time and no more.
"""

import csv
import html
import json
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from orchestration.returns.rules import Problem

_SHEET = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_FAILED = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>.*?<v>([^<]*)</v>', re.S)


MEMORY_BYTES, SECONDS = 3 << 30, 600
"""What the parsing of one workbook may take."""

_TOO_MUCH = 3
"""The exit code of a parsing that had no more memory, where it was not killed for it."""


def write_sheet(path: Path, file_name: str, wanted: str | None, folder: Path) -> tuple[Path, str] | Problem:
    """The first sheet whose name matches `wanted` (the first of all where None), as CSV in `folder`, and its name.

    Raises RuntimeError if the parsing breaks for another reason than its limits, which is not the sender's doing.
    """
    target = folder / f"sheet{len(list(folder.iterdir()))}.csv"
    task = json.dumps([str(path), file_name, wanted, str(target), MEMORY_BYTES])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.returns.files.workbooks"],
            input=task, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        done = None
    # A parser written in another language aborts where it gets no memory.
    if done is None or done.returncode < 0 or done.returncode == _TOO_MUCH:
        return Problem(
            "file.unreadable",
            f"'{file_name}' cannot be read as a workbook: its sheet needs more than {MEMORY_BYTES >> 20} MB of memory "
            f"or {SECONDS} seconds",
        )
    if done.returncode:
        raise RuntimeError(
            f"reading the workbook broke: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        )
    told = json.loads(done.stdout)
    return Problem(told["rule"], told["message"]) if "rule" in told else (target, str(told["sheet"]))


def main() -> None:
    """Do one task from standard input, within its limits; print the sheet's name or the problem."""
    path, file_name, wanted, target, memory_bytes = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        found = _parsed(Path(path), file_name, wanted, Path(target))
    except MemoryError:
        sys.exit(_TOO_MUCH)
    said = {"rule": found.rule, "message": found.message} if isinstance(found, Problem) else {"sheet": found}
    print(json.dumps(said))


def _parsed(path: Path, file_name: str, wanted: str | None, target: Path) -> str | Problem:
    """Write the sheet to `target`; its name.

    calamine reads every row and cell, so that row numbers are those of the sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        # By content: landed bytes have no ending that would tell the format.
        with path.open("rb") as content:
            workbook = CalamineWorkbook.from_filelike(content)
        names = workbook.sheet_names
        name = next((name for name in names if wanted is None or re.search(wanted, name)), None)
        if name is None:
            there = ", ".join(f"'{name}'" for name in names)
            return Problem("file.sheet_missing", f"'{file_name}' has no sheet like '{wanted}'; it has {there}")
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        # calamine reads a formula that failed as an empty cell; it is not the same as one left empty.
        for row, column, shown in failed_formulas(path, name):
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = shown
    except PasswordError:
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        return Problem("file.unreadable", f"'{file_name}' cannot be read as a workbook: {said}")
    if not rows:
        return Problem("file.empty", f"sheet '{name}' of '{file_name}' is empty")
    with target.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines.writerows([cell_text(cell) for cell in row] for row in rows)
    return name


def cell_text(cell: object) -> str:
    """A typed cell as a department would write it: 201, not 201.0; 2024-03-31, not 2024-03-31 00:00:00."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def failed_formulas(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """The cells of an xlsx sheet that show an error such as `#DIV/0!`: row and column from 0, and what they show."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        if part is None:
            return
        content = archive.read(part)
    if b't="e"' not in content:
        return
    for letters, number, shown in _FAILED.findall(content):
        column = 0
        for letter in letters:
            column = column * 26 + letter - ord("A") + 1
        yield int(number) - 1, column - 1, html.unescape(shown.decode())


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of an xlsx archive that holds a sheet; None in other archives."""
    try:
        book = archive.read("xl/workbook.xml").decode()
        relations = archive.read("xl/_rels/workbook.xml.rels").decode()
    except (KeyError, UnicodeDecodeError):
        return None
    wanted = next((tag for tag in _SHEET.findall(book) if _attribute(tag, "name") == sheet), "")
    key = _attribute(wanted, "id")
    target = next(
        (_attribute(tag, "Target") for tag in _RELATION.findall(relations) if _attribute(tag, "Id") == key), ""
    )
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return part if target and part in archive.namelist() else None


def _attribute(tag: str, name: str) -> str:
    """The value of an attribute of an XML tag, whatever its namespace prefix; empty if it is not there."""
    hit = re.search(rf"""[\s:]{name}=("[^"]*"|'[^']*')""", tag)
    return html.unescape(hit[1][1:-1]) if hit else ""


if __name__ == "__main__":
    main()
