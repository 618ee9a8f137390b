"""Bad input, one sentence each: refused with file, rule and remedy, and for cells with row, column and value."""

import io
import zipfile
from pathlib import Path

import pytest

from orchestration.returns.rules import RULES
from orchestration.returns.screening.screener import Outcome
from tests.returns.screening.screening_bench import (
    GOOD,
    GOOD_ROWS,
    Bench,
    contract_with,
    csv_of,
    found,
    locked,
    parquet,
    spreadsheet,
    workbook,
)

RATIO = contract_with(measures__0__value_type="ratio")
REFUSED_RATIO = contract_with(measures__0__value_type="ratio", measures__0__numerator_above_denominator="refuse")
XLSX = contract_with(layouts__0__file={"format": "xlsx", "sheet": "^Data"})
ODS = contract_with(layouts__0__file={"format": "ods", "sheet": "^Data"})


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def only_problem(outcome: Outcome, rule: str) -> dict[str, object]:
    """The one problem of a file that was refused by `rule` alone."""
    assert not outcome.accepted
    assert found(outcome) == [rule]
    (problem,) = outcome.problems
    assert problem["remedy"] == RULES[rule].remedy
    return problem


def cells(text: str) -> list[list[object]]:
    return [list(line.split(",")) for line in text.splitlines()]


def test_a_truncated_csv_is_refused_with_the_line_that_broke(bench: Bench) -> None:
    problem = only_problem(bench.screen(GOOD[:-12]), "file.truncated")
    assert problem["source_row"] == 5
    assert "line 5 of 'figures.csv' cannot be read" in str(problem["message"])


def test_a_csv_cut_inside_quotation_marks_is_refused(bench: Bench) -> None:
    text = csv_of(*GOOD_ROWS, '2022-23,E06000001,"Alp')
    problem = only_problem(bench.screen(text.rstrip("\n")), "file.truncated")
    assert problem["source_row"] == 6


def test_a_csv_cut_inside_its_last_cell_is_taken_with_a_warning(bench: Bench) -> None:
    outcome = bench.screen(GOOD[:-1])
    assert outcome.accepted
    assert found(outcome) == ["file.open_end"]


def test_a_wrong_encoding_is_refused_with_the_byte_and_its_line(bench: Bench) -> None:
    problem = only_problem(bench.screen(GOOD.replace("Beta", "Bêta", 1).encode("latin-1")), "file.encoding")
    assert problem["message"] == "'figures.csv' is not utf-8: byte 0xea at offset 190 in line 4 cannot be read"


def test_utf_8_where_another_encoding_is_agreed_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__encoding="cp1252"))
    problem = only_problem(bench.screen(GOOD.replace("Beta", "Bêta")), "file.encoding")
    assert "looks like UTF-8, not cp1252" in str(problem["message"])


def test_utf_16_where_utf_8_is_agreed_is_refused(bench: Bench) -> None:
    only_problem(bench.screen(GOOD.encode("utf-16")), "file.encoding")


def test_a_renamed_column_without_alias_is_refused_with_the_likely_new_name(bench: Bench) -> None:
    problem = only_problem(bench.screen(GOOD.replace("denominator", "denominators", 1)), "columns.missing")
    assert problem["column_name"] == "denominator"
    assert "the file has 'denominators', which is not in the contract" in str(problem["message"])


def test_a_renamed_column_with_alias_is_taken(bench: Bench) -> None:
    assert bench.screen(GOOD.replace("area_code", "CODE ", 1)).accepted


def test_all_missing_columns_are_named_at_once(bench: Bench) -> None:
    outcome = bench.screen(GOOD.replace("denominator", "below", 1).replace("numerator", "above", 1))
    assert [p["column_name"] for p in outcome.problems] == ["denominator", "numerator"]


def test_an_unknown_code_in_a_closed_scheme_is_refused_with_row_column_and_value(bench: Bench) -> None:
    problem = only_problem(bench.screen(GOOD.replace("E06000002", "E06000022")), "location.unknown_code")
    assert (problem["source_row"], problem["column_name"], problem["value"]) == (4, "area_code", "E06000022 / Beta")
    assert problem["occurrence_count"] == 2


@pytest.mark.parametrize(
    "text", ["5o", "1e999", "nan", "inf", "1_000", "0x10", "12,5", "1.2.3", "1 000", "--5", "five"]
)
def test_text_in_a_number_is_refused_with_row_column_and_value(bench: Bench, text: str) -> None:
    problem = only_problem(bench.screen(GOOD.replace(",50,,", f',"{text}",,')), "value.not_a_number")
    assert (problem["source_row"], problem["column_name"], problem["value"]) == (2, "value", text)


def test_a_duplicated_key_is_refused_with_every_row_of_it(bench: Bench) -> None:
    outcome = bench.screen(csv_of(*GOOD_ROWS, GOOD_ROWS[0].replace(",50,", ",51,")))
    assert found(outcome) == ["key.repeated_with_different_values"]
    assert [(p["source_row"], p["value"]) for p in outcome.problems] == [(2, "50.0"), (6, "51.0")]
    assert outcome.problems[0]["message"] == "dept.rate, Alpha, FY2022-23, Male occurs 2 times with different values"


def test_a_proportion_with_more_above_than_below_is_refused(bench: Bench) -> None:
    outcome = bench.screen(GOOD.replace("5,10,50", "15,10,150"))
    problem = only_problem(outcome, "consistency.numerator_above_denominator")
    assert (problem["source_row"], problem["column_name"], problem["value"]) == (2, "value", "15.0")


def test_a_proportion_of_everybody_is_accepted(bench: Bench) -> None:
    outcome = bench.screen(GOOD.replace("5,10,50", "10,10,100"))
    assert (outcome.accepted, outcome.problems) == (True, [])


@pytest.mark.parametrize(("value", "is_plausible"), [("20", True), ("21", False), ("0", True)])
def test_a_value_may_equal_the_limits_of_its_measure(tmp_path: Path, value: str, is_plausible: bool) -> None:
    limited = contract_with(measures__1__maximum=20)
    outcome = Bench(tmp_path, limited).screen(GOOD.replace("Count,,,20", f"Count,,,{value}"))
    assert found(outcome, "warning") == ([] if is_plausible else ["value.out_of_range"])


def test_a_ratio_with_more_above_than_below_is_taken_with_a_warning(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, RATIO).screen(GOOD.replace("5,10,50", "15,10,150"))
    assert outcome.accepted
    assert found(outcome, "warning") == ["consistency.numerator_above_denominator"]


def test_a_ratio_is_refused_where_its_contract_says_so(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, REFUSED_RATIO).screen(GOOD.replace("5,10,50", "15,10,150"))
    only_problem(outcome, "consistency.numerator_above_denominator")


def test_a_file_over_the_size_limit_is_refused_unread(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_file_mb=1)
    problem = only_problem(bench.screen(GOOD + "x" * (2 << 20)), "file.too_large")
    assert problem["message"] == "'figures.csv' is 2.0 MB; the limit is 1 MB"


def test_a_workbook_that_unpacks_to_very_much_is_refused_unread(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(600):
                sheet.write(b" " * (1 << 20))
    outcome = Bench(tmp_path, XLSX).screen(packed.getvalue(), "figures.xlsx")
    assert "unpacks to 600 MB" in str(only_problem(outcome, "file.too_large")["message"])


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xef\xbb\xbf", b"   \r\n"], ids=["nothing", "lines", "mark", "blank"]
)
def test_an_empty_file_is_refused(bench: Bench, content: bytes) -> None:
    only_problem(bench.screen(content), "file.empty")


def test_a_workbook_without_the_sheet_is_refused_with_the_sheets_it_has(tmp_path: Path) -> None:
    content = workbook(cells(GOOD), "Figures", other_sheets=("Cover", "Notes"))
    problem = only_problem(Bench(tmp_path, XLSX).screen(content, "figures.xlsx"), "file.sheet_missing")
    assert (
        problem["message"] == "no visible sheet of 'figures.xlsx' matches '^Data'; it has 'Cover', 'Notes', 'Figures'"
    )


def test_a_password_protected_workbook_is_refused(tmp_path: Path) -> None:
    content = locked(workbook(cells(GOOD)))
    only_problem(Bench(tmp_path, XLSX).screen(content, "figures.xlsx"), "file.password_protected")


def test_a_password_protected_spreadsheet_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(spreadsheet(cells(GOOD)))) as plain, zipfile.ZipFile(content, "w") as archive:
        for name in plain.namelist():
            data = plain.read(name)
            archive.writestr(
                name, data.replace(b"<manifest:file-entry", b"<manifest:encryption-data/><manifest:file-entry", 1)
            )
    only_problem(Bench(tmp_path, ODS).screen(content.getvalue(), "figures.ods"), "file.password_protected")


HTML = "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head></html>\n"


@pytest.mark.parametrize(
    ("content", "name", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "figures.csv", "is a PDF"),
        (HTML, "figures.csv", "is a web page"),
        ("<!-- down for maintenance -->\n<HTML lang='en'>\n", "figures.csv", "is a web page"),
        ('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "figures.csv", "is an XML document"),
        ('{"error": {"code": 404, "message": "not found"}}', "figures.csv", "is a JSON document"),
        ('[\n  {"period": "2022-23"}\n]', "figures.csv", "is a JSON document"),
        (b"\x1f\x8b\x08\x00" + b"\x00" * 40, "figures.csv", "is a gzip archive"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "figures.csv", "is a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "figures.csv", "is an old-style Office file"),
        (b"{\\rtf1\\ansi period,area_code}", "figures.csv", "is a rich text document"),
        (bytes(range(256)) * 4, "figures.csv", "is a binary file"),
        (b"PK\x03\x04 not really an archive", "figures.csv", "is an archive that cannot be opened"),
        (GOOD, "figures.xlsx", "its name suggests another format"),
        (GOOD, "figures.json", "its name suggests another format"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    bench: Bench, content: str | bytes, name: str, what: str
) -> None:
    problem = only_problem(bench.screen(content, name), "file.not_what_it_says")
    assert what in str(problem["message"])
    assert name in str(problem["message"])


def test_a_workbook_named_csv_is_refused(bench: Bench) -> None:
    problem = only_problem(bench.screen(workbook(cells(GOOD))), "file.not_what_it_says")
    assert problem["message"] == "'figures.csv' is an Excel workbook, but the agreed format is csv"


def test_a_parquet_file_named_csv_is_refused(bench: Bench, tmp_path: Path) -> None:
    only_problem(bench.screen(parquet(tmp_path, "SELECT 1 AS value")), "file.not_what_it_says")


def test_a_file_without_an_ending_is_taken_for_what_it_is(bench: Bench) -> None:
    assert bench.screen(GOOD, "figures").accepted


def test_all_problems_of_the_content_are_reported_at_once(bench: Bench) -> None:
    outcome = bench.screen(
        csv_of(
            "2022-23,E06000099,Alpha,Male,Rate,5,10,50,,",
            "2022-23,E06000001,Alpha,Robot,Rate,5,10,fifty,,",
            "someday,E06000001,Alpha,Male,Rate,5,10,50,,",
            "2022-23,E06000001,Alpha,Male,Share,5,10,50,,",
            "2022-23,E06000002,Beta,Male,Rate,50,10,500,,",
            "2022-23,E06000002,Beta,Female,Rate,5,10,50,,",
            "2022-23,E06000002,Beta,Female,Rate,6,10,60,,",
        )
    )
    assert not outcome.accepted
    assert {str(p["rule"]): p["source_row"] for p in outcome.problems} == {
        "location.unknown_code": 2,
        "category.unknown": 3,
        "value.not_a_number": 3,
        "period.unreadable": 4,
        "measure.unknown_label": 5,
        "consistency.numerator_above_denominator": 6,
        "key.repeated_with_different_values": 8,
    }


def test_wrong_labels_in_two_columns_of_one_row_are_both_reported(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__characteristics__1={
            "code": "age", "name": "Age", "column": "note", "total": [""], "categories": {"old": {"name": "Old"}},
        }
    )  # fmt: skip
    outcome = Bench(tmp_path, contract).screen(csv_of("2022-23,E06000001,Alpha,Robot,Rate,5,10,50,,Ageless"))
    assert [(p["column_name"], p["value"]) for p in outcome.problems] == [("note", "Ageless"), ("sex", "Robot")]


def test_a_thousand_problems_are_listed_and_the_rest_counted(bench: Bench) -> None:
    rows = [f"2022-23,E06000001,Alpha,Male,Rate,5,10,x{n},," for n in range(1200)]
    problems = [p for p in bench.screen(csv_of(*rows)).problems if p["rule"] == "value.not_a_number"]
    assert len(problems) == 1001
    assert sum(int(str(p["occurrence_count"])) for p in problems) == 1200
    assert problems[-1]["message"] == "and 200 more of the same"


def test_a_long_text_is_cut_in_the_report(bench: Bench) -> None:
    problem = bench.screen(csv_of(f"2022-23,E06000001,Alpha,Male,{'x' * 5000},5,10,50,,")).problems[0]
    assert len(str(problem["value"])) == 200
    assert len(str(problem["message"])) == 500
