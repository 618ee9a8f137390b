"""Source cells of a calculated figure, file by file.

Contains these in lines of text. Not here: how they are found (`analysis.lineage`).
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from orchestration.foundation.sql import literal

_TOLD_ONE_BY_ONE = 12
"""The number of cells up to which each is listed; above it, only the count of each file."""


_NAMED_BY = ("measure_code", "location_code", "location_level", "period_code", "return_code",
             "characteristic", "category", "service_line")  # fmt: skip


def rests_on(con: duckdb.DuckDBPyConnection, figure: Mapping[str, Any]) -> list[str]:
    """Yield lines about the source cells of a figure in the release that `con` reads; `figure` has its key.

    Empty for a figure without a value, and in releases older than `analysis.lineage`.
    """
    if not con.execute("SELECT 1 FROM duckdb_views() WHERE view_name = 'lineage'").fetchone():
        return []
    wanted = " AND ".join(f"{name} = {literal(figure[name])}" for name in _NAMED_BY)
    files = con.execute(
        f"""SELECT file_name, submission_key, received_at, sha256, count(*), min(source_row), max(source_row)
            FROM analysis.lineage WHERE {wanted}
            GROUP BY ALL ORDER BY received_at, file_name"""
    ).fetchall()
    if not files:
        return []
    cell_count = sum(file[4] for file in files)
    lines = [f"based on {_count(cell_count, 'cell')} from {_count(len(files), 'file')}"]
    for name, submission, received, sha256, count, first, last in files:
        rows = f"row {first}" if first == last else f"rows {first} to {last}"
        lines += [
            f"    {name}: {_count(count, 'cell')}, {rows}",
            f"        submission {submission}, received {received:%Y-%m-%d %H:%M} UTC, sha256 {sha256}",
        ]
        if cell_count <= _TOLD_ONE_BY_ONE:
            lines += [f"        {_cell(cell)}" for cell in _cells(con, wanted, submission)]
    if cell_count > _TOLD_ONE_BY_ONE:
        lines.append(f'    each of them: oversight sql "SELECT * FROM analysis.lineage WHERE {wanted}"')
    return lines


def _cells(con: duckdb.DuckDBPyConnection, wanted: str, submission: str) -> list[dict[str, Any]]:
    result = con.execute(
        f"""SELECT * FROM analysis.lineage WHERE {wanted} AND submission_key = ?
            ORDER BY component_number, source_row, source_column""",
        [submission],
    )
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _cell(cell: Mapping[str, Any]) -> str:
    """Return one cell in words: its position in the file, its key and its value."""
    sheet = f"sheet {cell['sheet']}, " if cell["sheet"] else ""
    group = "" if cell["source_category"] == "Total" else f", {cell['source_category']}"
    line = "" if cell["source_service_line"] == "Total" else f", {cell['source_service_line']}"
    figures = [
        f"{word}{cell[name]:,.10g}"
        for word, name in (("", "source_value"), ("numerator ", "source_numerator"),
                           ("denominator ", "source_denominator"))
        if cell[name] is not None
    ]  # fmt: skip
    about = f"{cell['source_measure_code']}, {cell['source_location_name']}, {cell['source_period_code']}{group}{line}"
    shown = ", ".join(figures) or "no figure"
    return f"{sheet}row {cell['source_row']}, column {cell['source_column']}: {about}: {shown}"


def _count(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
