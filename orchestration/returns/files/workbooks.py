"""Workbooks: one sheet of an xlsx or ods file, written as text.

Contains opening a workbook, choosing the sheet, and typed cells as text. Not here: the meaning of the rows, or text
files (`reading`).

A workbook of a few kilobytes may declare a sheet of sixteen billion cells, which exhausts the memory of the parser.
So each workbook is parsed in a process of its own, with limited memory and time.
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
_FAILED = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>.*?<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>', re.S
)
_WITHOUT_RESULT = re.compile(
    rb"<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>\s*)?</(?:\w+:)?c>"
    rb'|<table:table-cell table:formula="[^"]*"\s*/>|<table:table-cell [^>]*calcext:value-type="error"'
)
_HIDDEN_ROW = re.compile(
    rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"|<table:table-row [^>]*table:visibility="collapse"'
)
_INLINE_TEXT = re.compile(rb"<(?:\w+:)?is>(.*?)</(?:\w+:)?is>", re.S)
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si\s*/>|<(?:\w+:)?si>(.*?)</(?:\w+:)?si>", re.S)
_SHARED_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*\bt="s"[^>]*>\s*<(?:\w+:)?v>(\d+)<')
_TAG = re.compile(rb"<[^>]*>")

MEMORY_BYTES, SECONDS = 3 << 30, 600
"""Limits for parsing one workbook."""

_OUT_OF_MEMORY = 3
"""Exit code of the parser if it runs out of memory without being killed."""


def write_sheet(
    path: Path, file_name: str, wanted: str | None, folder: Path
) -> tuple[Path, str, list[Problem]] | Problem:
    """Write the visible sheet whose name matches `wanted` (None matches the first) as CSV in `folder`.

    Returns the file, the name of the sheet and any warnings, or a Problem. Raises RuntimeError for an unexpected error
    of the parser that the sender did not cause.
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
    # The native parser aborts the process when it runs out of memory.
    if done is None or done.returncode < 0 or done.returncode == _OUT_OF_MEMORY:
        return Problem(
            "file.unreadable",
            f"'{file_name}' cannot be read as a workbook: its sheet needs more than {MEMORY_BYTES >> 20} MB of memory "
            f"or {SECONDS} seconds",
        )
    if done.returncode:
        raise RuntimeError(
            f"reading the workbook failed: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        )
    result = json.loads(done.stdout)
    if "rule" in result:
        return Problem(result["rule"], result["message"])
    return target, str(result["sheet"]), [Problem(rule, message) for rule, message in result["warnings"]]


def main() -> None:
    """Parse the workbook given on standard input, within its limits; print the name of the sheet or the problem."""
    path, file_name, wanted, target, memory_bytes = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        sheet = _parse(Path(path), file_name, wanted, Path(target))
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)
    if isinstance(sheet, Problem):
        print(json.dumps({"rule": sheet.rule, "message": sheet.message}))
    else:
        name, warnings = sheet
        print(json.dumps({"sheet": name, "warnings": [[warning.rule, warning.message] for warning in warnings]}))


def _parse(path: Path, file_name: str, wanted: str | None, target: Path) -> tuple[str, list[Problem]] | Problem:
    """Write the sheet to `target`; return its name with any warnings, or a Problem.

    Calamine is set to read every row and cell, so row numbers are those of the sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        # By content: landed files have no suffix that shows the format.
        with path.open("rb") as content:
            workbook = CalamineWorkbook.from_filelike(content)
        visible = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        matching = [name for name in visible if wanted is None or re.search(wanted, name)]
        if not matching:
            sheets = ", ".join(f"'{name}'" for name in visible)
            message = f"no visible sheet of '{file_name}' matches '{wanted}'; it has {sheets}"
            return Problem("file.sheet_missing", message)
        if wanted is not None and len(matching) > 1:
            sheets = " and ".join(f"'{name}'" for name in matching[:2])
            return Problem("file.sheets_alike", f"{sheets} of '{file_name}' both match '{wanted}'")
        name = matching[0]
        found = findings(path, name, file_name)
        if problem := next((one for one in found if one.graded == "error"), None):
            return problem
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        # Calamine reads a failed formula as an empty cell, which would hide the error.
        for row, column, shown in failed_formulas(path, name):
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = shown
    except PasswordError:
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        cause = next(iter(str(error).splitlines()), type(error).__name__)
        return Problem("file.unreadable", f"'{file_name}' cannot be read as a workbook: {cause}")
    if not rows:
        return Problem("file.empty", f"sheet '{name}' of '{file_name}' is empty")
    with target.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines.writerows([cell_text(cell) for cell in row] for row in rows)
    return name, found


def cell_text(cell: object) -> str:
    """Return a typed cell as a department would write it: 201, not 201.0; 2024-03-31, not 2024-03-31 00:00:00."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def failed_formulas(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Return row and column (from 0) and text of the cells in an xlsx sheet that show an error such as `#DIV/0!`."""
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


def findings(path: Path, sheet: str, file_name: str) -> list[Problem]:
    """Return a problem for macros, hidden rows, formulas without a result, and footnote marks after digits."""
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        has_macros = any(name.endswith("vbaProject.bin") for name in archive.namelist())
        content = archive.read(part) if part else _table_of(archive, sheet)
        shared = archive.read("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in archive.namelist() else b""
    where = f"of sheet '{sheet}' in '{file_name}'"
    problems = []
    if has_macros:
        problems.append(Problem("file.macros", f"'{file_name}' contains macros, which were not run"))
    if rows := len(_HIDDEN_ROW.findall(content)):
        problems.append(Problem("file.hidden_rows", f"{rows} rows {where} are hidden, and were read"))
    if cells := len(_WITHOUT_RESULT.findall(content)):
        problems.append(Problem("file.formulas", f"{cells} formulas {where} have no result"))
    if marked := _marked(content, shared):
        message = f"{len(marked)} numbers {where} end in a superscript, such as '{marked[0]}'"
        problems.append(Problem("file.superscripts", message))
    return problems


def _marked(content: bytes, shared: bytes) -> list[str]:
    """Return the numbers of a sheet that contain a superscript; its texts are its own or shared with other sheets."""
    texts = _INLINE_TEXT.findall(content) if b'val="superscript"' in content else []
    if b'val="superscript"' in shared:
        used = set(map(int, _SHARED_CELL.findall(content)))
        texts += [text for number, text in enumerate(_SHARED_TEXT.findall(shared)) if number in used]
    plain = [html.unescape(_TAG.sub(b"", text).decode()) for text in texts if b'val="superscript"' in text]
    return [text for text in plain if text.isdigit()]


def _table_of(archive: zipfile.ZipFile, sheet: str) -> bytes:
    """Return the XML of a sheet in an ods archive; empty in other archives."""
    if "content.xml" not in archive.namelist():
        return b""
    name = html.escape(sheet, quote=True).encode()
    for table in archive.read("content.xml").split(b"<table:table ")[1:]:
        if b'table:name="' + name + b'"' in table[:1000]:
            return table.partition(b"</table:table>")[0]
    return b""


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Return the part of an xlsx archive that contains a sheet, or None in other archives."""
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
    """Return an attribute of an XML tag, with any namespace prefix; empty if the tag does not have it."""
    hit = re.search(rf"""[\s:]{name}=("[^"]*"|'[^']*')""", tag)
    return html.unescape(hit[1][1:-1]) if hit else ""


if __name__ == "__main__":
    main()
