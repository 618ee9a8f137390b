"""Which place a row is about: by code and by name, through references, spellings and contracts."""

from pathlib import Path
from typing import Any

import pytest

from tests.returns.screening.screening_bench import (
    CODES,
    GOOD,
    MEANINGS_FILE,
    PLACES_FILE,
    Bench,
    contract_with,
    csv_of,
    found,
)

PLACE = "SELECT DISTINCT location_code, location_level, location_name FROM observations ORDER BY ALL"
LEARNED = (
    "SELECT DISTINCT location_code, location_level, location_name, scheme, in_reference FROM locations ORDER BY ALL"
)


def row(code: str = "E06000001", name: str = "Alpha") -> str:
    return f"2022-23,{code},{name},,Count,,,20,,"


def bench_with(folder: Path, *rules: dict[str, Any], **options: Any) -> Bench:
    return Bench(folder, contract_with(layouts__0__locations=list(rules)), **options)


BY_CODE = {"code": "area_code", "name": "area_name"}
BY_NAME = {"name": "area_name", "resolve": "name"}
OWN = {"code": "area_code", "name": "area_name", "scheme": "own", "level": "local_authority"}


def test_a_known_code_keeps_the_name_that_the_file_gives(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, BY_CODE)
    assert bench.screen(csv_of(row(name="Alpha Town"))).problems == []
    assert bench.rows(PLACE) == [("E06000001", "local_authority", "Alpha Town")]
    assert bench.rows(LEARNED) == [("E06000001", "local_authority", "Alpha Town", "gss", True)]


def test_a_code_without_a_name_is_named_by_the_references(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {"code": "area_code"})
    assert bench.screen(csv_of(row())).problems == []
    assert bench.rows(PLACE) == [("E06000001", "local_authority", "Alpha")]


def test_a_place_of_a_known_kind_is_learned_where_the_scheme_is_open(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {**BY_CODE, "open": True})
    assert found(bench.screen(csv_of(row("E07000777", "Newtown")))) == ["location.learned"]
    assert bench.rows(LEARNED) == [("E07000777", "district", "Newtown", "gss", False)]
    assert found(bench.screen(csv_of(row("Q99000001", "Nowhere")))) == ["location.unknown_code"]


def test_the_level_of_a_rule_goes_before_that_of_the_code(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {"when": {"sex": [""]}, **BY_CODE, "level": "strategic_authority"})
    assert bench.screen(csv_of(row())).problems == []
    assert bench.rows(PLACE) == [("E06000001", "strategic_authority", "Alpha")]


def test_a_place_without_gss_code_falls_back_to_its_issuer(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {**BY_CODE, "fallback_scheme": "ecode", "level": "fire_authority", "open": True})
    assert found(bench.screen(csv_of(row("E6803", "Fire Authority")))) == ["location.learned"]
    assert bench.rows(LEARNED) == [("ecode:E6803", "fire_authority", "Fire Authority", "ecode", False)]


@pytest.mark.parametrize("sent", ["101", "101.0"])
def test_an_issuers_code_that_a_reference_knows_becomes_the_gss_code(tmp_path: Path, sent: str) -> None:
    bench = bench_with(tmp_path, OWN)
    assert bench.screen(csv_of(row(sent))).problems == []
    assert bench.rows(LEARNED) == [("E06000001", "local_authority", "Alpha", "gss", True)]


def test_an_issuers_code_that_no_reference_knows_is_refused_or_learned(tmp_path: Path) -> None:
    assert found(bench_with(tmp_path, OWN).screen(csv_of(row("999")))) == ["location.unknown_code"]
    bench = bench_with(tmp_path, {**OWN, "open": True})
    assert found(bench.screen(csv_of(row("999")))) == ["location.learned"]
    assert bench.rows(LEARNED) == [("own:999", "local_authority", "Alpha", "own", False)]


@pytest.mark.parametrize("name", ["Alpha", "ALPHA", " the  alpha ", "Alpha.", "Old Alpha", "old-alpha"])
def test_names_and_other_spellings_resolve(tmp_path: Path, name: str) -> None:
    bench = bench_with(tmp_path, BY_NAME)
    assert bench.screen(csv_of(row(name=name))).problems == []
    assert [found[:2] for found in bench.rows(PLACE)] == [("E06000001", "local_authority")]


def test_a_name_of_two_levels_is_told_apart_by_the_level(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {**BY_NAME, "levels": ["district"]})
    assert bench.screen(csv_of(row(name="Gamma"))).problems == []
    assert bench.rows(PLACE) == [("E07000003", "district", "Gamma")]


def test_a_place_that_exists_goes_before_one_that_ended(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, BY_NAME)
    assert bench.screen(csv_of(row(name="Delta"))).problems == []
    assert bench.rows(PLACE) == [("E06000005", "local_authority", "Delta")]


def test_an_agreed_spelling_goes_before_any_reference(tmp_path: Path) -> None:
    codes = CODES.replace("Old Alpha", "Gamma")
    bench = bench_with(tmp_path, BY_NAME, codes=codes)
    assert bench.screen(csv_of(row(name="Gamma"))).problems == []
    assert bench.rows(PLACE) == [("E06000001", "local_authority", "Gamma")]


def test_a_name_that_no_one_knows_falls_back_to_the_code_where_the_scheme_is_open(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {**OWN, **BY_NAME, "open": True})
    assert found(bench.screen(csv_of(row("999", "Atlantis"), row("", "Lyonesse")))) == ["location.learned"]
    assert bench.rows(LEARNED) == [
        ("own:999", "local_authority", "Atlantis", "own", False),
        ("own:lyonesse", "local_authority", "Lyonesse", "own", False),
    ]


def test_a_contract_may_name_places_itself_and_no_row_is_doubled(tmp_path: Path) -> None:
    places = {
        label: {"code": "ho:btp", "level": "police_force", "name": "British Transport Police"}
        for label in ("British Transport Police", "british transport police ", "BTP", "999")
    }
    for rule in ({**BY_NAME, "places": places}, {**BY_CODE, "places": places}, {**OWN, "places": places}):
        bench = bench_with(tmp_path, rule)
        outcome = bench.screen(csv_of(row("999", "British Transport Police")))
        assert outcome.problems == []
        assert outcome.observations == 1
        assert bench.rows(LEARNED)[0][0] == "ho:btp"
        assert bench.rows(LEARNED)[0][3] == "ho"


def test_a_fixed_place_needs_no_column_and_no_reference(tmp_path: Path) -> None:
    fixed = {"fixed": {"code": "E92000001", "level": "country", "name": "England"}}
    bench = bench_with(tmp_path, fixed, references={})
    assert bench.screen(csv_of(row("", ""))).problems == []
    assert bench.rows(LEARNED) == [("E92000001", "country", "England", "gss", True)]


def test_the_first_rule_whose_condition_holds_is_used(tmp_path: Path) -> None:
    bench = bench_with(
        tmp_path,
        {"when": {"area_name": ["england", "ENGLAND "]}, "fixed": {"code": "E92000001", "level": "country"}},
        {"when": {"area_name": ["England"]}, **OWN},
        BY_CODE,
    )
    assert bench.screen(csv_of(row("whatever", "England"), row())).problems == []
    assert [code for code, *_ in bench.rows(PLACE)] == ["E06000001", "E92000001"]


def test_rows_that_are_left_out_teach_no_places_and_need_none(tmp_path: Path) -> None:
    contract = contract_with(layouts__0__rows={"drop": {"area_name": ["Leave out"]}})
    bench = Bench(tmp_path, contract)
    assert bench.screen(csv_of(row(), row("E06000099", "Leave out"))).problems == []
    assert [code for code, *_ in bench.rows(LEARNED)] == ["E06000001"]


def test_missing_references_are_one_problem_and_not_thousands(tmp_path: Path) -> None:
    for rule in (BY_CODE, BY_NAME, {**OWN, **BY_NAME, "open": True}):
        outcome = bench_with(tmp_path, rule, references={"ref.meanings": MEANINGS_FILE}).screen(GOOD)
        (problem,) = outcome.problems
        assert problem["rule"] == "references.missing"
        assert (
            problem["message"] == "the references with the locations of this return have not been received: ref.places"
        )


def test_open_schemes_need_no_references(tmp_path: Path) -> None:
    outcome = bench_with(tmp_path, {**BY_CODE, "open": True}, references={}).screen(csv_of(row("E06000002", "Beta")))
    assert outcome.accepted
    assert found(outcome) == ["location.learned"]


def test_a_reference_that_is_absent_beside_others_is_hinted_at(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    path = bench.settings.contracts / "references" / "districts.yml"
    text = (bench.settings.contracts / "references" / "places.yml").read_text(encoding="utf-8")
    path.write_text(text.replace("ref.places", "ref.districts"), encoding="utf-8")
    bench = Bench(tmp_path, references={"ref.places": PLACES_FILE})
    assert bench.screen(GOOD).problems == []
    outcome = bench.screen(csv_of(row("E07000001")))
    assert found(outcome, "error") == ["location.unknown_code"]
    assert "may contain these locations have not been received: ref.districts" in str(outcome.problems[-1]["message"])


WITHIN = (
    "SELECT location_code, within_code, within_level FROM locations WHERE within_code IS NOT NULL ORDER BY ALL",
    "SELECT location_code, location_level, in_reference FROM locations WHERE within_code IS NULL ORDER BY ALL",
)
SCHOOL = {"code": "area_code", "scheme": "urn", "level": "school", "open": True}


def test_a_place_lies_in_the_larger_one_that_its_row_names(tmp_path: Path) -> None:
    bench = bench_with(tmp_path, {**SCHOOL, "within": {"name": "area_name", "level": "local_authority"}})
    bench.screen(csv_of(row("100001", "Alpha")))
    assert bench.rows(WITHIN[0]) == [("urn:100001", "E06000001", "local_authority")]
    assert bench.rows(WITHIN[1]) == [("E06000001", "local_authority", True)]


def test_a_larger_place_that_no_reference_knows_is_learned(tmp_path: Path) -> None:
    within = {"name": "area_name", "scheme": "nhse-icb", "level": "icb"}
    bench = bench_with(tmp_path, {**SCHOOL, "within": within})
    bench.screen(csv_of(row("100001", "Board of the North")))
    assert bench.rows(WITHIN[0]) == [("urn:100001", "nhse-icb:board_of_the_north", "icb")]
    assert bench.rows(WITHIN[1]) == [("nhse-icb:board_of_the_north", "icb", False)]


def test_a_row_that_names_no_larger_place_lies_in_none(tmp_path: Path) -> None:
    within = {"name": "area_name", "level": "local_authority", "none": ["NA"]}
    bench = bench_with(tmp_path, {**SCHOOL, "within": within})
    bench.screen(csv_of(row("100001", ""), row("100002", "NA")))
    assert bench.rows(WITHIN[0]) == []
