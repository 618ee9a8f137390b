"""Every screening rule with a file that passes it and a file that breaks it and no other."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from orchestration.contracts.measures import PeriodRule
from orchestration.returns.rules import RULES
from orchestration.returns.screening.checks import itself
from tests.returns.screening.screening_bench import (
    CODES,
    CONTRACT,
    GOOD,
    GOOD_ROWS,
    HEADER,
    MEANINGS_FILE,
    PLACES_FILE,
    Bench,
    contract_with,
    csv_of,
    found,
    locked,
    parquet,
    workbook,
)

RATE = "2022-23,E06000001,Alpha,Male,Rate,5,10,50,,"
COUNT = "2022-23,E06000002,Beta,,Count,,,20,,"


def changed(row: str, **cells: str) -> str:
    """A row with some cells written differently."""
    named = dict(zip(HEADER.split(","), row.split(","), strict=True)) | cells
    return ",".join(named.values())


def in_workbook(text: str, sheet: str = "Data") -> bytes:
    return workbook([line.split(",") for line in text.splitlines()], sheet)


@dataclass
class Case:
    """One rule: the contract, a file that passes, one that breaks it, and the problem in the report."""

    rule: str
    bad: str | bytes
    good: str | bytes = GOOD
    contract: str = CONTRACT
    name: str = "figures.csv"
    row: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1
    severity: str = "error"
    hint: str | None = None
    good_hint: str | None = None
    bench: dict[str, Any] = field(default_factory=dict)
    good_bench: dict[str, Any] = field(default_factory=dict)


XLSX = contract_with(layouts__0__file={"format": "xlsx", "sheet": "^Data"})
PARQUET = contract_with(layouts__0__file={"format": "parquet"})
BY_LEVEL = contract_with(
    layouts__0__locations=[{"when": {"sex": ["Male", "Persons", ""]}, "code": "area_code", "name": "area_name"}],
    layouts__0__rows={"drop": {"sex": ["Female"]}},
)
BY_NAME = contract_with(layouts__0__locations=[{"name": "area_name", "resolve": "name"}])
OPEN_CODES = contract_with(
    layouts__0__locations=[
        {"when": {"area_code": ["E06000001", "E06000002"]}, "code": "area_code"},
        {"code": "area_code", "name": "area_name", "scheme": "ods", "level": "nhs_trust", "open": True},
    ]
)
NAMED = contract_with(
    measures__2={
        "code": "dept.Known", "name": "Known", "unit": "people", "value_type": "count", "domain": "context",
    },
    layouts__0__cells=[
        {"measure_from": {"column": "indicator", "prefix": "dept.", "defaults": {"period": {"kind": "FY"}},
                          "described_by": {"reference": "ref.meanings", "key": "Label", "name": "Title", "unit": "Unit"}},
         "value": "value"},
    ],
)  # fmt: skip
PLACES_IN_SCHOOLS = csv_of(changed(COUNT, indicator="Places"))
OPEN_SEX = contract_with(layouts__0__characteristics__0__open=True)
TWINS = contract_with(
    layouts__0__characteristics__0__categories={
        "male": {"name": "Male"}, "female": {"name": "Female"},
        "other_a": {"name": "Other", "labels": ["Other A"]}, "other_b": {"name": "Other", "labels": ["Other B"]},
    }
)  # fmt: skip
SUMS = contract_with(
    measures__2={"code": "dept.part", "name": "Part", "unit": "people", "value_type": "count", "domain": "context",
                 "period": {"kind": "FY"}},
    controls=[{"name": "count = part", "kind": "sum", "total": "dept.count", "parts": ["dept.part"]}],
    layouts__0__cells__2={"measure": "dept.part", "when": {"indicator": ["Part"]}, "value": "value"},
)  # fmt: skip
RATIO = contract_with(controls=[{"name": "rate", "kind": "ratio", "total": "dept.rate", "tolerance": 0.5}])

WALES = {
    "codes": CODES.replace(
        "aliases:", "  W06: {level: local_authority, type: unitary_authority, description: Wales}\naliases:"
    ),
    "references": {"ref.places": PLACES_FILE + "W06000001,Wye,,\n", "ref.meanings": MEANINGS_FILE},
}
YEARS = [f"{2000 + n}-{(n + 1) % 100:02d}" for n in range(20)]
LIMITED = contract_with(
    layouts__0__columns__lower={}, layouts__0__columns__upper={},
    layouts__0__cells__1={"measure": "dept.count", "when": {"indicator": ["Count"]}, "value": "value",
                          "lower_95": "lower", "upper_95": "upper"},
)  # fmt: skip
MONTHLY = contract_with(measures__0__period={"kind": "month"}, measures__1__period={"kind": "month"})


def limited(*rows: str) -> str:
    """A file of counts of the areas Alpha and Beta; a row has a value, a lower and an upper limit."""
    areas = zip(("E06000001,Alpha", "E06000002,Beta"), rows, strict=True)
    lines = []
    for area, row in areas:
        value, lower, upper = row.split(",")
        lines.append(f"2022-23,{area},,Count,,,{value},,,{lower},{upper}")
    return csv_of(*lines, header=f"{HEADER},lower,upper")


def edited(change: Callable[[Any, Any], None]) -> bytes:
    """The good file as a workbook that `change` has edited, given the workbook and its sheet."""
    book = openpyxl.load_workbook(io.BytesIO(in_workbook(GOOD)))
    change(book, book["Data"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_a_macro(content: bytes) -> bytes:
    out = io.BytesIO(content)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
    return out.getvalue()


def footnoted(number: str) -> CellRichText:
    return CellRichText(number, TextBlock(InlineFont(vertAlign="superscript"), "5"))


def in_a_workbook(rule: str, bad: bytes, good: bytes | None = None, severity: str = "error") -> "Case":
    good = in_workbook(GOOD) if good is None else good
    return Case(rule, bad, good, contract=XLSX, name="figures.xlsx", severity=severity)


CASES = [
    in_a_workbook(
        "file.sheets_alike",
        edited(lambda book, page: book.copy_worksheet(page)),
        edited(lambda book, page: setattr(book.copy_worksheet(page), "sheet_state", "hidden")),
    ),
    in_a_workbook("file.formulas", edited(lambda book, page: page.__setitem__("H2", "=100*F2/G2"))),
    in_a_workbook(
        "file.superscripts",
        edited(lambda book, page: page.__setitem__("H5", footnoted("20"))),
        edited(lambda book, page: book.create_sheet("Notes").__setitem__("A1", footnoted("20"))),
    ),
    in_a_workbook(
        "file.hidden_rows",
        edited(lambda book, page: setattr(page.row_dimensions[3], "hidden", True)),
        severity="warning",
    ),
    in_a_workbook("file.macros", with_a_macro(in_workbook(GOOD)), severity="warning"),
    Case("file.empty", b""),
    Case("file.too_large", GOOD + "#" * (1 << 20), contract=contract_with(layouts__0__file__max_mb=1)),
    Case("file.not_what_it_says", b"%PDF-1.7\n1 0 obj\n"),
    Case("file.password_protected", locked(in_workbook(GOOD)), in_workbook(GOOD), contract=XLSX, name="figures.xlsx"),
    Case("file.encoding", GOOD.replace("Beta", "Bêta").encode("cp1252"), row=4),
    Case("file.sheet_missing", in_workbook(GOOD, "Notes"), in_workbook(GOOD), contract=XLSX, name="figures.xlsx"),
    Case("file.unreadable", b"PAR1" + b"\x01" * 500, contract=PARQUET, name="figures.parquet"),
    Case("file.truncated", GOOD[:-20], row=5, value="2022-23,E06000002"),
    Case("file.open_end", GOOD.rstrip("\n"), severity="warning"),
    Case("file.not_screened", GOOD, bench={"lost": "ref.places"}),
    Case("columns.delimiter", GOOD.replace(",", ";"), row=1),
    Case("columns.missing", GOOD.replace("value", "observation", 1), row=1, column="value"),
    Case(
        "columns.repeated",
        "\n".join(f"{line},{line.split(',')[5]}" for line in GOOD.splitlines()) + "\n",
        column="numerator",
        severity="warning",
    ),
    Case(
        "columns.repeated_differently",
        "\n".join(f"{line},{line.split(',')[6]}" for line in GOOD.replace("denominator", "numerator").splitlines())
        + "\n",
        GOOD,
        contract=contract_with(
            layouts__0__columns__denominator={"required": False}, layouts__0__cells__0__value="value"
        ),
        row=2,
        column="numerator",
    ),
    Case(
        "columns.unknown",
        "\n".join(f"{line},{'extra' if n == 0 else n}" for n, line in enumerate(GOOD.splitlines())) + "\n",
        column="extra",
        severity="warning",
    ),
    Case("rows.none", csv_of()),
    Case(
        "rows.end_missing",
        csv_of(*GOOD_ROWS[:2]),
        GOOD,
        contract=contract_with(layouts__0__rows={"until": {"area_name": ["Beta"], "sex": ["Persons"]}}),
    ),
    Case(
        "period.unknown_source",
        GOOD,
        contract=contract_with(layouts__0__period={"submission": True}),
        good_hint="FY2022-23",
    ),
    Case("references.missing", GOOD, bench={"references": {}}),
    Case("period.unreadable", csv_of(RATE, changed(COUNT, period="22/3")), row=3, column="period", value="22/3"),
    Case(
        "location.no_rule",
        csv_of(RATE, changed(RATE, sex="F")),
        csv_of(RATE, changed(RATE, sex="Female")),
        contract=contract_with(BY_LEVEL, layouts__0__characteristics__0__categories__female__labels=["F"]),
        row=3,
        column="area_code",
        value="F / E06000001 / Alpha",
    ),
    Case("location.missing", csv_of(RATE, changed(COUNT, area_code=" ")), row=3, column="area_code"),
    Case(
        "location.unknown_code",
        csv_of(RATE, changed(COUNT, area_code="E06000099"), changed(COUNT, area_code="E06000099", sex="Male")),
        row=3,
        column="area_code",
        value="E06000099 / Beta",
        count=2,
    ),
    Case(
        "location.unknown_name",
        csv_of(RATE, changed(COUNT, area_name="Omega")),
        contract=BY_NAME,
        row=3,
        column="area_name",
        value="Omega",
    ),
    Case(
        "location.ambiguous_name",
        csv_of(RATE, changed(COUNT, area_name="Gamma")),
        contract=BY_NAME,
        row=3,
        column="area_name",
        value="Gamma",
    ),
    Case(
        "location.learned",
        csv_of(RATE, changed(COUNT, area_code="RX1", area_name="A Trust")),
        contract=OPEN_CODES,
        row=3,
        column="area_code",
        value="RX1 / A Trust",
        severity="warning",
    ),
    Case(
        "measure.unknown_label",
        csv_of(RATE, changed(COUNT, indicator="Total")),
        row=3,
        column="indicator",
        value="Total",
    ),
    Case(
        "measure.labels_collide",
        csv_of(
            changed(COUNT, indicator="Known"),
            changed(COUNT, indicator="Known!", area_code="E06000001", area_name="Alpha"),
        ),
        PLACES_IN_SCHOOLS,
        contract=NAMED,
        row=2,
        column="indicator",
        count=2,
    ),
    Case(
        "measure.undescribed",
        csv_of(changed(COUNT, indicator="Places"), changed(COUNT, indicator="New one")),
        PLACES_IN_SCHOOLS,
        contract=NAMED,
        row=3,
        column="indicator",
        value="New one",
        severity="warning",
    ),
    Case("category.unknown", csv_of(RATE, changed(RATE, sex="Robot")), row=3, column="sex", value="Robot"),
    Case(
        "category.learned",
        csv_of(RATE, changed(RATE, sex="Other")),
        contract=OPEN_SEX,
        row=3,
        column="sex",
        value="Other",
        severity="warning",
    ),
    Case(
        "category.labels_collide",
        csv_of(changed(RATE, sex="Other A"), changed(RATE, sex="Other B")),
        csv_of(changed(RATE, sex="Other A"), changed(RATE, sex="Male")),
        contract=TWINS,
        row=2,
        value="Other",
        count=2,
    ),
    Case("value.not_a_number", csv_of(RATE, changed(COUNT, value="12a")), row=3, column="value", value="12a"),
    Case(
        "value.unknown_label",
        csv_of(RATE, changed(COUNT, value="few")),
        csv_of(RATE, changed(COUNT, value="many")),
        contract=contract_with(layouts__0__cells__1__scores={"value": {"Many": 2, "Some": 1}}),
        row=3,
        column="value",
        value="few",
    ),
    Case(
        "value.unknown_status",
        csv_of(changed(RATE, status="c"), changed(COUNT, status="see page 2")),
        csv_of(changed(RATE, status="[c]"), COUNT),
        row=3,
        column="status",
        value="see page 2",
        severity="warning",
    ),
    Case(
        "value.out_of_range",
        csv_of(RATE, changed(COUNT, value="101")),
        csv_of(RATE, changed(COUNT, value="100")),
        contract=contract_with(measures__1__maximum=100),
        row=3,
        column="value",
        severity="warning",
    ),
    Case(
        "period.contradicted",
        GOOD,
        contract=contract_with(layouts__0__period={"submission": True}),
        name="figures_2023-24.csv",
        hint="FY2022-23",
        good_hint="FY2023-24",
        value="FY2022-23",
    ),
    Case(
        "period.filled_down",
        csv_of(*(changed(RATE, period=label) for label in ("2019-20", "2019-21", "2019-22"))),
        csv_of(*(changed(RATE, period=label) for label in ("2019-20", "2020-21", "2021-22"))),
        count=3,
    ),
    Case(
        "location.outside_coverage",
        csv_of(RATE, changed(COUNT, area_code="W06000001", area_name="Wye")),
        contract=contract_with(covers="E92000001"),
        row=3,
        column="area_code",
        value="W06000001",
        severity="warning",
        bench=WALES,
        good_bench=WALES,
    ),
    Case(
        "location.another_name",
        csv_of(RATE, changed(COUNT, area_name="Alpha")),
        row=3,
        column="area_name",
        value="Alpha",
        severity="warning",
    ),
    Case(
        "location.several_names",
        csv_of(
            changed(COUNT, area_code="E06000003", area_name="Gamma"),
            changed(COUNT, area_code="E06000003", area_name="Gamma Town", period="2021-22"),
        ),
        row=2,
        column="area_name",
        value="E06000003",
        count=2,
        severity="warning",
    ),
    Case(
        "location.unlikely_name",
        csv_of(RATE, changed(COUNT, area_name="B" * 201)),
        csv_of(RATE, changed(COUNT, area_name="B" * 200)),
        row=3,
        column="area_name",
        value="B" * 80,
    ),
    Case(
        "line.blank",
        csv_of(f"{RATE},Beds", f"{COUNT},", header=f"{HEADER},line"),
        csv_of(f"{RATE},Beds", f"{COUNT},Total", header=f"{HEADER},line"),
        contract=contract_with(
            layouts__0__columns__line={}, layouts__0__service_line={"column": "line", "total": ["Total"]}
        ),
        row=3,
        column="line",
    ),
    Case(
        "value.negative",
        csv_of(RATE, changed(COUNT, value="-1")),
        csv_of(RATE, changed(COUNT, value="0")),
        contract=contract_with(measures__1__minimum=None),
        row=3,
        column="value",
        value="-1.0",
    ),
    Case(
        "value.ambiguous_separator",
        csv_of(changed(COUNT, value='"5,505"'), changed(COUNT, value="5505.5", period="2021-22")),
        csv_of(changed(COUNT, value='"5,505"'), changed(COUNT, value="505", period="2021-22")),
        row=2,
        column="value",
        value="5,505",
    ),
    Case(
        "value.digits_lost",
        csv_of(RATE, changed(COUNT, value="1.22E+07")),
        csv_of(RATE, changed(COUNT, value="12234567")),
        row=3,
        column="value",
        value="1.22E+07",
        severity="warning",
    ),
    Case(
        "value.all_missing",
        csv_of(*(changed(COUNT, value="..", period=year) for year in YEARS)),
        csv_of(COUNT, *(changed(COUNT, value="..", period=year) for year in YEARS[1:])),
        row=2,
        column="value",
        count=20,
        severity="warning",
    ),
    Case(
        "value.all_equal",
        csv_of(*(changed(COUNT, period=year) for year in YEARS)),
        csv_of(*(changed(COUNT, value=year[2:4], period=year) for year in YEARS)),
        row=2,
        column="value",
        count=20,
        severity="warning",
    ),
    Case(
        "limits.reversed",
        limited("50,60,40", "40,30,50"),
        limited("50,40,60", "40,30,50"),
        contract=LIMITED,
        row=2,
        column="value",
        value="60.0",
        severity="warning",
    ),
    Case(
        "limits.exclude_value",
        limited("50,51,60", "40,30,50"),
        limited("50,50,60", "40,30,40"),
        contract=LIMITED,
        row=2,
        column="value",
        value="50.0",
        severity="warning",
    ),
    Case("period.in_future", csv_of(RATE, changed(COUNT, period="2030-31")), row=3, value="2030-31"),
    Case(
        "period.too_early",
        csv_of(RATE, changed(COUNT, period="1825-26")),
        csv_of(RATE, changed(COUNT, period="1925-26")),
        row=3,
        value="1825-26",
        severity="warning",
    ),
    Case(
        "period.day_ignored",
        csv_of(changed(COUNT, period="2023-04-15")),
        csv_of(changed(COUNT, period="2023-04-01")),
        contract=MONTHLY,
        severity="warning",
    ),
    Case(
        "period.days_and_months_exchanged",
        csv_of(changed(COUNT, period="04/01/2023")),
        csv_of(changed(COUNT, period="01/04/2023")),
        contract=MONTHLY,
        value="04/01/2023",
    ),
    Case("key.repeated", csv_of(RATE, RATE, changed(RATE, value="50.0")), row=3, count=2, severity="info"),
    Case(
        "key.repeated_with_different_values",
        csv_of(COUNT, changed(COUNT, value="21")),
        csv_of(COUNT, changed(COUNT, value="21", period="2021-22")),
        row=2,
        column="value",
        value="20.0",
    ),
    Case(
        "consistency.numerator_above_denominator",
        csv_of(COUNT, changed(RATE, numerator="11", value="110")),
        row=3,
        column="value",
        value="11.0",
    ),
    Case(
        "control.sum",
        csv_of(COUNT, changed(COUNT, indicator="Part", value="19")),
        csv_of(COUNT, changed(COUNT, indicator="Part", value="20")),
        contract=SUMS,
        row=2,
        column="value",
    ),
    Case(
        "control.ratio", csv_of(COUNT, changed(RATE, value="51")), contract=RATIO, row=3, column="value", value="51.0"
    ),
]


def bench_for(case: Case, folder: Path, options: dict[str, Any]) -> Bench:
    options = dict(options)
    lost = options.pop("lost", None)
    bench = Bench(folder, case.contract, **options)
    if lost:
        bench.references[lost].unlink()
    return bench


def passing(case: Case, folder: Path) -> str | bytes:
    """The file that passes: as text, or the same rows as Parquet where the contract asks for that."""
    if case.contract is not PARQUET:
        return case.good
    (folder / "good.csv").write_text(GOOD, encoding="utf-8")
    return parquet(folder, f"SELECT * FROM read_csv('{folder}/good.csv', all_varchar = true)")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_good_file_passes_the_rule(case: Case, tmp_path: Path) -> None:
    bench = bench_for(case, tmp_path, case.good_bench)
    outcome = bench.screen(passing(case, tmp_path), case.name, case.good_hint)
    assert found(outcome, "error", "warning", "info") == []
    assert outcome.accepted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_a_bad_file_breaks_exactly_that_rule(case: Case, tmp_path: Path) -> None:
    outcome = bench_for(case, tmp_path, case.bench).screen(case.bad, case.name, case.hint)
    graver = ["error", "warning"] if case.severity == "info" else []
    assert found(outcome, *graver) == ([] if case.severity == "info" else [case.rule])
    problem = next(p for p in outcome.problems if p["rule"] == case.rule)
    assert problem["severity"] == case.severity
    assert outcome.accepted == (case.severity != "error")
    assert (problem["source_row"], problem["column_name"]) == (case.row, case.column)
    assert case.value is None or problem["value"] == case.value
    assert problem["occurrence_count"] == case.count
    assert problem["message"]
    assert problem["remedy"] == RULES[case.rule].remedy


@pytest.mark.parametrize("case", [c for c in CASES if RULES[c.rule].stage == "file"], ids=lambda case: case.rule)
def test_a_problem_of_the_file_names_the_file(case: Case, tmp_path: Path) -> None:
    outcome = bench_for(case, tmp_path, case.bench).screen(case.bad, case.name, case.hint)
    assert case.name in str(outcome.problems[0]["message"])


def test_every_rule_has_its_pair() -> None:
    assert sorted(case.rule for case in CASES) == sorted(RULES)


def test_limits_in_the_wrong_order_are_left_out_with_a_note(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LIMITED)
    assert bench.screen(limited("50,60,40", "40,30,50")).accepted
    assert bench.rows("SELECT lower_95, upper_95, note FROM observations ORDER BY location_code") == [
        (None, None, "limits left out: the lower was above the upper"),
        (30.0, 50.0, None),
    ]


def test_limits_in_the_wrong_order_everywhere_refuse_the_file(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, LIMITED).screen(limited("50,60,40", "40,50,30"))
    assert [(p["rule"], p["severity"]) for p in outcome.problems] == [("limits.reversed", "error")] * 2
    assert not outcome.accepted


@pytest.mark.parametrize("text", ["£", "1e5%", "1e-999", "3,5", "1,2345"])
def test_a_text_that_only_looks_like_a_number_is_refused(tmp_path: Path, text: str) -> None:
    outcome = Bench(tmp_path).screen(csv_of(RATE, changed(COUNT, value=f'"{text}"')))
    assert found(outcome) == ["value.not_a_number"]


@pytest.mark.parametrize(
    ("label", "file", "is_contradicted"),
    [
        ("FY2023-24", "figures_2023-24.csv", False),
        ("FY2023-24", "figures_v2026-01-19.csv", False),
        ("FY2023-24", "figures_202425.csv", True),
        ("CY2024", "figures_2023-24.csv", False),
        ("CY2024", "figures_2024-25.csv", False),
        ("CY2024", "figures_2021-22.csv", True),
    ],
)
def test_a_file_of_another_year_contradicts_its_period(label: str, file: str, is_contradicted: bool) -> None:
    problem = itself.contradicted(label, {"file": file}, PeriodRule(kind="FY"))
    assert (problem is not None) is is_contradicted
