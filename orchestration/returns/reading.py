"""Bytes into a table of text: `raw(source_row, c0, c1, …)` in DuckDB, every cell as it was sent.

Belongs here: CSV, Parquet, workbooks and JSON, and what is wrong with them as files. Does not belong here:
what a column means (`matching`, `cells`) or whether a value is right (`content`).

`source_row` counts records from 1 at the first line of the file or sheet, so that a person finds the row in
a spreadsheet; a Parquet or JSON file has no header line, its first row is row 1.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contracts.model import FileFormat
from orchestration.returns.rules import CAP, Problem
from orchestration.returns.sniffing import check_encoding
from orchestration.sql import ident, literal

_MAX_LINE_BYTES = 16 << 20
_MAX_COLUMNS = 20_000


@dataclass
class Sheet:
    """A file opened under one format: its headers, the sheet's name, and where the text of the rows lies."""

    headers: list[str]
    file: FileFormat
    path: Path
    name: str | None = None
    first_row: int = 1
    lines_to_skip: int = 0
    problems: list[Problem] = field(default_factory=list)


def open_sheet(
    con: duckdb.DuckDBPyConnection, path: Path, file_name: str, file: FileFormat, folder: Path
) -> Sheet | Problem:
    """The file under `file`, with its headers read; a Problem where it cannot be read as that."""
    if file.format == "csv":
        if problem := check_encoding(path, file_name, file):
            return problem
        return _open_text(_as_utf8(path, file, folder), file_name, file)
    if file.format in ("xlsx", "ods"):
        return _open_workbook(path, file_name, file, folder)
    source = _scan(path, file)
    try:
        names = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    except duckdb.Error as error:
        return Problem("file.unreadable", f"'{file_name}' cannot be read as {file.format}: {_first_line(error)}")
    headers = [name for name in names if name != "file_row_number"]
    return Sheet(headers, file, path)


def _scan(path: Path, file: FileFormat) -> str:
    """The table function that reads a file which knows its own columns."""
    if file.format == "parquet":
        return f"read_parquet({literal(path)}, file_row_number = true)"
    return f"read_json({literal(path)}, maximum_object_size = {_MAX_LINE_BYTES})"


def _as_utf8(path: Path, file: FileFormat, folder: Path) -> Path:
    """The same text as UTF-8, copied in pieces only where it is not UTF-8 already."""
    if file.encoding == "utf-8":
        return path
    target = folder / "text.csv"
    with path.open(encoding=file.encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        while piece := source.read(1 << 20):
            out.write(piece)
    return target


def _open_text(path: Path, file_name: str, file: FileFormat) -> Sheet | Problem:
    """Headers of a delimited text; the header may stand below preamble rows and span lines."""
    header: list[str] | None = None
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=file.delimiter)
        try:
            for number, row in enumerate(reader, start=1):
                if number == file.header_row:
                    header = row
                    break
        except csv.Error as error:
            return Problem("file.unreadable", f"'{file_name}' is not a readable CSV file: {error}")
        lines = reader.line_num
    if header is None or not any(cell.strip() for cell in header):
        return Problem("file.empty", f"'{file_name}' has no header in row {file.header_row}")
    if len(header) > _MAX_COLUMNS:
        return Problem("file.unreadable", f"'{file_name}' has {len(header)} columns; more than {_MAX_COLUMNS} are not read")
    return Sheet(header, file, path, first_row=file.header_row + 1, lines_to_skip=lines)


def _open_workbook(path: Path, file_name: str, file: FileFormat, folder: Path) -> Sheet | Problem:
    """One sheet of a workbook as text: calamine reads it, the csv module writes it, DuckDB takes it from there."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        names = workbook.sheet_names
        wanted = [n for n in names if file.sheet is None or re.search(file.sheet, n)]
        if not wanted:
            there = ", ".join(f"'{name}'" for name in names)
            return Problem("file.sheet_missing", f"'{file_name}' has no sheet like '{file.sheet}'; it has {there}")
        rows = workbook.get_sheet_by_name(wanted[0]).to_python(skip_empty_area=False)
    except PasswordError:
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    except (CalamineError, OSError) as error:
        return Problem("file.unreadable", f"'{file_name}' cannot be read as a workbook: {_first_line(error)}")
    if len(rows) < file.header_row:
        return Problem("file.empty", f"sheet '{wanted[0]}' of '{file_name}' has no header in row {file.header_row}")
    header = ["" if cell is None else str(cell) for cell in rows[file.header_row - 1]]
    target = folder / f"sheet{len(list(folder.iterdir()))}.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        # A row of only empty cells must stay a record, or the row numbers below it slip.
        csv.writer(out, lineterminator="\n").writerows(rows[file.header_row :])
    plain = file.model_copy(update={"delimiter": ",", "encoding": "utf-8"})
    return Sheet(header, plain, target, name=wanted[0], first_row=file.header_row + 1)


def load_rows(con: duckdb.DuckDBPyConnection, sheet: Sheet, file_name: str) -> list[Problem]:
    """Make table `raw` from `sheet`; returns what is wrong with the lines as lines."""
    if sheet.file.format in ("parquet", "json"):
        cells = ", ".join(f"CAST({ident(name)} AS VARCHAR) AS c{i}" for i, name in enumerate(sheet.headers))
        row = "file_row_number + 1" if sheet.file.format == "parquet" else "row_number() OVER ()"
        try:
            con.execute(f"CREATE TABLE raw AS SELECT {row} AS source_row, {cells} FROM {_scan(sheet.path, sheet.file)}")
        except duckdb.Error as error:
            return [Problem("file.unreadable", f"'{file_name}' cannot be read to its end: {_first_line(error)}")]
        return []
    return _load_text(con, sheet, file_name)


def _load_text(con: duckdb.DuckDBPyConnection, sheet: Sheet, file_name: str) -> list[Problem]:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(sheet.headers)))
    newline = ", new_line = '\\r'" if _has_only_carriage_returns(sheet.path) else ""
    try:
        con.execute(
            f"""
            CREATE TABLE raw AS
            SELECT row_number() OVER () + {sheet.first_row - 1} AS source_row, *
            FROM read_csv(
                {literal(sheet.path)}, auto_detect = false, header = false, skip = {sheet.lines_to_skip},
                delim = {literal(sheet.file.delimiter)}, quote = '"', escape = '"', columns = {{{columns}}},
                strict_mode = true, null_padding = false, store_rejects = true, rejects_limit = {CAP},
                max_line_size = {_MAX_LINE_BYTES}{newline}
            )
            """
        )
    except duckdb.Error as error:
        return [Problem("file.truncated", f"'{file_name}' cannot be read to its end: {_first_line(error)}")]
    offset = 0 if sheet.name is None else sheet.first_row - 1
    rejected = con.execute(
        "SELECT line, error_type, error_message, csv_line FROM reject_errors ORDER BY line LIMIT ?", [CAP]
    ).fetchall()
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    return [
        Problem(
            "file.truncated",
            f"line {line + offset} of '{file_name}' is broken: {kind.lower()} ({message.splitlines()[0]})",
            source_row=line + offset,
            value=(text or "")[:200],
        )
        for line, kind, message, text in rejected
    ]


def _has_only_carriage_returns(path: Path) -> bool:
    """True for the line ends of old Macs, which most readers take for one endless line."""
    with path.open("rb") as file:
        head = file.read(1 << 20)
    return b"\r" in head and b"\n" not in head


def _first_line(error: BaseException) -> str:
    lines = io.StringIO(str(error)).readlines()
    return lines[0].strip() if lines else type(error).__name__
