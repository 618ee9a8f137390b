"""Several characteristics in one column, markers of one layout, lines that end early, measures not in a file."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts.breakdowns import Characteristic
from orchestration.foundation.errors import ContractError
from tests.returns.screening.screening_bench import GOOD, GOOD_ROWS, HEADER, Bench, contract_with, csv_of, found

GROUP = "SELECT population_group_code, characteristic, category FROM observations ORDER BY source_row"
SEX = {
    "code": "sex", "name": "Sex", "column": "sex", "when": {"status": ["Sex", "Age and sex"]},
    "label": "(?i)(?:^| )(male|female)$", "total": ["Total"],
    "categories": {"male": {"name": "Male"}, "female": {"name": "Female"}},
}  # fmt: skip
AGE = {
    "code": "age", "name": "Age", "column": "sex", "when": {"status": ["Age", "Age and sex"]},
    "label": "(?i)^age (.*?)(?: (?:male|female))?$", "total": ["Total"], "open": True,
    "categories": {"5": {"name": "5"}},
}  # fmt: skip
REST = {
    "code": "other", "name": "Other", "column": "sex", "otherwise": True, "scheme_column": "status",
    "total": ["Total"], "open": True,
}  # fmt: skip


def sharing(folder: Path, *splits: dict[str, Any]) -> Bench:
    """A bench whose column `status` names the characteristic and whose column `sex` holds its category."""
    contract = contract_with(
        layouts__0__characteristics=list(splits),
        layouts__0__cells__0__status=None, layouts__0__cells__1__status=None,
    )  # fmt: skip
    return Bench(folder, contract)


def row(group: str, label: str, area: str = "E06000002") -> str:
    name = "Beta" if area == "E06000002" else "Alpha"
    return f'2022-23,{area},{name},"{label}",Count,,,20,"{group}",'


def test_one_column_names_the_characteristic_and_another_its_category(tmp_path: Path) -> None:
    bench = sharing(tmp_path, SEX, AGE)
    sent = csv_of(
        row("Total", "Total"), row("Sex", "Gender male"), row("Age", "Age 5"), row("age and sex", "AGE 5 Male")
    )
    assert bench.screen(sent).problems == []
    assert bench.rows(GROUP) == [
        ("Total", "Total", "Total"), ("sex=male", "Sex", "Male"), ("age=5", "Age", "5"),
        ("age=5;sex=male", "Age × Sex", "5 × Male"),
    ]  # fmt: skip


def test_the_total_of_a_group_is_everyone(tmp_path: Path) -> None:
    bench = sharing(tmp_path, SEX, AGE)
    assert found(bench.screen(csv_of(row("Sex", "total"), row("Total", "Total", "E06000001")))) == []
    assert {code for code, *_ in bench.rows(GROUP)} == {"Total"}


@pytest.mark.parametrize(
    ("group", "label", "shown"),
    [("Height", "Tall", "Height: Tall"), ("Sex", "Robot", "Sex: Robot"), ("Sex", "", "Sex"), ("", "Age 5", "Age 5")],
)
def test_a_label_that_no_characteristic_takes_is_refused_once(
    tmp_path: Path, group: str, label: str, shown: str
) -> None:
    outcome = sharing(tmp_path, SEX, AGE).screen(csv_of(row("Sex", "Male"), row(group, label)))
    assert [(p["rule"], p["value"], p["column_name"]) for p in outcome.problems] == [("category.unknown", shown, "sex")]


def test_what_no_other_takes_may_be_kept_under_its_own_name(tmp_path: Path) -> None:
    bench = sharing(tmp_path, SEX, AGE, REST)
    outcome = bench.screen(
        csv_of(row("Total", "Total"), row("Sex", "Male"), row("Height", "Tall"), row("Weight", "Tall"))
    )
    assert [p["value"] for p in outcome.problems if p["rule"] == "category.learned"] == ["Height: Tall", "Weight: Tall"]
    assert bench.rows(GROUP) == [
        ("Total", "Total", "Total"), ("sex=male", "Sex", "Male"),
        ("other:height=tall", "Other (Height)", "Tall"), ("other:weight=tall", "Other (Weight)", "Tall"),
    ]  # fmt: skip


def test_a_new_category_of_a_part_of_a_label_is_learned_from_that_part(tmp_path: Path) -> None:
    bench = sharing(tmp_path, SEX, AGE)
    assert found(bench.screen(csv_of(row("Age and sex", "Age 19 and over Female")))) == ["category.learned"]
    assert [code for code, *_ in bench.rows(GROUP)] == ["age=19_and_over;sex=female"]


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ({"when": {"group": ["Sex"]}}, "needs the column"),
        ({"column": "sex", "otherwise": True, "label": "(.*)"}, "has otherwise together with when or label"),
        ({"column": "sex", "label": "male|female"}, "exactly one group"),
    ],
)
def test_a_characteristic_that_cannot_be_told_is_no_characteristic(split: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Characteristic.model_validate({"code": "sex", "name": "Sex", **split})


# Markers of one layout


def test_a_marker_may_have_meant_something_else_in_one_layout(tmp_path: Path) -> None:
    sent = csv_of("2022-23,E06000002,Beta,,Count,,,..,,", "2022-23,E06000001,Alpha,,Count,,,c,,")
    status = "SELECT value_status FROM observations ORDER BY source_row"
    bench = Bench(tmp_path, contract_with(layouts__0__markers={"..": "c"}))
    assert bench.screen(sent).problems == []
    assert bench.rows(status) == [("c",), ("c",)]


def test_a_marker_of_a_layout_needs_a_status(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"marker '\.\.' needs a status"):
        Bench(tmp_path, contract_with(layouts__0__markers={"..": ""}))


# Lines that end early

SHORT = contract_with(layouts__0__file={"format": "csv", "short_lines": "fill"})
EARLY = "2022-23,E06000001,Alpha,,Count"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_that_ends_early_lacks_its_last_cells_where_the_contract_says_so(tmp_path: Path, end: str) -> None:
    bench = Bench(tmp_path, SHORT)
    assert bench.screen(csv_of(EARLY, *GOOD_ROWS).replace("\n", end)).problems == []
    assert bench.rows("SELECT source_row, value, value_status FROM observations ORDER BY 1 LIMIT 2") == [
        (2, None, "x"), (3, 50.0, ""),
    ]  # fmt: skip


def test_elsewhere_it_is_a_broken_line(tmp_path: Path) -> None:
    outcome = Bench(tmp_path).screen(csv_of(EARLY, *GOOD_ROWS))
    assert [(p["rule"], p["source_row"]) for p in outcome.problems] == [("file.truncated", 2)]


def test_the_last_line_without_a_line_end_was_cut_and_did_not_end_early(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, SHORT).screen(csv_of(EARLY, *GOOD_ROWS).rstrip("\n")[:-25])
    assert [(p["rule"], p["source_row"]) for p in outcome.problems if p["severity"] == "error"] == [
        ("file.truncated", 6)
    ]


def test_a_line_that_is_too_long_stays_broken(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, SHORT).screen(csv_of(*GOOD_ROWS, GOOD_ROWS[0] + ",one more"))
    assert found(outcome) == ["file.truncated"]


# Measures that a file does not have


def test_a_measure_whose_column_is_not_in_the_file_makes_no_cells(tmp_path: Path) -> None:
    more = {"measure": "dept.more", "value": "more", "denominator": "denominator"}
    base = contract_with(
        measures__2={"code": "dept.more", "name": "More", "unit": "people", "value_type": "count", "domain": "context",
                     "period": {"kind": "FY"}},
        layouts__0__columns__more={"required": False}, layouts__0__cells__2=more,
    )  # fmt: skip
    bench = Bench(tmp_path, base)
    outcome = bench.screen(GOOD)
    assert (outcome.problems, outcome.cells, outcome.observations) == ([], 4, 4)
    with_more = bench.screen(csv_of(*(f"{line},7" for line in GOOD_ROWS[:3]), header=f"{HEADER},more"))
    assert (with_more.problems, with_more.cells) == ([], 6)
