"""Hostile files: each is refused quickly and in one sentence, and the refresh continues.

Contains files that no honest mistake produces. Not here: mistakes (`screening.test_bad_input`), and links and pipes in
a drop folder (`landing.test_landing`).
"""

import io
import struct
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.foundation.settings import Settings
from orchestration.returns.files import reading, workbooks
from orchestration.returns.landing.landing_area import Landing
from orchestration.returns.landing.origin import Origin
from orchestration.returns.report import as_text
from tests.returns.screening.screening_bench import GOOD, GOOD_ROWS, Bench, contract_with, csv_of, found, workbook

XLSX = contract_with(layouts__0__file={"format": "xlsx"})
ODS = contract_with(layouts__0__file={"format": "ods"})
PARQUET = contract_with(layouts__0__file={"format": "parquet"})


def as_workbook(text: str) -> bytes:
    return workbook([line.split(",") for line in text.splitlines()])


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rezipped(content: bytes, name: str, part: bytes) -> bytes:
    """Return an archive with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member, part if member.filename == name else old.read(member.filename))
    return out.getvalue()


def test_a_sheet_that_declares_sixteen_billion_cells_does_not_exhaust_the_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["XFD1048576"] = "period", "x"
    content = saved(book)
    assert len(content) < 10_000
    begun = time.monotonic()
    outcome = Bench(tmp_path, XLSX).screen(content, "figures.xlsx")
    assert found(outcome) == ["file.unreadable"]
    assert "needs more than 3072 MB of memory" in str(outcome.problems[0]["message"])
    assert time.monotonic() - begun < 60


def test_a_row_repeated_a_thousand_million_times_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MEMORY_BYTES", 1 << 30)
    cell = "<table:table-cell office:value-type='string'><text:p>x</text:p></table:table-cell>"
    sheet = f"""<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
        xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
        xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
        <table:table table:name="Data"><table:table-row table:number-rows-repeated="1000000000">{cell}</table:table-row>
        </table:table></office:spreadsheet></office:body></office:document-content>"""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", sheet)
    outcome = Bench(tmp_path, ODS).screen(content.getvalue(), "figures.ods")
    assert not outcome.accepted
    assert found(outcome) == ["file.unreadable"]


def test_a_workbook_that_takes_too_long_to_parse_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "SECONDS", 0.001)
    outcome = Bench(tmp_path, XLSX).screen(as_workbook(GOOD), "figures.xlsx")
    assert found(outcome) == ["file.unreadable"]


def test_an_unexpected_error_of_the_parser_is_not_blamed_on_the_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing interpreter or module or a bug: the file is screened again once it is fixed."""
    monkeypatch.setattr("sys.executable", "/bin/false")
    outcome = Bench(tmp_path, XLSX).screen(as_workbook(GOOD), "figures.xlsx")
    assert found(outcome) == ["file.not_screened"]
    assert not outcome.is_final


def test_entities_of_a_sheet_are_not_resolved(tmp_path: Path) -> None:
    """A document type cannot include files of the centre (XXE) or expand entities without end."""
    part = "xl/sharedStrings.xml"
    whole = as_workbook(csv_of(*GOOD_ROWS))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        name = part if part in archive.namelist() else "xl/worksheets/sheet1.xml"
        text = archive.read(name).decode()
    doctype = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    head, _, rest = text.partition("?>")
    hostile = f"{head}?>{doctype}{rest}" if rest else doctype + text
    hostile = hostile.replace("Alpha", "&secret;")
    outcome = Bench(tmp_path, XLSX).screen(rezipped(whole, name, hostile.encode()), "figures.xlsx")
    assert "root:" not in str([problem["message"] for problem in outcome.problems])
    assert "root:" not in str(outcome)


def test_an_archive_that_states_a_wrong_size_is_refused(tmp_path: Path) -> None:
    """Its directory states a small size for a part that unpacks to far more."""
    content = bytearray(as_workbook(GOOD))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        large = max(archive.infolist(), key=lambda member: member.file_size)
    directory = content.rindex(large.filename.encode()) - 46
    assert content[directory : directory + 4] == b"PK\x01\x02"
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)
    outcome = Bench(tmp_path, XLSX).screen(bytes(content), "figures.xlsx")
    assert found(outcome) == ["file.unreadable"]


def test_a_thousand_million_rows_in_a_few_kilobytes_of_parquet_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MAX_CELLS", 9_999_999)
    content = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(["x"] * 1_000_000) for name in "abcdefghij"}), content)
    assert len(content.getvalue()) < 30_000
    outcome = Bench(tmp_path, PARQUET).screen(content.getvalue(), "figures.parquet")
    assert found(outcome) == ["file.too_large"]
    assert outcome.problems[0]["message"] == (
        "'figures.parquet' has 1,000,000 rows and 10 columns; the limit is 9,999,999 cells"
    )


def test_control_characters_in_cells_are_replaced_in_the_report(tmp_path: Path) -> None:
    """No cell and no file name may clear the reader's screen, move its cursor or open a link."""
    bench = Bench(tmp_path)
    outcome = bench.screen(csv_of(*GOOD_ROWS, "2022-23,\x1b[2J\x1b]8;;http://x\x07,Alpha,Male,Rate,1,2,50,,"))
    assert not outcome.accepted
    text = as_text(outcome, "figures.csv")
    assert "\N{REPLACEMENT CHARACTER}[2J" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_control_characters_in_file_names_are_replaced(tmp_path: Path) -> None:
    origin = Origin(
        return_code="dept.figures",
        kind="return",
        department_code="dept",
        file_name="a\x1b[2J\nb\x9f.csv",
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
        source="test",
    )
    receipt = Landing(Settings(home=tmp_path)).land(io.BytesIO(b"x"), origin)
    assert receipt.file_name == "a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}.csv"
