"""The latest figures of each return as an accessible workbook, which works with screen readers.

Contains writing workbooks. Not here: the descriptions of figures (`orchestration.dictionary`).

The layout is that of `gptables`, the Analysis Function's library for its guidance "Releasing statistics in
spreadsheets": a cover, contents and notes; one marked-up table per sheet; no merged or empty cells; symbols for missing
values.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from orchestration.dictionary.gathering import Measure
from orchestration.exporting.shorthand import SIGNS, STATUS_OF, sign
from orchestration.foundation.sql import ident

if TYPE_CHECKING:
    import gptables
    import pandas as pd

MOST_ROWS = 100_000
"""Maximum number of figures in a workbook; a larger return is exported as CSV only."""

_COVER_WIDTH, _NOTE_WIDTH, _HEADING_HEIGHT = 120, 100, 30
"""Widths in characters, after which lines wrap, and height in points."""

_COLUMNS = {
    "location_name": "Location", "location_code": "Location code", "location_level": "Level", "period_code": "Period",
    "characteristic": "Characteristic", "category": "Group", "service_line": "Service line", "value": "Value",
    "lower_95": "Lower 95% limit", "upper_95": "Upper 95% limit", "numerator": "Numerator",
    "denominator": "Denominator",
}  # fmt: skip


def write_spreadsheet(
    con: duckdb.DuckDBPyConnection, measures: list[Measure], folder: Path, title: str, contact: str
) -> Path | None:
    """Write `folder`/<return>.xlsx for `measures`, all of one return; return None if it has too many figures or none.

    `con` has the release attached as `release`; `contact` is the name and address for questions.
    """
    import gptables as gpt
    import pandas as pd

    code = measures[0].return_code
    [count] = con.execute(
        "SELECT count(*) FROM release.analysis.observations WHERE return_code = ?", [code]
    ).fetchone() or [0]
    if not 0 < count <= MOST_ROWS:
        return None
    sheets: dict[str, gptables.GPTable] = {}
    notes: list[tuple[str, str]] = []
    for measure in measures:
        frame = _frame(con, measure.code)
        if frame.empty:
            continue
        number = str(len(sheets) + 1)
        note = f"note {number}"
        notes.append((note, measure.meaning.replace("`", "")))
        symbols = [symbol for symbol in SIGNS if (frame == symbol).any().any()]
        sheets[number] = gpt.GPTable(
            table=frame,
            table_name="figures_" + re.sub(r"\W", "_", measure.code),
            title=f"{measure.name} $${note}$$",
            scope=f"{measure.levels.capitalize()}, {measure.first_period} to {measure.last_period}",
            units=None,
            source=f"return {code}, {title}",
            instructions=f"This sheet has one table. Unit of the values: {measure.unit}.",
            legend=[f"{symbol} {SIGNS[symbol]}" for symbol in symbols],
        )
    if not sheets:
        return None
    path = folder / f"{code}.xlsx"
    intro = [
        f"Figures from the return {code} in {title}.",
        "Symbols in brackets replace missing figures; each sheet explains the symbols that it uses.",
    ]
    book = gpt.produce_workbook(
        filename=str(path),
        sheets=sheets,
        cover=gpt.Cover(
            title=f"{code}: figures in {title}",
            intro=intro,
            contact=[contact],
            width=_COVER_WIDTH,
        ),
        notes_table=pd.DataFrame(notes, columns=["Note reference", "Note text"]),
    )  # fmt: skip
    # A screen reader reads these properties first.
    book.set_properties({"title": f"{code}: figures in {title}", "author": contact})
    for sheet in book.worksheets():
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
    book.get_worksheet_by_name("Notes").set_column(1, 1, _NOTE_WIDTH)
    for heading in (1, 2 + len(intro)):
        book.get_worksheet_by_name("Cover").set_row(heading, _HEADING_HEIGHT)
    book.close()
    return path


def _frame(con: duckdb.DuckDBPyConnection, measure: str) -> "pd.DataFrame":
    """Return the figures of a measure, with symbols for missing ones and without uninformative columns."""
    columns = [f"{name} AS {ident(title)}" for name, title in _COLUMNS.items()]
    symbols = [f"{sign(name)} AS {ident(STATUS_OF[name])}" for name in STATUS_OF]
    frame = con.execute(
        f"""SELECT {", ".join(columns + symbols)} FROM release.analysis.observations WHERE measure_code = ?
            ORDER BY period_start, location_level, location_code, characteristic, category, service_line""",
        [measure],
    ).df()
    frame["Level"] = frame["Level"].str.replace("_", " ")
    for name in STATUS_OF:
        figures = frame[_COLUMNS[name]].astype(object)
        frame[_COLUMNS[name]] = figures.where(figures.notna(), frame.pop(STATUS_OF[name]))
    titles = [
        title
        for title in frame.columns
        if frame[title].notna().any()
        and not (title in ("Characteristic", "Group", "Service line") and (frame[title] == "Total").all())
    ]
    return frame[titles].astype(object).where(frame[titles].notna(), "[x]")
