"""Population groups, service lines and measures that a file names itself."""

from pathlib import Path
from typing import Any

import pytest

from tests.returns.screening.screening_bench import MEANINGS_FILE, PLACES_FILE, Bench, contract_with, csv_of, found

GROUP = "SELECT population_group_code, characteristic, category FROM observations ORDER BY source_row"
DECILE = {
    "code": "decile", "name": "Decile", "column": "note", "scheme_column": "status", "total": [""], "open": True,
    "schemes": {"IMD 2019": {"code": "decile:imd2019", "name": "Decile (IMD 2019)"}},
    "categories": {"1": {"name": "1", "labels": ["Most deprived"]}},
}  # fmt: skip


def row(sex: str = "", status: str = "", note: str = "", indicator: str = "Count", area: str = "E06000002") -> str:
    name = "Beta" if area == "E06000002" else "Alpha"
    return f'2022-23,{area},{name},"{sex}","{indicator}",,,20,{status},{note}'


def split_bench(folder: Path, **decile: Any) -> Bench:
    contract = contract_with(
        layouts__0__characteristics__1={**DECILE, **decile},
        layouts__0__note=None, layouts__0__cells__0__status=None, layouts__0__cells__1__status=None,
    )  # fmt: skip
    return Bench(folder, contract)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_labels_and_blanks_become_categories_and_totals(bench: Bench) -> None:
    assert bench.screen(csv_of(row("MALE "), row("Female"), row("persons"), row("", area="E06000001"))).problems == []
    assert bench.rows(GROUP) == [
        ("sex=male", "Sex", "Male"), ("sex=female", "Sex", "Female"), ("Total", "Total", "Total"), ("Total", "Total", "Total"),
    ]  # fmt: skip


def test_a_blank_that_the_contract_does_not_call_total_is_refused(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, contract_with(layouts__0__characteristics__0__total=["Persons"])).screen(csv_of(row("")))
    assert found(outcome) == ["category.unknown"]


def test_pairs_are_joined_in_the_order_of_their_codes(tmp_path: Path) -> None:
    bench = split_bench(tmp_path)
    assert bench.screen(csv_of(row("Male", "IMD 2019", "most deprived"))).problems == []
    assert bench.rows(GROUP) == [("decile:imd2019=1;sex=male", "Decile (IMD 2019) × Sex", "1 × Male")]
    assert bench.rows("SELECT list_transform(members, lambda m: m.characteristic_code) FROM observations") == [
        (["decile:imd2019", "sex"],)
    ]


def test_a_scheme_that_is_not_listed_keeps_its_own_name_apart(tmp_path: Path) -> None:
    bench = split_bench(tmp_path)
    outcome = bench.screen(csv_of(row("", "IMD 2025", "Most deprived"), row("", "", "Most deprived"), row()))
    assert found(outcome) == ["category.learned"]
    assert bench.rows(GROUP) == [
        ("decile:imd_2025=1", "Decile (IMD 2025)", "1"), ("decile=1", "Decile", "1"), ("Total", "Total", "Total"),
    ]  # fmt: skip


def test_a_scheme_that_is_not_listed_is_refused_where_the_characteristic_is_closed(tmp_path: Path) -> None:
    outcome = split_bench(tmp_path, open=False).screen(csv_of(row("", "IMD 2025", "Most deprived")))
    assert [(p["rule"], p["value"]) for p in outcome.problems] == [("category.unknown", "IMD 2025: Most deprived")]


@pytest.mark.parametrize(
    ("one", "other"), [("<16", ">16"), ("65+", "65"), ("A & B", "A or B"), ("5%", "5"), ("***", "???")]
)
def test_new_categories_that_differ_in_a_sign_stay_apart(tmp_path: Path, one: str, other: str) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__characteristics__0__open=True))
    assert found(bench.screen(csv_of(row(one), row(other)))) == ["category.learned"]
    assert bench.rows("SELECT count(DISTINCT population_group_code), count(DISTINCT category) FROM observations") == [
        (2, 2)
    ]


@pytest.mark.parametrize(("one", "other"), [("1-4", "1.4"), ("Other", "(Other)")])
def test_new_categories_that_would_become_one_are_refused(tmp_path: Path, one: str, other: str) -> None:
    outcome = Bench(tmp_path, contract_with(layouts__0__characteristics__0__open=True)).screen(
        csv_of(row(one), row(other))
    )
    assert found(outcome, "error") == ["category.labels_collide"] or found(outcome, "error") == [
        "category.labels_collide", "key.repeated_with_different_values",
    ]  # fmt: skip


def test_spaces_and_case_make_no_new_category(tmp_path: Path) -> None:
    bench = Bench(tmp_path, contract_with(layouts__0__characteristics__0__open=True))
    assert found(bench.screen(csv_of(row("Not  stated"), row("not stated", area="E06000001"))), "error") == []
    assert bench.rows("SELECT DISTINCT population_group_code FROM observations") == [("sex=not_stated",)]


def test_a_label_means_what_the_contract_says_though_another_category_is_named_so(tmp_path: Path) -> None:
    fifths = {str(place): {"name": str(place), "labels": [str(6 - place)]} for place in range(1, 6)}
    bench = split_bench(tmp_path, categories=fifths, scheme_column=None, schemes={}, open=False)
    assert bench.screen(csv_of(row(note="5"), row(note="1", area="E06000001"))).problems == []
    assert [code for code, *_ in bench.rows(GROUP)] == ["decile=1", "decile=5"]


def test_two_groups_that_people_could_not_tell_apart_are_refused(tmp_path: Path) -> None:
    twin = {"code": "gender", "name": "Sex", "column": "note", "total": [""], "categories": {"male": {"name": "Male"}}}
    contract = contract_with(layouts__0__characteristics__1=twin, layouts__0__note=None)
    outcome = Bench(tmp_path, contract).screen(csv_of(row("Male"), row("", "", "Male")))
    assert found(outcome) == ["category.labels_collide"]
    assert outcome.problems[0]["message"] == "groups gender=male and sex=male have the same label 'Male'"


def test_a_category_may_be_told_by_the_label_of_the_measure_alone(tmp_path: Path) -> None:
    contract = contract_with(
        layouts__0__characteristics__0__column=None,
        layouts__0__cells=[
            {"measure": "dept.count", "when": {"indicator": [label]}, "sets": sets, "value": "value"}
            for label, sets in (("Male count", {"sex": "male"}), ("Female count", {"sex": "female"}), ("Count", {}))
        ],
    )
    bench = Bench(tmp_path, contract)
    rows = [row(indicator=label) for label in ("Male count", "Female count", "Count")]
    assert bench.screen(csv_of(*rows)).problems == []
    assert [code for code, *_ in bench.rows(GROUP)] == ["sex=male", "sex=female", "Total"]


def test_a_wrong_label_counts_only_where_no_measure_sets_the_category(tmp_path: Path) -> None:
    contract = contract_with(layouts__0__cells__0__sets={"sex": "male"})
    outcome = Bench(tmp_path, contract).screen(csv_of(row("Robot"), row("Android", indicator="Rate", area="E06000001")))
    assert [(p["rule"], p["value"]) for p in outcome.problems] == [("category.unknown", "Robot")]


# Service lines


def test_service_lines_are_named_squeezed_and_totalled(tmp_path: Path) -> None:
    line = {"column": "note", "total": ["All", ""], "aliases": {"type one": "Type 1"}}
    bench = Bench(tmp_path, contract_with(layouts__0__service_line=line, layouts__0__note=None))
    notes = ["Type  One", "type 2", "ALL ", ""]
    areas = ["E06000001", "E06000001", "E06000001", "E06000002"]
    assert bench.screen(csv_of(*(row(note=n, area=a) for n, a in zip(notes, areas, strict=True)))).problems == []
    assert bench.rows("SELECT service_line FROM observations ORDER BY source_row") == [
        ("Type 1",),
        ("type 2",),
        ("Total",),
        ("Total",),
    ]


def wide(**changes: Any) -> str:
    return contract_with(
        layouts__0__columns={"period": {}, "area_code": {}},
        layouts__0__locations=[{"code": "area_code"}],
        layouts__0__characteristics=[],
        layouts__0__header_noise=r"\s*\[note \d+\]",
        layouts__0__service_line={"aliases": {"adults": "Adult care"}, "total": ["All services"]},
        layouts__0__cells=[
            {"columns": "(?P<service_line>.+) - (?P<item>C1|C2)", "items": {"C1": "dept.count", "C2": "dept.rate"}},
            {"columns": "Staff", "measure": "dept.rate"},
        ],
        layouts__0__note=None,
        **changes,
    )


def test_wide_headers_name_measure_and_service_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path, wide())
    text = (
        "period,area_code,Adults [note 3] - C1,Adults - C2,All services - c1,Staff [note 1]\n2022-23,E06000001,1,2,3,\n"
    )
    assert bench.screen(text).problems == []
    assert bench.rows(
        "SELECT measure_code, service_line, value, value_status, source_column FROM observations ORDER BY ALL"
    ) == [
        ("dept.count", "Adult care", 1.0, "", "Adults [note 3] - C1"),
        ("dept.count", "Total", 3.0, "", "All services - c1"),
        ("dept.rate", "Adult care", 2.0, "", "Adults - C2"),
        ("dept.rate", "Total", None, "x", "Staff [note 1]"),
    ]


def test_two_wide_headers_of_one_line_are_a_repeated_key(tmp_path: Path) -> None:
    bench = Bench(tmp_path, wide())
    text = "period,area_code,Adults - C1,Adult care - C1,Adults - C2\n2022-23,E06000001,1,{},3\n"
    assert found(bench.screen(text.format(1)), "info", "error") == ["key.repeated"]
    outcome = bench.screen(text.format(2))
    assert found(outcome) == ["key.repeated_with_different_values"]
    assert [p["column_name"] for p in outcome.problems] == ["Adult care - C1", "Adults - C1"]


def test_a_wide_header_that_stands_twice_is_read_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, wide())
    text = "period,area_code,Adults - C1,Adults [note 2] - C1,Adults - C2\n2022-23,E06000001,1,{},3\n"
    outcome = bench.screen(text.format(1))
    assert found(outcome) == ["columns.repeated"]
    assert outcome.cells == 2
    assert found(bench.screen(text.format(2))) == ["columns.repeated_differently"]


def test_one_item_without_any_column_is_refused(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, wide()).screen("period,area_code,Adults - C1\n2022-23,E06000001,1\n")
    assert [(p["rule"], p["column_name"]) for p in outcome.problems] == [("columns.missing", "C2")]


# Measures that a file names itself


def named(**changes: Any) -> str:
    source = {
        "column": "indicator", "prefix": "dept.", "name_column": "note",
        "defaults": {"unit": "units", "value_type": "score", "domain": "context", "period": {"kind": "CY"}},
        "described_by": {
            "reference": "ref.meanings", "key": "Label", "name": "Title", "unit": "Unit", "polarity": "Good end",
            "definition": "Definition",
            "period_kind": "Year", "period_rules": {"Academic Year": {"kind": "AY"}, "Financial Year": {"kind": "FY"}},
            "value_types": {"^%": "proportion", "places": "count"}, "domain": "Good end", "domains": {"High": "standards"},
        },
        **changes,
    }  # fmt: skip
    return contract_with(layouts__0__cells=[{"measure_from": source, "value": "value"}], layouts__0__note=None)


MEASURES = """SELECT measure_code, measure_name, unit, value_type, polarity, domain, source FROM measures ORDER BY 1"""


def test_measures_are_described_by_the_reference_or_else_by_the_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, named())
    rows = [row(indicator="Places"), row(indicator="Share  %"), row(indicator="New", note="A new one")]
    assert found(bench.screen(csv_of(*(r.replace("2022-23", "2022-23") for r in rows))), "error") == []
    assert bench.rows(MEASURES) == [
        ("dept.New", "A new one", "units", "score", "none", "context", "return"),
        ("dept.Places", "Places in schools", "places", "count", "high", "standards", "reference"),
        ("dept.Share_pct", "Share of places", "%", "proportion", "low", "context", "reference"),
    ]
    assert bench.rows("SELECT measure_code, period_code FROM observations ORDER BY 1") == [
        ("dept.New", "CY2022-23"), ("dept.Places", "AY2022-23"), ("dept.Share_pct", "FY2022-23"),
    ]  # fmt: skip


def test_a_definition_of_the_reference_is_taken_in_one_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path, named())
    bench.screen(csv_of(row(indicator="Places"), row(indicator="Share %"), row(indicator="New")))
    assert bench.rows("SELECT measure_code, definition FROM measures ORDER BY 1") == [
        ("dept.New", ""), ("dept.Places", "Places that are there. Not those to come."), ("dept.Share_pct", ""),
    ]  # fmt: skip


def test_a_percent_sign_keeps_a_share_and_its_count_apart(tmp_path: Path) -> None:
    bench = Bench(tmp_path, named())
    assert found(bench.screen(csv_of(row(indicator="Share"), row(indicator="Share %"))), "error") == []
    assert bench.rows("SELECT DISTINCT measure_code FROM observations ORDER BY 1") == [
        ("dept.Share",),
        ("dept.Share_pct",),
    ]


def test_labels_that_would_become_one_measure_are_refused_and_named(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, named()).screen(
        csv_of(row(indicator="Free meals"), row(indicator="Free-meals", area="E06000001"))
    )
    (problem,) = [p for p in outcome.problems if p["severity"] == "error"]
    assert problem["rule"] == "measure.labels_collide"
    assert problem["message"] == "labels 'Free meals' and 'Free-meals' would all become measure dept.Free_meals"


@pytest.mark.parametrize("label", ["", "---", "?"])
def test_a_label_without_letters_names_no_measure(tmp_path: Path, label: str) -> None:
    outcome = Bench(tmp_path, named()).screen(csv_of(row(indicator="Places"), row(indicator=label)))
    assert found(outcome) == ["measure.unknown_label"]


def test_a_reference_that_has_not_landed_refuses_once(tmp_path: Path) -> None:
    outcome = Bench(tmp_path, named(), references={"ref.places": PLACES_FILE}).screen(csv_of(row(indicator="Places")))
    (problem,) = outcome.problems
    assert problem["rule"] == "references.missing"
    assert "'ref.meanings', which describes the measures of this return" in str(problem["message"])
    assert MEANINGS_FILE


def test_a_proportion_that_the_reference_describes_is_refused_above_one(tmp_path: Path) -> None:
    contract = contract_with(
        named(), layouts__0__cells__0__numerator="numerator", layouts__0__cells__0__denominator="denominator"
    )
    outcome = Bench(tmp_path, contract).screen(csv_of(row(indicator="Share %").replace(",,,20", ",3,2,150")))
    assert found(outcome) == ["consistency.numerator_above_denominator"]
