"""A workbook as read by people who cannot see it, or see little of it at a time.

Contains the requirements of the Analysis Function's guidance "Releasing statistics in spreadsheets" and its checklist,
tested on the file itself. Not here: figures (`test_export`).
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from orchestration.dictionary.gathering import gather
from orchestration.exporting.spreadsheets import write_spreadsheet
from orchestration.foundation.database import attach, connect
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import resolve_release
from tests.conftest import Home

pytestmark = pytest.mark.slow

RETURNS = ("dfe.children_looked_after", "dfe.lait", "ons.healthy_life_expectancy")


@pytest.fixture(scope="module", params=RETURNS)
def book(
    request: pytest.FixtureRequest, small: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[openpyxl.Workbook]:
    database = resolve_release(small.settings) / DATABASE
    with connect(database, small.settings, read_only=True) as con:
        measures = [one for one in gather(con).measures if one.return_code == request.param and one.first_period]
    with connect(None, small.settings) as con:
        attach(con, database, "release")
        path = write_spreadsheet(con, measures[:4], tmp_path_factory.mktemp("book"), "release of the test", "A, a@b.c")
    assert isinstance(path, Path)
    return openpyxl.load_workbook(path)


def sheets(book: openpyxl.Workbook) -> list[Worksheet]:
    return list(book.worksheets)


def rows_of(sheet: Worksheet) -> list[list[object]]:
    [table] = sheet.tables.values()
    return [[cell.value for cell in row] for row in sheet[table.ref]]


def test_the_file_has_a_title_and_somebody_to_ask(book: openpyxl.Workbook) -> None:
    assert str(book.properties.title).endswith("figures in release of the test")
    assert book.properties.creator == "A, a@b.c"


def test_cover_contents_and_notes_come_first_and_the_first_sheet_opens(book: openpyxl.Workbook) -> None:
    names = book.sheetnames
    assert names[:3] == ["Cover", "Contents", "Notes"]
    assert names[3:] == [str(number) for number in range(1, len(names) - 2)]
    assert book.active.title == "Cover"


def test_the_cover_says_what_it_is_once_and_whom_to_ask(book: openpyxl.Workbook) -> None:
    texts = [str(cell.value) for (cell, *_) in book["Cover"].iter_rows() if cell.value]
    assert len(texts) == len(set(texts))
    assert texts[0] == book.properties.title
    assert texts[-1] == "A, a@b.c"


def test_the_contents_lead_to_every_sheet(book: openpyxl.Workbook) -> None:
    header, *rows = rows_of(book["Contents"])
    assert header == ["Sheet name", "Table description"]
    assert [str(name) for name, _ in rows] == book.sheetnames[3:]
    [table] = book["Contents"].tables.values()
    links = [row[0].hyperlink.location for row in book["Contents"][table.ref][1:]]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[3:]]
    for name, title in rows:
        assert book[str(name)]["A1"].value.startswith(title)


def test_every_note_is_referred_to_and_every_reference_has_its_note(book: openpyxl.Workbook) -> None:
    notes = {f"note {number}" for number, _ in rows_of(book["Notes"])[1:]}
    texts = [str(sheet["A1"].value) for sheet in sheets(book)[3:]]
    assert {found for text in texts for found in re.findall(r"\[(note \d+)\]", text)} == notes
    assert all(re.search(r"\S \[note \d+\]$", text) for text in texts)


def test_every_sheet_begins_with_its_heading_in_a1(book: openpyxl.Workbook) -> None:
    for sheet in sheets(book):
        assert sheet["A1"].value
        assert sheet["A1"].font.b
        assert sheet["A1"].font.sz > sheet.cell(sheet.max_row, 1).font.sz


def test_each_sheet_has_one_table_marked_as_one_with_a_name_of_its_own(book: openpyxl.Workbook) -> None:
    names = []
    for sheet in sheets(book)[1:]:
        [table] = sheet.tables.values()
        names.append(table.displayName)
        header, *rows = rows_of(sheet)
        assert table.headerRowCount == 1
        assert [column.name for column in table.tableColumns] == header
        assert len(set(header)) == len(header)
        # No empty cell, and so no empty row, column or header.
        assert not {None, ""} & {cell for row in [header, *rows] for cell in row}
        assert table.ref == f"A{table.ref[1:].partition(':')[0]}:{sheet.dimensions.partition(':')[2]}"
    assert len(set(names)) == len(names)


def test_nothing_stands_between_lines_of_text_and_the_table(book: openpyxl.Workbook) -> None:
    """No blank rows: a reader who meets one believes that the sheet has ended."""
    for sheet in sheets(book):
        filled = [any(cell.value is not None for cell in row) for row in sheet.iter_rows()]
        assert [key for key, _ in groupby(filled)] == [True], sheet.title


def test_nothing_is_merged_hidden_frozen_or_filtered(book: openpyxl.Workbook) -> None:
    """Frozen rows leave those who enlarge the screen no room to read."""
    for sheet in sheets(book):
        assert list(sheet.merged_cells.ranges) == []
        assert sheet.sheet_state == "visible"
        assert sheet.freeze_panes is None
        assert not sheet.auto_filter.ref
        hidden = [one for one in (*sheet.row_dimensions.values(), *sheet.column_dimensions.values()) if one.hidden]
        assert hidden == []


def test_numbers_are_numbers_and_columns_are_wide_enough(book: openpyxl.Workbook) -> None:
    for sheet in sheets(book)[3:]:
        header, *rows = rows_of(sheet)
        values = [row[header.index("Value")] for row in rows]
        assert {type(value) for value in values if not str(value).startswith("[")} <= {int, float}
        widths = {number: of.width for of in sheet.column_dimensions.values() for number in range(of.min, of.max + 1)}
        assert [name for number, name in enumerate(header, start=1) if widths[number] < len(str(name))] == []


def test_no_picture_colour_or_formula_carries_meaning(book: openpyxl.Workbook) -> None:
    for sheet in sheets(book):
        assert sheet._images == []
        assert sheet._charts == []
        assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
        fills = {cell.fill.fill_type for row in sheet.iter_rows(max_row=200) for cell in row}
        assert fills == {None}
