"""Screening report for the sender, as text and as JSON, and the outbox that it is written to."""

import json
from pathlib import Path

import pytest

from orchestration.returns.intake import screen_return
from orchestration.returns.report import as_json, as_text, write_reports
from tests.returns.screening.screening_bench import GOOD, GOOD_ROWS, Bench, csv_of
from tests.returns.test_intake import Installation

BAD = csv_of(
    *GOOD_ROWS,
    "2022-23,E06000099,Omega,Male,Rate,5,10,50,,",
    "2022-23,E06000099,Omega,Female,Rate,5,10,50,,",
    "2022-23,E06000001,Alpha,Male,Count,,,many,,",
    GOOD_ROWS[3].replace(",20,", ",21,"),
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_refusal_is_in_the_first_line_and_the_remedies_follow(bench: Bench) -> None:
    text = as_text(bench.screen(BAD), "figures.csv")
    assert text == (
        "Refused: figures.csv (dept.figures), 5 errors, 0 warnings\n"
        "Nothing in this file was used; the last accepted submission of this return still applies.\n"
        "\n"
        "Errors to fix\n"
        "-------------\n"
        "\n"
        "key.repeated_with_different_values (2 times)\n"
        "  What to do: Send each figure once; decide which one is right.\n"
        "  - row 5, column value, value '20.0': dept.count, Beta, FY2022-23 occurs 2 times with different\n"
        "    values\n"
        "  - row 9, column value, value '21.0': dept.count, Beta, FY2022-23 occurs 2 times with different\n"
        "    values\n"
        "\n"
        "location.unknown_code (2 times)\n"
        "  What to do: Correct the code, or ask the centre to add the location.\n"
        "  - row 6, column area_code: location code 'E06000099 / Omega' is not recognised (and 1 more time)\n"
        "\n"
        "value.not_a_number (1 time)\n"
        "  What to do: Send a number, or one of the agreed missing-value symbols.\n"
        "  - row 8, column value: 'many' in column 'value' is not a number or an agreed missing-value symbol\n"
    )


def test_an_acceptance_shows_the_numbers_of_rows_and_observations(bench: Bench) -> None:
    text = as_text(bench.screen(GOOD[:-1]), "figures.csv")
    assert text.splitlines()[:2] == [
        "Accepted: figures.csv (dept.figures), 0 errors, 1 warning",
        "4 rows gave 4 observations, 4 of them with a value.",
    ]
    assert "Warnings to check" in text
    assert "Errors to fix" not in text


def test_one_of_anything_is_singular(bench: Bench) -> None:
    text = as_text(bench.screen(csv_of(GOOD_ROWS[0])), "figures.csv")
    assert "1 row gave 1 observation, 1 of them with a value." in text
    assert "1 error, 0 warnings" in as_text(bench.screen(GOOD.replace(",50,", ",x5,")), "figures.csv")


def test_an_early_refusal_states_that_the_rows_were_not_checked(bench: Bench) -> None:
    for content in (b"%PDF-1.7", GOOD.replace("value", "amount", 1).encode()):
        assert "Screening stopped early" in as_text(bench.screen(content), "figures.csv")
    assert "Screening stopped early" not in as_text(bench.screen(BAD), "figures.csv")


def test_no_line_below_the_first_is_wider_than_a_hundred_characters(bench: Bench) -> None:
    rows = [
        f"2022-23,E06000001,{'long name ' * 30},Male,{'label' * 60} {n},5,10,x,{'remark ' * 40},note" for n in range(80)
    ]
    text = as_text(bench.screen(csv_of(*rows)), "figures.csv")
    assert max(map(len, text.splitlines()[1:])) <= 100


def test_long_lists_are_shortened_in_the_text_and_complete_in_the_json(bench: Bench) -> None:
    outcome = bench.screen(csv_of(*(f"2022-23,E06000001,Alpha,Male,Rate,5,10,x{n},," for n in range(60))))
    assert "… 10 more are listed in the JSON report in the same folder" in as_text(outcome, "figures.csv")
    assert sum(p["rule"] == "value.not_a_number" for p in json.loads(as_json(outcome, "figures.csv"))["problems"]) == 60


def test_the_json_always_has_the_same_keys(bench: Bench) -> None:
    reports = [json.loads(as_json(bench.screen(content), "figures.csv")) for content in (GOOD, BAD, b"%PDF")]
    keys = [
        "file", "return", "accepted", "errors", "warnings", "layout", "sheet", "rows", "cells", "observations",
        "contract_version", "problems",
    ]  # fmt: skip
    assert [list(facts) for facts in reports] == [keys] * 3
    problem_keys = {tuple(problem) for facts in reports for problem in facts["problems"]}
    assert problem_keys == {
        ("stage", "rule", "severity", "source_row", "column_name", "value", "occurrence_count", "message", "remedy")
    }
    assert reports[1]["accepted"] is False
    assert [p["source_row"] for p in reports[1]["problems"]] == [5, 9, 6, 8]


def test_problems_are_listed_by_severity(bench: Bench) -> None:
    outcome = bench.screen(csv_of(*GOOD_ROWS, GOOD_ROWS[0], GOOD_ROWS[3].replace("Count", "Counts"))[:-1])
    severities = [p["severity"] for p in json.loads(as_json(outcome, "figures.csv"))["problems"]]
    assert severities == ["error", "warning", "info"]


# The outbox


def test_each_refused_submission_leaves_one_report(tmp_path: Path) -> None:
    place = Installation(tmp_path)
    place.land(GOOD, "2024-01-01")
    bad = place.land(BAD, "2024-02-01", "worse.csv")
    (path,) = write_reports(place.settings, place.screened())
    assert path == place.settings.outbox / "dept.figures" / f"{bad.submission_key}.txt"
    assert path.read_text(encoding="utf-8").startswith("Refused: worse.csv (dept.figures), 5 errors")
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["errors"] == 5


def test_a_report_is_written_again_only_if_it_has_changed(tmp_path: Path) -> None:
    place = Installation(tmp_path)
    place.land(BAD, "2024-02-01")
    assert len(write_reports(place.settings, place.screened())) == 1
    assert write_reports(place.settings, place.screened()) == []
    contract = place.settings.contracts / "returns" / "dept" / "figures.yml"
    contract.write_text(contract.read_text(encoding="utf-8").replace('"..": x', '"..": x, many: u'), encoding="utf-8")
    place.load()
    (path,) = write_reports(
        place.settings, screen_return(place.settings, place.contracts, place.references, "dept.figures")
    )
    assert "4 errors" in path.read_text(encoding="utf-8").splitlines()[0]
