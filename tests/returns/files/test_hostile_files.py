"""Files made to do harm: each is refused in a sentence, in a moment, and the night goes on.

Belongs here: what an ordinary mistake never makes. Does not belong here: mistakes (`test_screening_bad_input`), and
links and pipes in a drop folder (`test_landing`).
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


def in_workbook(text: str) -> bytes:
    return workbook([line.split(",") for line in text.splitlines()])


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rezipped(content: bytes, name: str, part: bytes) -> bytes:
    """An archive with one part exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member, part if member.filename == name else old.read(member.filename))
    return out.getvalue()


def test_a_sheet_that_claims_sixteen_billion_cells_takes_no_memory_of_ours(tmp_path: Path) -> None:
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


def test_a_workbook_that_keeps_the_parser_busy_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "SECONDS", 0.001)
    outcome = Bench(tmp_path, XLSX).screen(in_workbook(GOOD), "figures.xlsx")
    assert found(outcome) == ["file.unreadable"]


def test_a_parser_that_breaks_for_another_reason_is_not_laid_at_the_senders_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No interpreter, no module, a mistake of ours: the file is screened again once it is mended."""
    monkeypatch.setattr("sys.executable", "/bin/false")
    outcome = Bench(tmp_path, XLSX).screen(in_workbook(GOOD), "figures.xlsx")
    assert found(outcome) == ["file.not_screened"]
    assert not outcome.is_final


def test_entities_of_a_sheet_are_not_resolved(tmp_path: Path) -> None:
    """Neither a file of the centre (XXE) nor a thousand million laughs comes out of a document type."""
    part = "xl/sharedStrings.xml"
    whole = in_workbook(csv_of(*GOOD_ROWS))
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


def test_an_archive_that_lies_about_how_much_it_holds_is_refused(tmp_path: Path) -> None:
    """Its directory says that a part is small; whoever unpacks it gets a hundred times that."""
    content = bytearray(in_workbook(GOOD))
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
        "'figures.parquet' has 1,000,000 rows of 10 columns; 9,999,999 cells may be"
    )


def test_signs_that_steer_a_terminal_are_told_as_what_they_are(tmp_path: Path) -> None:
    """A report goes to somebody's screen: no cell and no file name clears it, moves its cursor or opens a link."""
    bench = Bench(tmp_path)
    outcome = bench.screen(csv_of(*GOOD_ROWS, "2022-23,\x1b[2J\x1b]8;;http://x\x07,Alpha,Male,Rate,1,2,50,,"))
    assert not outcome.accepted
    text = as_text(outcome, "figures.csv")
    assert "\N{REPLACEMENT CHARACTER}[2J" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_a_name_that_steers_a_terminal_is_kept_as_what_can_be_seen(tmp_path: Path) -> None:
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
