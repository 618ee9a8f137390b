"""Every screening rule with a file that passes it and a file that breaks it and no other."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestration.returns.rules import RULES
from tests.returns.screening.screening_bench import (
    CONTRACT,
    GOOD,
    GOOD_ROWS,
    HEADER,
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

CASES = [
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
        csv_of(changed(COUNT, indicator="Known"), changed(COUNT, indicator="Known!", area_code="E06000001")),
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
    Case("value.out_of_range", csv_of(RATE, changed(COUNT, value="-1")), row=3, column="value", severity="warning"),
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
