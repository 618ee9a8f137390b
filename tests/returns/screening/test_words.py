"""Words as values, rows left to other rules, codes for labels, and notes that are markers."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestration.contracts.model import CellRule
from tests.returns.screening.screening_bench import Bench, contract_with, csv_of, found

RATINGS = {"Outstanding": 4, "Good": 3, "Requires improvement": 2, "Inadequate": 1}
PASSED = {"Outstanding": 1, "Good": 1, "Requires improvement": 0, "Inadequate": 0}
RATED = contract_with(
    measures__0__code="dept.passed",
    measures__1={
        "code": "dept.rating", "name": "Rating", "unit": "score", "value_type": "score", "domain": "standards",
        "period": {"kind": "FY"},
    },
    layouts__0__cells__0={
        "measure": "dept.passed", "numerator": "value", "denominator": "value",
        "scores": {"numerator": PASSED, "denominator": dict.fromkeys(PASSED, 1)},
    },
    layouts__0__cells__1={"measure": "dept.rating", "value": "value", "scores": {"value": RATINGS}},
)  # fmt: skip
FIGURES = "SELECT measure_code, numerator, denominator, value, value_status FROM observations ORDER BY ALL"


def rated(text: str, note: str = "") -> str:
    return csv_of(f"2022-23,E06000001,Alpha,Male,Rating,,,{text},,{note}")


@pytest.mark.parametrize(
    ("word", "passed", "rating"),
    [("Outstanding", 1, 4), ("Good", 1, 3), (" requires  Improvement ", 0, 2), ("Inadequate", 0, 1)],
)
def test_a_rating_in_words_becomes_a_share_and_a_score(tmp_path: Path, word: str, passed: int, rating: int) -> None:
    bench = Bench(tmp_path, RATED)
    assert bench.screen(rated(word)).problems == []
    assert bench.rows(FIGURES) == [
        ("dept.passed", passed, 1, 100.0 * passed, ""),
        ("dept.rating", None, None, rating, ""),
    ]


def test_a_marker_among_words_is_a_missing_value_that_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path, RATED)
    assert bench.screen(rated("c")).problems == []
    assert bench.rows(FIGURES) == [("dept.passed", None, None, None, "c"), ("dept.rating", None, None, None, "c")]


@pytest.mark.parametrize("text", ["Godo", "3"])
def test_a_word_that_nothing_scores_is_refused_once_and_so_is_a_number(tmp_path: Path, text: str) -> None:
    outcome = Bench(tmp_path, RATED).screen(rated(text))
    assert [(p["rule"], p["column_name"], p["value"]) for p in outcome.problems] == [
        ("value.unknown_label", "value", text)
    ]


def test_scores_must_belong_to_a_figure_of_the_rule() -> None:
    with pytest.raises(ValidationError, match="scores names 'denominator'"):
        CellRule.model_validate({"measure": "dept.rating", "value": "rating", "scores": {"denominator": {"Good": 1}}})


def test_rows_that_a_rule_leaves_out_are_for_other_rules(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        contract_with(
            layouts__0__cells__0={"measure": "dept.rate", "unless": {"indicator": ["Count"]}, "value": "value"}
        ),
    )
    sent = csv_of("2022-23,E06000001,Alpha,Male,Anything,,,50,,", "2022-23,E06000001,Alpha,Male,Count,,,7,,")
    assert bench.screen(sent).problems == []
    assert bench.rows("SELECT measure_code, value FROM observations ORDER BY 1") == [
        ("dept.count", 7.0),
        ("dept.rate", 50.0),
    ]


def named(**codes: str) -> str:
    source: dict[str, Any] = {"column": "indicator", "prefix": "dept.said_", "codes": codes, "defaults": {}}
    source["defaults"] = {"unit": "people", "period": {"kind": "FY"}}
    return contract_with(layouts__0__cells=[{"measure_from": source, "value": "value"}])


def test_a_label_with_a_code_of_its_own_is_the_measure_of_that_code(tmp_path: Path) -> None:
    bench = Bench(tmp_path, named(**{"Number of people": "dept.count"}))
    sent = csv_of("2022-23,E06000001,Alpha,Male,number of  People,,,5,,", "2022-23,E06000001,Alpha,Male,New one,,,7,,")
    assert found(bench.screen(sent)) == ["measure.undescribed"]
    assert bench.rows("SELECT measure_code, value FROM observations ORDER BY 1") == [
        ("dept.count", 5.0),
        ("dept.said_New_one", 7.0),
    ]


def test_a_code_for_a_label_must_be_one_of_the_measures_of_the_contract(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"reads measure 'dept\.nothing'"):
        Bench(tmp_path, named(People="dept.nothing"))


def test_a_note_that_is_a_marker_is_no_note(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.screen(csv_of("2022-23,E06000001,Alpha,Male,Count,,,5,,..", "2022-23,E06000002,Beta,Male,Count,,,6,,Revised"))
    assert bench.rows("SELECT value, note FROM observations ORDER BY 1") == [(5.0, None), (6.0, "Revised")]
