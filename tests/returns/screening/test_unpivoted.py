"""Columns per location, blanks that are a category, noise in names, codes with a description, rows not agreed."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.foundation.errors import ContractError
from tests.returns.screening.screening_bench import Bench, contract_with, found

WIDE = "Year,Table,Unit,Alpha,Beta,Total\n2022-23,Spend,£m,10,20,30\n2022-23,Staff,no.,1,..,3\n2022-23,Other,%,5,6,7\n"


def sideways(folder: Path, **changes: Any) -> Bench:
    """A bench with one column for each location."""
    contract = contract_with(
        layouts__0__columns={"Year": {}, "Table": {}, "Unit": {}},
        layouts__0__ignore_columns=["total"],
        layouts__0__unfold={"columns": "Alpha|Beta", "label": "Place", "figure": "Figure"},
        layouts__0__rows={"only_measures": True},
        layouts__0__period={"column": "Year"},
        layouts__0__locations=[{"name": "Place", "resolve": "name", "levels": ["local_authority"]}],
        layouts__0__characteristics=None,
        layouts__0__note=None,
        layouts__0__cells=[
            {"measure": "dept.count", "when": {"Table": ["Staff"]}, "value": "Figure"},
            {"measure": "dept.rate", "when": {"Table": ["Spend"]}, "value": "Figure"},
        ],
        **changes,
    )
    return Bench(folder, contract)


def test_a_row_becomes_one_for_each_place(tmp_path: Path) -> None:
    bench = sideways(tmp_path)
    outcome = bench.screen(WIDE)
    assert found(outcome) == []
    assert bench.rows(
        "SELECT measure_code, location_code, value, value_status, source_row, source_column FROM observations ORDER BY ALL"
    ) == [
        ("dept.count", "E06000001", 1.0, "", 3, "Alpha"),
        ("dept.count", "E06000002", None, "x", 3, "Beta"),
        ("dept.rate", "E06000001", 10.0, "", 2, "Alpha"),
        ("dept.rate", "E06000002", 20.0, "", 2, "Beta"),
    ]
    # The two cells of the third row are no agreed measure, and are counted as left out.
    assert (outcome.cells, outcome.observations, outcome.filtered) == (6, 4, 2)


def test_a_wrong_figure_is_shown_under_its_own_column(tmp_path: Path) -> None:
    bench = sideways(tmp_path)
    outcome = bench.screen(WIDE.replace("1,..,3", "1,some,3"))
    (problem,) = [one for one in outcome.problems if one["severity"] == "error"]
    assert (problem["source_row"], problem["column_name"]) == (3, "Beta")


def test_a_file_without_any_of_the_places_is_refused(tmp_path: Path) -> None:
    outcome = sideways(tmp_path).screen(WIDE.replace("Alpha,Beta", "Gamma,Delta"))
    assert found(outcome, "error") == ["columns.missing"]


def test_rows_that_nobody_agreed_are_refused_unless_the_contract_leaves_them_out(tmp_path: Path) -> None:
    outcome = sideways(tmp_path, layouts__0__rows__only_measures=False).screen(WIDE)
    assert found(outcome, "error") == ["measure.unknown_label"]


def test_unfolding_makes_no_column_that_the_file_has(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="unfold creates column 'Unit'"):
        sideways(tmp_path, layouts__0__unfold__label="Unit").screen(WIDE)


def test_a_blank_may_be_a_category(tmp_path: Path) -> None:
    splits = [
        {"code": "sex", "name": "Sex", "column": "sex", "total": ["Persons"],
         "categories": {"male": {"name": "Male"}, "none_recorded": {"name": "None recorded", "labels": [""]}}},
    ]  # fmt: skip
    bench = Bench(tmp_path, contract_with(layouts__0__characteristics=splits))
    rows = "".join(f"2022-23,E0600000{n},,{sex},Count,,,{n},,\n" for n, sex in enumerate(("Male", "", "Persons"), 1))
    header = "period,area_code,area_name,sex,indicator,numerator,denominator,value,status,note\n"
    assert found(bench.screen(header + rows)) == []
    groups = bench.rows("SELECT population_group_code, category FROM observations ORDER BY source_row")
    assert groups == [("sex=male", "Male"), ("sex=none_recorded", "None recorded"), ("Total", "Total")]


def test_a_name_is_known_without_what_the_contract_takes_away(tmp_path: Path) -> None:
    rule = {
        "name": "area_name", "name_noise": "(?i) council$", "resolve": "name", "levels": ["local_authority"],
        "places": {"Joint Council": {"code": "own:joint", "level": "local_authority", "name": "Joint"}},
    }  # fmt: skip
    bench = Bench(tmp_path, contract_with(layouts__0__locations=[rule]))
    header = "period,area_code,area_name,sex,indicator,numerator,denominator,value,status,note\n"
    rows = "".join(f"2022-23,,{name},,Count,,,1,,\n" for name in ("Alpha Council", "Beta COUNCIL", "Joint Council"))
    assert found(bench.screen(header + rows)) == []
    codes = bench.rows("SELECT location_code FROM observations ORDER BY source_row")
    assert codes == [("E06000001",), ("E06000002",), ("own:joint",)]


def test_a_code_stands_with_its_description(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        contract_with(layouts__0__service_line={"column": "status", "described_by": "area_name"},
                      layouts__0__cells__0__status=None, layouts__0__cells__1__status=None),
    )  # fmt: skip
    header = "period,area_code,area_name,sex,indicator,numerator,denominator,value,status,note\n"
    assert found(bench.screen(header + "2022-23,E06000001,Complex care,,Count,,,1,AA10,\n")) == []
    assert bench.rows("SELECT service_line FROM observations") == [("AA10 Complex care",)]
