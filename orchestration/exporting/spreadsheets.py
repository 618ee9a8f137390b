"""The latest figures of each return as a workbook that can be read by everybody, a screen reader's user too.

Belongs here: workbooks. Does not belong here: what their figures mean (`orchestration.dictionary`).

Laid out by `gptables`, the Analysis Function's own library for its guidance "Releasing statistics in spreadsheets": a
cover, contents and notes, one table on each sheet, marked as one, no merged and no empty cells, shorthand for what is
missing.
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
"""A return of more figures than this has no workbook: nobody reads it, and CSV says the same."""

_COVER_WIDTH, _NOTE_WIDTH, _HEADING_HEIGHT = 120, 100, 30
"""In characters, beyond which lines wrap, and in points."""

_COLUMNS = {
    "location_name": "Place", "location_code": "Place code", "location_level": "Level", "period_code": "Period",
    "characteristic": "Characteristic", "category": "Group", "service_line": "Service line", "value": "Value",
    "lower_95": "Lower 95% limit", "upper_95": "Upper 95% limit", "numerator": "Numerator",
    "denominator": "Denominator",
}  # fmt: skip


def write_spreadsheet(
    con: duckdb.DuckDBPyConnection, measures: list[Measure], folder: Path, title: str, contact: str
) -> Path | None:
    """Write `folder`/<return>.xlsx about `measures`, all of one return; None if it has no figures or too many.

    `con` has the release attached as `release`; `contact` is who answers questions.
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
        used = [one for one in SIGNS if (frame == one).any().any()]
        sheets[number] = gpt.GPTable(
            table=frame,
            table_name="figures_" + re.sub(r"\W", "_", measure.code),
            title=f"{measure.name} $${note}$$",
            scope=f"{measure.levels.capitalize()}, {measure.first_period} to {measure.last_period}",
            units=None,
            source=f"return {code}, {title}",
            instructions=f"This sheet has one table. Values are in: {measure.unit}.",
            legend=[f"{one} {SIGNS[one]}" for one in used],
        )
    if not sheets:
        return None
    path = folder / f"{code}.xlsx"
    intro = [
        f"The figures that return {code} reports, as they are known in {title}.",
        "Shorthand in brackets stands for figures that are missing; each sheet says what its signs mean.",
    ]
    book = gpt.produce_workbook(
        filename=str(path),
        sheets=sheets,
        cover=gpt.Cover(
            title=f"{code}: figures of {title}",
            intro=intro,
            contact=[contact],
            width=_COVER_WIDTH,
        ),
        notes_table=pd.DataFrame(notes, columns=["Note reference", "Note text"]),
    )  # fmt: skip
    # What a screen reader says of the file before anything else.
    book.set_properties({"title": f"{code}: figures of {title}", "author": contact})
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
    """The figures of a measure, signs where they are missing, without columns that say nothing here."""
    chosen = [f"{name} AS {ident(title)}" for name, title in _COLUMNS.items()]
    signs = [f"{sign(name)} AS {ident(STATUS_OF[name])}" for name in STATUS_OF]
    frame = con.execute(
        f"""SELECT {", ".join(chosen + signs)} FROM release.analysis.observations WHERE measure_code = ?
            ORDER BY period_start, location_level, location_code, characteristic, category, service_line""",
        [measure],
    ).df()
    frame["Level"] = frame["Level"].str.replace("_", " ")
    for name in STATUS_OF:
        figures = frame[_COLUMNS[name]].astype(object)
        frame[_COLUMNS[name]] = figures.where(figures.notna(), frame.pop(STATUS_OF[name]))
    told = [
        title
        for title in frame.columns
        if frame[title].notna().any()
        and not (title in ("Characteristic", "Group", "Service line") and (frame[title] == "Total").all())
    ]
    return frame[told].astype(object).where(frame[told].notna(), "[x]")
