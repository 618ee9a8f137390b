"""Delimited text as departments really write it: line endings, encodings, preambles, quotation marks, odd names."""

from pathlib import Path

import pytest

from tests.returns.screening.screening_bench import (
    CONTRACT,
    GOOD,
    GOOD_ROWS,
    HEADER,
    Bench,
    contract_with,
    csv_of,
    found,
)

ROWS = "SELECT source_row, location_name, value FROM observations ORDER BY ALL"
AS_SENT = [(2, "Alpha", 50.0), (3, "Alpha", 40.0), (4, "Beta", 45.0), (5, "Beta", 20.0)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "classic mac"])
def test_every_kind_of_line_ending_is_read(bench: Bench, end: str) -> None:
    outcome = bench.screen(GOOD.replace("\n", end))
    assert outcome.problems == []
    assert bench.rows(ROWS) == AS_SENT


def test_mixed_line_endings_are_read(bench: Bench) -> None:
    lines = GOOD.splitlines()
    assert bench.screen(f"{lines[0]}\r\n{lines[1]}\n{lines[2]}\r\n{lines[3]}\r{lines[4]}\n").problems == []
    assert bench.rows(ROWS) == AS_SENT


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_blank_lines_count_as_rows(bench: Bench, end: str) -> None:
    first, *others = GOOD.splitlines()
    text = end.join([first, "", *others[:2], "", "   ", ",,,,,,,,,", *others[2:], "", ""])
    outcome = bench.screen(text)
    assert outcome.problems == []
    assert outcome.rows == 4
    assert bench.rows(ROWS) == [(3, "Alpha", 50.0), (4, "Alpha", 40.0), (8, "Beta", 45.0), (9, "Beta", 20.0)]


@pytest.mark.parametrize(
    ("end", "inside"), [("\n", "\n"), ("\r\n", "\r\n"), ("\r\n", "\n"), ("\n", "\r\n"), ("\n", "\r"), ("\n", "\n\n")]
)
def test_a_line_ending_inside_quotation_marks_does_not_count_as_a_row(bench: Bench, end: str, inside: str) -> None:
    rows = [GOOD_ROWS[0] + f'"first{inside}second, third"', *GOOD_ROWS[1:]]
    outcome = bench.screen(
        csv_of(*rows).replace(f"\n{GOOD_ROWS[1]}", f"{end}{GOOD_ROWS[1]}")
        if end == "\n"
        else end.join([HEADER, *rows, ""])
    )
    assert outcome.problems == []
    assert bench.rows(ROWS) == AS_SENT
    assert bench.rows("SELECT note FROM observations WHERE note IS NOT NULL") == [(f"first{inside}second, third",)]


def test_a_header_that_spans_lines_loses_no_row(bench: Bench) -> None:
    outcome = bench.screen(GOOD.replace("area_code", '"area\n_code"', 1).replace("area\n_code", "code\n", 1))
    assert outcome.problems == []
    assert bench.rows(ROWS) == AS_SENT


def test_a_byte_order_mark_is_not_part_of_the_first_header(bench: Bench) -> None:
    assert bench.screen(GOOD.encode("utf-8-sig")).problems == []
    assert bench.screen('"period"'.encode("utf-8-sig") + GOOD.removeprefix("period").encode()).problems == []
    assert bench.rows(ROWS) == AS_SENT


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_an_agreed_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__encoding=encoding))
    assert bench.screen(GOOD.replace("Beta", "Bêta £").encode(encoding)).problems == []
    assert bench.rows("SELECT DISTINCT location_name FROM observations ORDER BY 1") == [("Alpha",), ("Bêta £",)]


def test_a_character_cut_in_two_at_the_end_is_a_wrong_encoding(bench: Bench) -> None:
    content = (GOOD + "ê").encode()[:-1]
    assert found(bench.screen(content)) == ["file.encoding"]
    padded = GOOD.encode() + b"#" * ((1 << 20) - len(GOOD) - 1) + "ê".encode()[:1]
    assert len(padded) == 1 << 20
    assert found(bench.screen(padded)) == ["file.encoding"]


def test_a_nul_byte_is_not_text(bench: Bench) -> None:
    outcome = bench.screen(GOOD + csv_of(*["#" * 100] * 50) + "\x00\n")
    assert found(outcome) == ["file.encoding"]
    assert outcome.problems[0]["source_row"] == 57


def test_the_agreed_delimiter_is_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__delimiter=";"))
    assert bench.screen(GOOD.replace(",", ";")).problems == []
    assert bench.screen(GOOD.replace(",", ";").replace("\n", "\n\n")).problems == []
    assert bench.rows("SELECT count(*) FROM observations") == [(4,)]


@pytest.mark.parametrize("sent", ["\t", "|", ";"])
def test_another_delimiter_is_named(bench: Bench, sent: str) -> None:
    outcome = bench.screen(GOOD.replace(",", sent))
    assert found(outcome) == ["columns.delimiter"]
    assert f"separated by {sent!r}; the agreed separator is ','" in str(outcome.problems[0]["message"])


def test_a_preamble_is_skipped_and_counted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__header_row=4))
    text = 'Figures of 2022-23\n"A note, with ""quotes""\nand lines"\n\n' + GOOD
    assert bench.screen(text).problems == []
    assert bench.rows("SELECT min(source_row), max(source_row) FROM observations") == [(5, 8)]


@pytest.mark.parametrize("extra", [-2, -1, 1, 5, 12])
def test_a_preamble_that_is_longer_or_shorter_than_agreed_is_skipped(tmp_path: Path, extra: int) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__header_row=4))
    above = 3 + extra
    assert bench.screen("Preamble,\n" * above + GOOD).problems == []
    assert bench.rows("SELECT min(source_row) FROM observations") == [(above + 2,)]


def test_an_unexpected_preamble_is_skipped(bench: Bench) -> None:
    assert bench.screen("Published 1 May 2023\n\n" + GOOD).problems == []
    assert bench.rows("SELECT min(source_row) FROM observations") == [(4,)]


def test_missing_columns_are_reported_for_the_row_most_like_the_header(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__header_row=4))
    outcome = bench.screen("Preamble,\n" * 2 + GOOD.replace("value", "amount", 1))
    assert [(p["source_row"], p["column_name"]) for p in outcome.problems] == [(3, "value")]


@pytest.mark.parametrize(
    "name",
    [
        "it's.csv",
        'quo"ted.csv',
        "star*[1]?.csv",
        "$$.csv",
        "a b;c.csv",
        "-- drop.csv",
        "ünïcode.csv",
        "no ending",
        "x.csv.gz",
    ],
)
def test_special_characters_in_a_file_name_have_no_effect(bench: Bench, name: str) -> None:
    outcome = bench.screen(GOOD, name)
    if name.endswith(".gz"):
        assert found(outcome) == ["file.not_what_it_says"]
    else:
        assert outcome.problems == []
        assert bench.rows("SELECT count(*) FROM observations") == [(4,)]


HOSTILE = ["it's", 'quo"te', "$$", "'; DROP TABLE raw; --", "{0}", "%s", "\\", "ünï", "a" * 3000, "*", "=1+1", "NULL"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_text_in_cells_has_no_effect(bench: Bench, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    rows = [f"2022-23,E06000001,{quoted},Male,Rate,5,10,50,{quoted},{quoted}"]
    outcome = bench.screen(csv_of(*rows))
    is_strange = len(text) > 200 or text.startswith(("=", "'"))
    assert found(outcome) == [*(["location.unlikely_name"] if is_strange else []), "value.unknown_status"]
    if outcome.accepted:
        assert bench.rows("SELECT location_name, note FROM observations") == [(text, f"{text}; {text}")]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_text_in_key_columns_is_reported_unchanged(bench: Bench, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    outcome = bench.screen(
        csv_of(",".join([quoted] * 10), f"{quoted},E06000001,{quoted},{quoted},Rate,5,10,{quoted},,")
    )
    assert set(found(outcome, "error")) - {"location.unlikely_name"} == {
        "category.unknown", "location.unknown_code", "measure.unknown_label", "period.unreadable", "value.not_a_number",
    }  # fmt: skip


@pytest.mark.parametrize("text", [t for t in HOSTILE if t != "NULL"], ids=lambda text: text[:12])
def test_hostile_text_in_the_header_has_no_effect(bench: Bench, text: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    outcome = bench.screen("".join(f"{line},{quoted if n == 0 else n}\n" for n, line in enumerate(GOOD.splitlines())))
    assert found(outcome) == ["columns.unknown"]
    assert outcome.problems[0]["column_name"] == text
    assert bench.rows("SELECT count(*) FROM observations") == [(4,)]


def test_a_contract_may_use_the_internal_column_names_of_screening(tmp_path: Path) -> None:
    clashing = ["source_row", "filtered", "c0", "rule", "shown", "label_key", "place_key", "text", "value_text"]
    contract, text = CONTRACT, GOOD
    for column, name in zip(HEADER.split(","), clashing, strict=False):
        contract = contract.replace(f"      {column}: {{", f"      {name}: {{").replace(f": {column}", f": {name}")
        contract = contract.replace(f"{{{column}:", f"{{{name}:")
        text = text.replace(column, name, 1)
    assert Bench(tmp_path, contract).screen(text).problems == []


def test_spaces_around_text_are_ignored(bench: Bench) -> None:
    text = csv_of(" 2022-23 ,\u00a0E06000001,Alpha , male ,  rate,5 ,\t10, 50 , [c] ,")
    assert bench.screen(text).problems == []
    assert bench.rows("SELECT location_name, category, value, value_status FROM observations") == [
        ("Alpha", "Male", 50.0, "c")
    ]


def test_several_broken_lines_are_each_reported_once(bench: Bench) -> None:
    text = csv_of(
        *GOOD_ROWS[:1], "only,three,cells", *GOOD_ROWS[1:2], GOOD_ROWS[2] + ",more,and more", '2022-23,"E06"x,,,,,,,,'
    )
    outcome = bench.screen(text)
    assert [(p["source_row"], str(p["message"]).rpartition(": ")[2]) for p in outcome.problems] == [
        (3, "it has fewer than 10 columns"),
        (5, "it has more than 10 columns"),
        (6, "its quotation marks do not match"),
    ]


def test_broken_lines_below_a_preamble_have_the_row_numbers_of_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__file__header_row=3))
    outcome = bench.screen("One,\nTwo,\n" + csv_of(*GOOD_ROWS, "only,three,cells"))
    assert [p["source_row"] for p in outcome.problems] == [8]


def test_a_file_of_one_column_is_read_with_its_blank_lines(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__columns={"value": {}},
        layouts__0__period={"submission": True},
        layouts__0__locations=[{"fixed": {"code": "E92000001", "level": "country", "name": "England"}}],
        layouts__0__characteristics=[],
        layouts__0__cells=[{"measure": "dept.count", "value": "value"}],
        layouts__0__note=None,
    )
    bench = Bench(tmp_path, contract)
    assert bench.screen("value\n\n7\n", hint="FY2022-23").problems == []
    assert bench.rows("SELECT source_row, location_name, period_code, value FROM observations") == [
        (3, "England", "FY2022-23", 7.0)
    ]


def test_a_wide_file_of_six_hundred_columns_is_read(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__columns={"period": {}, "area_code": {}},
        layouts__0__locations=[{"code": "area_code"}],
        layouts__0__characteristics=[],
        layouts__0__cells=[
            {"columns": r"Line (?P<service_line>\d+) - (?P<item>Count|Other)", "items": {"Count": "dept.count"}}
        ],
        layouts__0__note=None,
    )
    bench = Bench(tmp_path, contract)
    header = "period,area_code," + ",".join(f'"Line {n} -\nCount"' for n in range(600))
    row = "2022-23,E06000001," + ",".join(str(n) for n in range(600))
    outcome = bench.screen(f"{header}\n{row}\n")
    assert outcome.problems == []
    assert (outcome.cells, outcome.observations) == (600, 600)
    assert bench.rows(
        "SELECT count(*), sum(value) FROM observations WHERE service_line = CAST(value AS INT)::VARCHAR"
    ) == [(600, 600 * 599 / 2)]


def test_a_wide_file_whose_measure_columns_are_all_renamed_is_refused(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__columns={"period": {}, "area_code": {}},
        layouts__0__locations=[{"code": "area_code"}],
        layouts__0__characteristics=[],
        layouts__0__cells=[{"columns": r"(?P<service_line>.+) \((?P<item>C1)\)", "items": {"C1": "dept.count"}}],
        layouts__0__note=None,
    )
    bench = Bench(tmp_path, contract)
    assert bench.screen("period,area_code,Care (C1)\n2022-23,E06000001,5\n").problems == []
    outcome = bench.screen("period,area_code,Care (K1)\n2022-23,E06000001,5\n")
    assert found(outcome, "error") == ["columns.missing"]
    assert outcome.problems[0]["column_name"] == "C1"
