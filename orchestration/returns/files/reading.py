"""Reading files into a table of text: `raw(source_row, filtered, c0, c1, …)` in DuckDB, every cell as it was sent.

Contains CSV, Parquet and JSON, and what is wrong with them as files. Not here: workbooks (`workbooks`), the meaning of
columns (`screening.layout`) or checks of values (`screening.checks`).

`source_row` counts records from 1 at the first line of the file or sheet, including blank ones, so that the sender
finds the row in a spreadsheet. A Parquet or JSON file has no header line, so its first record is row 1.
"""

import collections
import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contracts.model import FileFormat
from orchestration.foundation.sql import ident, literal
from orchestration.returns.files.sniffing import inspect_text
from orchestration.returns.files.workbooks import write_sheet
from orchestration.returns.rules import CAP, Problem

HEADER_SLACK = 16
"""Number of rows below the agreed one in which the header is searched for."""

_MAX_LINE_BYTES = 4 << 20
_MAX_CELLS = 500_000_000
_MAX_OBJECT_BYTES = 16 << 20
_MAX_COLUMNS = 20_000
_MAX_FIELD = 1 << 20


@dataclass
class Sheet:
    """File opened under one format. `head` has its first records, or the column names of Parquet and JSON; `path` is
    the file that the rows are read from, and `name` the sheet of a workbook.

    `is_plain` means that DuckDB can read the text directly: UTF-8, one kind of line ending, no blank lines.
    """

    file: FileFormat
    path: Path
    head: list[list[str]]
    name: str | None = None
    is_plain: bool = True
    line_end: str = "\n"
    warnings: list[Problem] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """True if the header is one of the rows."""
        return self.file.format not in ("parquet", "json")


def open_sheet(
    con: duckdb.DuckDBPyConnection, path: Path, file_name: str, file: FileFormat, folder: Path
) -> Sheet | Problem:
    """Return the file with its first records, or a Problem if it does not have the format `file`."""
    csv.field_size_limit(_MAX_FIELD)
    # DuckDB reads *, ? and [ in a path as patterns, and a suffix as a compression; this name has neither.
    plain_path = folder / "sent"
    if not plain_path.exists():
        plain_path.symlink_to(path.absolute())
    if file.format in ("xlsx", "ods"):
        return _open_workbook(plain_path, file_name, file, folder)
    if file.format == "parquet":
        return _open_columns(con, plain_path, file_name, file)
    facts = inspect_text(path, file_name, file)
    if isinstance(facts, Problem):
        return facts
    if file.format == "json":
        return _open_columns(con, _without_mark(plain_path, file, folder), file_name, file)
    sheet = Sheet(file, plain_path, [], is_plain=facts.is_plain, line_end=facts.line_end)
    if not facts.is_ended:
        sheet.warnings.append(
            Problem("file.open_end", f"the last line of '{file_name}' has no line ending; the file may be cut off")
        )
    return _with_head(sheet, file_name)


def _with_head(sheet: Sheet, file_name: str) -> Sheet | Problem:
    """Return `sheet` with the first records of its text, or a Problem."""
    try:
        sheet.head = list(itertools.islice(_records(sheet), sheet.file.header_row + HEADER_SLACK))
    except csv.Error as error:
        return Problem("file.unreadable", f"'{file_name}' is not a readable CSV file: {error}")
    if not any(cell.strip() for row in sheet.head for cell in row):
        return Problem("file.empty", f"'{file_name}' contains only blank lines")
    return sheet


def _records(sheet: Sheet, strict: bool = False) -> Iterator[list[str]]:
    """Return the records of a text as lists of cells; blank lines are empty lists."""
    encoding = "utf-8-sig" if sheet.file.encoding == "utf-8" else sheet.file.encoding
    with sheet.path.open(encoding=encoding, newline="") as text:
        yield from csv.reader(text, delimiter=sheet.file.delimiter, strict=strict)


def _open_workbook(path: Path, file_name: str, file: FileFormat, folder: Path) -> Sheet | Problem:
    """Return one sheet of a workbook, written as text for DuckDB, or a Problem."""
    result = write_sheet(path, file_name, file.sheet, folder)
    if isinstance(result, Problem):
        return result
    text, name, warnings = result
    plain = file.model_copy(update={"delimiter": ",", "encoding": "utf-8"})
    return _with_head(Sheet(plain, text, [], name=name, warnings=warnings), file_name)


def _too_many_cells(con: duckdb.DuckDBPyConnection, path: Path, file_name: str) -> Problem | None:
    """Return a Problem if the file is too large: a few kilobytes of Parquet can contain billions of equal rows."""
    rows, columns = con.execute(
        f"""SELECT (SELECT sum(num_rows) FROM parquet_file_metadata({literal(str(path))})),
                   (SELECT count(*) FROM parquet_schema({literal(str(path))}) WHERE num_children IS NULL)"""
    ).fetchall()[0]
    if rows * columns <= _MAX_CELLS:
        return None
    return Problem(
        "file.too_large", f"'{file_name}' has {rows:,} rows and {columns} columns; the limit is {_MAX_CELLS:,} cells"
    )


def _open_columns(con: duckdb.DuckDBPyConnection, path: Path, file_name: str, file: FileFormat) -> Sheet | Problem:
    """Return a Parquet or JSON file with the names of its columns, or a Problem."""
    if file.format == "parquet":
        query = f"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet({literal(str(path))}))"
    else:
        query = f"""
            SELECT name FROM (
                SELECT unnest(json_keys(json)) AS name, record, unnest(range(len(json_keys(json)))) AS nth
                FROM (SELECT json, row_number() OVER () AS record
                      FROM read_json_objects({literal(str(path))}, maximum_object_size = {_MAX_OBJECT_BYTES}))
            ) GROUP BY name ORDER BY min((record, nth))"""
    try:
        if file.format == "parquet" and (problem := _too_many_cells(con, path, file_name)):
            return problem
        names = [row[0] for row in con.execute(query).fetchall()]
    except duckdb.Error as error:
        return Problem("file.unreadable", f"'{file_name}' cannot be read as {file.format}: {_first_line(error)}")
    if not names:
        return Problem("file.empty", f"'{file_name}' contains no records with named values")
    return Sheet(file, path, [names])


def _without_mark(path: Path, file: FileFormat, folder: Path) -> Path:
    """Return the text as UTF-8 without a byte order mark; copy the file only if needed."""
    encoding = "utf-8-sig" if file.encoding == "utf-8" else file.encoding
    with path.open("rb") as source:
        if file.encoding == "utf-8" and source.read(3) != b"\xef\xbb\xbf":
            return path
    target = folder / f"text{len(list(folder.iterdir()))}"
    with path.open(encoding=encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
        while piece := source.read(1 << 20):
            out.write(piece)
    return target


def load_rows(
    con: duckdb.DuckDBPyConnection, sheet: Sheet, header_row: int, wanted: Sequence[int], file_name: str
) -> list[Problem]:
    """Create table `raw` with the columns at the positions `wanted` and the rows below `header_row` that are not blank.

    Returns the problems of the lines themselves. `filtered` is false in every row.
    """
    headers = sheet.head[header_row - 1]
    if len(headers) > _MAX_COLUMNS:
        return [
            Problem("file.unreadable", f"'{file_name}' has {len(headers)} columns; the limit is {_MAX_COLUMNS} columns")
        ]
    if sheet.is_text:
        return _load_text(con, sheet, header_row, wanted, file_name)
    return _load_columns(con, sheet, wanted, file_name)


def _make_raw(con: duckdb.DuckDBPyConnection, wanted: Sequence[int], numbered: str) -> None:
    """Create table `raw` from `numbered`, a query of source_row and the wanted columns; leave out blank rows."""
    filled = " OR ".join(f"trim(c{position}) <> ''" for position in wanted) or "false"
    con.execute(f"CREATE TABLE raw AS SELECT *, false AS filtered FROM ({numbered}) WHERE {filled}")


def _load_columns(con: duckdb.DuckDBPyConnection, sheet: Sheet, wanted: Sequence[int], file_name: str) -> list[Problem]:
    names = sheet.head[0]
    path = literal(str(sheet.path))
    try:
        if sheet.file.format == "parquet":
            described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()
            kinds = {row[0]: row[1] for row in described}
            cells = ", ".join(f"{_as_text(ident(names[p]), kinds[names[p]])} AS c{p}" for p in wanted)
            source = f"read_parquet({path}, file_row_number = true)"
            _make_raw(con, wanted, f"SELECT file_row_number + 1 AS source_row, {cells} FROM {source}")
        else:
            listed = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
            cells = ", ".join(f"{ident(names[p])} AS c{p}" for p in wanted)
            source = f"read_json({path}, columns = {{{listed}}}, maximum_object_size = {_MAX_OBJECT_BYTES})"
            _make_raw(con, wanted, f"SELECT row_number() OVER () AS source_row, {cells} FROM {source}")
    except duckdb.Error as error:
        return [Problem("file.unreadable", f"'{file_name}' cannot be read to its end: {_first_line(error)}")]
    return []


def _as_text(column: str, kind: str) -> str:
    """Return SQL for a typed column as a department would write it: 201, not 201.0."""
    if kind not in ("FLOAT", "DOUBLE"):
        return f"CAST({column} AS VARCHAR)"
    whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
    return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"


def _load_text(
    con: duckdb.DuckDBPyConnection, sheet: Sheet, header_row: int, wanted: Sequence[int], file_name: str
) -> list[Problem]:
    headers = sheet.head[header_row - 1]
    path, skip, delimiter, line_end = sheet.path, header_row, sheet.file.delimiter, sheet.line_end
    spans_lines = any("\n" in cell or "\r" in cell for row in sheet.head[:header_row] for cell in row)
    if not sheet.is_plain or (sheet.name is None and (header_row > 1 or spans_lines)):
        rewritten = _rewrite(sheet, header_row, len(headers), file_name)
        if isinstance(rewritten, Problem):
            return [rewritten]
        path, skip, delimiter, line_end = rewritten, 0, ",", "\n"
    # By default, DuckDB uses the first line ending that it finds, even one inside quotation marks; with '\r\n' set, it
    # fails on a single '\n' inside them. In plain text with '\r\n', the first line ending is that of the header.
    new_line = "" if line_end == "\r\n" else r", new_line = '\n'"
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(headers)))
    cells = ", ".join(f"c{position}" for position in wanted)
    fills = sheet.file.short_lines == "fill"
    if fills and (cut := _cut_line(sheet, len(headers), file_name)):
        return [cut]
    try:
        _make_raw(
            con,
            wanted,
            f"""SELECT row_number() OVER () + {header_row} AS source_row, {cells}
            FROM read_csv(
                {literal(str(path))}, auto_detect = false, header = false, skip = {skip},
                delim = {literal(delimiter)}, quote = '"', escape = '"'{new_line},
                columns = {{{columns}}}, strict_mode = true, compression = 'none',
                null_padding = {fills}, parallel = {not fills},
                store_rejects = true, rejects_limit = {CAP * len(headers)}, max_line_size = {_MAX_LINE_BYTES}
            )""",
        )
    except duckdb.Error as error:
        return [Problem("file.truncated", f"'{file_name}' cannot be read to its end: {_first_line(error)}")]
    return _broken_lines(con, header_row - skip, len(headers), file_name)


def _cut_line(sheet: Sheet, width: int, file_name: str) -> Problem | None:
    """Return a Problem if the last line is short and has no line ending: it was cut off, not sent short."""
    if not any(warning.rule == "file.open_end" for warning in sheet.warnings):
        return None
    number, last = collections.deque(enumerate(_records(sheet), start=1), maxlen=1).pop()
    if len(last) >= width:
        return None
    message = (
        f"line {number} of '{file_name}' is cut off: the last line has fewer than {width} columns and no line ending"
    )
    return Problem("file.truncated", message, source_row=number)


def _broken_lines(con: duckdb.DuckDBPyConnection, offset: int, width: int, file_name: str) -> list[Problem]:
    """Return a Problem for each line that DuckDB rejected; DuckDB itself reports every missing column of a line."""
    rejected = con.execute(
        f"""SELECT line, first(error_type), first(csv_line) FROM reject_errors
        GROUP BY line ORDER BY line LIMIT {CAP}"""
    ).fetchall()
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    reasons = {
        "MISSING COLUMNS": f"it has fewer than {width} columns",
        "TOO MANY COLUMNS": f"it has more than {width} columns",
        "UNQUOTED VALUE": "its quotation marks do not match",
        "LINE SIZE OVER MAXIMUM": f"it is longer than {_MAX_LINE_BYTES} bytes",
    }
    return [
        Problem(
            "file.truncated",
            f"line {line + offset} of '{file_name}' cannot be read: {reasons.get(kind, kind.lower())}",
            source_row=line + offset,
            value=(text or "").strip(),
        )
        for line, kind, text in rejected
    ]


def _rewrite(sheet: Sheet, header_row: int, width: int, file_name: str) -> Path | Problem:
    """Write the records below the header as plain text, if the encoding, line endings, blank lines or preamble need it.

    A blank line becomes a row of empty cells, so that the row numbers below it stay right.
    """
    target = sheet.path.with_name(f"{sheet.path.name}.plain")
    blank = [""] * width
    records = _records(sheet, strict=True)
    try:
        with target.open("w", encoding="utf-8", newline="") as out:
            below = itertools.islice(records, header_row, None)
            csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
                row if len(row) > 1 or (row and row[0].strip()) else blank for row in below
            )
    except csv.Error as error:
        return Problem("file.truncated", f"'{file_name}' cannot be read to its end: {error}")
    return target


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
