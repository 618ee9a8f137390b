"""Parquet, JSON and workbooks: typed cells as a department would write them, and damaged files."""

import json
from datetime import date, datetime
from pathlib import Path

import pytest

from orchestration.returns.files import workbooks
from orchestration.returns.files.workbooks import cell_text
from tests.returns.screening.screening_bench import GOOD, Bench, contract_with, found, parquet, spreadsheet, workbook

ROWS = "SELECT source_row, location_name, category, value FROM observations ORDER BY ALL"
RECORDS = [dict(zip(GOOD.splitlines()[0].split(","), line.split(","), strict=True)) for line in GOOD.splitlines()[1:]]
PLAIN = contract_with(layouts__0__note=None, layouts__0__cells__0__status=None, layouts__0__cells__1__status=None)


def as_format(name: str, contract: str = PLAIN, **file: object) -> str:
    return contract_with(contract, layouts__0__file={"format": name, **file})


# Parquet


def test_parquet_rows_count_from_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("parquet"))
    content = parquet(
        tmp_path,
        "FROM (VALUES " + ", ".join(str(tuple(r.values())) for r in RECORDS) + f") AS t({', '.join(RECORDS[0])})",
    )
    assert bench.screen(content, "figures.parquet").problems == []
    assert bench.rows(ROWS) == [
        (1, "Alpha", "Male", 50.0),
        (2, "Alpha", "Female", 40.0),
        (3, "Beta", "Total", 45.0),
        (4, "Beta", "Total", 20.0),
    ]


def typed(value: str, own: str = "101.0::DOUBLE", period: str = "2023::DOUBLE") -> str:
    return f"""SELECT {period} AS period, {own} AS area_code, 'Alpha' AS area_name, NULL AS sex, 'Count' AS indicator,
               NULL::DOUBLE AS numerator, NULL::DOUBLE AS denominator, {value} AS value"""


def test_typed_columns_read_as_a_department_would_write_them(tmp_path: Path) -> None:
    contract = contract_with(
        PLAIN, layouts__0__locations=[{"code": "area_code", "scheme": "own", "level": "local_authority"}]
    )
    bench = Bench(tmp_path, as_format("parquet", contract))
    for value, expected in [
        ("5505.650000000001", 5505.650000000001),
        ("0.1::FLOAT", 0.1),
        ("7::TINYINT", 7.0),
        ("12.50::DECIMAL(9, 2)", 12.5),
    ]:
        assert bench.screen(parquet(tmp_path, typed(value)), "figures.parquet").problems == []
        assert bench.rows("SELECT location_code, period_code, value FROM observations") == [
            ("E06000001", "FY2022-23", expected)
        ]


@pytest.mark.parametrize("value", ["'NaN'::DOUBLE", "'inf'::DOUBLE", "'-inf'::FLOAT"])
def test_infinity_and_nan_in_parquet_are_refused(tmp_path: Path, value: str) -> None:
    contract = contract_with(
        PLAIN, layouts__0__locations=[{"code": "area_code", "scheme": "own", "level": "local_authority"}]
    )
    outcome = Bench(tmp_path, as_format("parquet", contract)).screen(parquet(tmp_path, typed(value)), "figures.parquet")
    assert found(outcome) == ["value.not_a_number"]


def test_a_null_in_parquet_is_a_blank(tmp_path: Path) -> None:
    contract = contract_with(
        PLAIN, layouts__0__locations=[{"code": "area_code", "scheme": "own", "level": "local_authority"}]
    )
    bench = Bench(tmp_path, as_format("parquet", contract))
    assert bench.screen(parquet(tmp_path, typed("NULL::DOUBLE")), "figures.parquet").problems == []
    assert bench.rows("SELECT value, value_status FROM observations") == [(None, "x")]


def test_parquet_headers_may_contain_any_characters(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        as_format("parquet", contract_with(PLAIN, layouts__0__columns__value__aliases=['the "value" $$ it\'s'])),
    )
    content = parquet(
        tmp_path, typed("7", "'E06000001'", "'2022-23'").replace(" AS value", ' AS "the ""value"" $$ it\'s"')
    )
    assert bench.screen(content, "figures.parquet").problems == []


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("parquet"))
    content = parquet(tmp_path, typed("7", "'E06000001'", "'2022-23'"))
    assert found(bench.screen(content[:-30], "figures.parquet")) == ["file.unreadable"]


# JSON


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: json.dumps(rows),
        lambda rows: json.dumps(rows, indent=2),
        lambda rows: "\n".join(map(json.dumps, rows)),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_is_read_as_an_array_and_as_lines(tmp_path: Path, write: object, mark: str) -> None:
    bench = Bench(tmp_path, as_format("json"))
    assert bench.screen(mark + write(RECORDS), "figures.json").problems == []  # type: ignore[operator]
    assert bench.rows(ROWS) == [
        (1, "Alpha", "Male", 50.0),
        (2, "Alpha", "Female", 40.0),
        (3, "Beta", "Total", 45.0),
        (4, "Beta", "Total", 20.0),
    ]


def test_json_values_of_any_type_in_one_column_are_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("json"))
    rows = [{**RECORDS[0], "value": value, "numerator": None} for value in (50, 50.5, "c", None)]
    rows = [{**row, "sex": sex} for row, sex in zip(rows, ["Male", "Female", "Persons", "Male"], strict=True)]
    rows[3]["indicator"] = "Count"
    assert bench.screen(json.dumps(rows), "figures.json").problems == []
    assert bench.rows("SELECT source_row, value, value_status FROM observations ORDER BY 1") == [
        (1, 50.0, ""), (2, 50.5, ""), (3, None, "c"), (4, None, "x"),
    ]  # fmt: skip


def test_a_json_record_may_omit_empty_values(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("json"))
    rows = [{key: value for key, value in record.items() if value} for record in RECORDS]
    assert bench.screen(json.dumps(rows), "figures.json").problems == []


def test_keys_that_first_appear_in_later_records_are_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("json"))
    early = [
        {key: v for key, v in RECORDS[3].items() if key != "denominator"}
        | {"period": f"{2000 - n}-{(1 - n) % 100:02d}", "value": str(20 + n)}
        for n in range(90)
    ]
    assert bench.screen(json.dumps([*early, RECORDS[0]]), "figures.json").problems == []
    assert bench.rows("SELECT count(*), count(denominator) FROM observations") == [(91, 1)]


@pytest.mark.parametrize("text", ['[{"period": "2022-23"}, {"period": ', '{"period": 1}\n{"period"\n{"period": 3}'])
def test_broken_json_is_refused(tmp_path: Path, text: str) -> None:
    assert found(Bench(tmp_path, as_format("json")).screen(text, "figures.json")) == ["file.unreadable"]


@pytest.mark.parametrize("text", ["[]", "[[1, 2], [3, 4]]", "{}"])
def test_json_without_named_values_is_empty(tmp_path: Path, text: str) -> None:
    assert found(Bench(tmp_path, as_format("json")).screen(text, "figures.json")) == ["file.empty"]


def test_json_wrapped_in_an_object_lacks_the_columns(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, as_format("json")).screen(json.dumps({"data": RECORDS}), "figures.json")
    assert found(outcome) == ["columns.missing"]


def test_a_csv_where_json_is_agreed_is_refused(tmp_path: Path) -> None:
    assert found(Bench(tmp_path, as_format("json")).screen(GOOD, "figures.json")) == ["file.not_what_it_says"]


# Workbooks


def table(**changes: object) -> list[list[object]]:
    rows: list[list[object]] = [list(line.split(",")) for line in GOOD.splitlines()]
    for row in rows[1:]:
        row[5:8] = [float(cell) if cell else None for cell in row[5:8]]
    return rows


@pytest.mark.parametrize(("kind", "made"), [("xlsx", workbook), ("ods", spreadsheet)])
def test_a_workbook_is_read_with_the_row_numbers_of_its_sheet(tmp_path: Path, kind: str, made: object) -> None:
    bench = Bench(tmp_path, as_format(kind, sheet="^Data", header_row=3))
    rows: list[list[object]] = [["Figures of 2022-23"], [None], *table()[:3], [None], *table()[3:]]
    assert bench.screen(made(rows), f"figures.{kind}").problems == []  # type: ignore[operator]
    assert bench.rows(ROWS) == [
        (4, "Alpha", "Male", 50.0),
        (5, "Alpha", "Female", 40.0),
        (7, "Beta", "Total", 45.0),
        (8, "Beta", "Total", 20.0),
    ]


def test_a_sheet_is_found_by_pattern_among_others(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("xlsx", sheet=r"^Data_\d{4}$"))
    content = workbook(table(), "Data_2023", other_sheets=("Cover", "Data", "Data_notes"))
    assert bench.screen(content, "figures.xlsx").sheet == "Data_2023"


def test_the_period_may_be_in_the_name_of_the_sheet_or_file(tmp_path: Path) -> None:
    contract = contract_with(
        PLAIN, layouts__0__period={"submission": True, "sheet_name": r"(\d{6})$", "file_name": r"(\d{4}-\d{2})"}
    )
    bench = Bench(tmp_path, as_format("xlsx", contract))
    asked = "SELECT DISTINCT period_code FROM observations"
    named, unnamed = workbook(table(), "Data_202324"), workbook(table(), "Data")
    for content, name, hint, expected in [
        (named, "figures.xlsx", "FY2023-24", "FY2023-24"),
        (named, "figures.xlsx", None, "FY2023-24"),
        (unnamed, "figures 2021-22.xlsx", None, "FY2021-22"),
    ]:
        assert bench.screen(content, name, hint).problems == []
        assert bench.rows(asked) == [(expected,)]
    assert found(bench.screen(unnamed, "figures.xlsx")) == ["period.unknown_source"]
    for content, name, hint in [
        (named, "figures 2023-24.xlsx", "FY2024-25"),
        (named, "figures 2021-22.xlsx", None),
        (unnamed, "figures 2021-22.xlsx", "FY2024-25"),
    ]:
        assert found(bench.screen(content, name, hint)) == ["period.contradicted"]


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, as_format("xlsx"))
    content = workbook(table())
    assert found(bench.screen(content[: len(content) // 2], "figures.xlsx")) == ["file.unreadable"]
    assert found(bench.screen(content.replace(b"xl/worksheets", b"xl/worksheetz"), "figures.xlsx")) == [
        "file.unreadable"
    ]


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert found(Bench(tmp_path, as_format("xlsx")).screen(workbook([]), "figures.xlsx")) == ["file.empty"]


def test_a_failed_formula_is_not_a_number(tmp_path: Path) -> None:
    rows = table()
    rows[1][7], rows[3][5] = "#DIV/0!", "#N/A"
    content = workbook(rows, "R & D", other_sheets=("Cover", "Notes"))
    outcome = Bench(tmp_path, as_format("xlsx", sheet="^R")).screen(content, "figures.xlsx")
    assert [(p["rule"], p["source_row"], p["column_name"], p["value"]) for p in outcome.problems] == [
        ("value.not_a_number", 2, "value", "#DIV/0!"), ("value.not_a_number", 4, "numerator", "#N/A"),
    ]  # fmt: skip


def test_line_endings_inside_cells_of_a_workbook_are_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file={"format": "xlsx"}))
    rows = table()
    for number, end in enumerate(("\n", "\r\n", "\r", "\n\n"), start=1):
        rows[number][9] = f'first{end}"second", third'
    assert bench.screen(workbook(rows), "figures.xlsx").problems == []
    assert bench.rows("SELECT count(*), count(note) FROM observations") == [(4, 4)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (201.0, "201"), (-3.0, "-3"), (5505.6500000000015, "5505.6500000000015"), (1e22, "1e+22"), (7, "7"), (None, ""),
        ("2023.0", "2023.0"), (True, "True"), (date(2024, 3, 31), "2024-03-31"), (datetime(2024, 3, 31), "2024-03-31"),
        (datetime(2024, 3, 31, 9, 30), "2024-03-31 09:30:00"),
    ],
)  # fmt: skip
def test_a_typed_cell_reads_as_it_would_be_written(cell: object, text: str) -> None:
    assert cell_text(cell) == text


def test_a_footnote_mark_counts_only_in_texts_that_the_sheet_uses() -> None:
    marked = b'<si><r><t>20</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>5</t></r></si>'
    shared = b"<sst><si/><si><t>Alpha</t></si>" + marked + b"</sst>"
    cell = b'<row><c r="A1" t="s"><v>%d</v></c></row>'
    assert [workbooks._marked(cell % number, shared) for number in (0, 1, 2)] == [[], [], ["205"]]
