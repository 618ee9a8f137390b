"""The gate passes a good candidate, refuses a bad one saying why, and is not fooled by what it cannot check."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from expectations import gate
from expectations.gate import run_gate
from expectations.suites.dimensions import dim_department
from expectations.vocabulary import every_row, specification
from orchestration.foundation.database import connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import Candidate
from orchestration.warehouse.store.fingerprint import fingerprint
from orchestration.warehouse.store.verdict import read_verdict

Damage = Callable[[str], Candidate]


@pytest.fixture
def one_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the smallest suite, for tests of what surrounds the suites."""
    monkeypatch.setattr(gate, "all_suites", lambda known: [(dim_department.MART, dim_department.suite())])


def test_a_good_candidate_passes_and_the_verdict_is_about_exactly_it(
    good: Candidate, damaged: Damage, settings: Settings
) -> None:
    candidate = damaged("SELECT 1")
    verdict = run_gate(settings, candidate, previous=good.folder)
    assert verdict.passed
    assert verdict.max_severity == "none"
    assert verdict.release_id == candidate.release_id
    assert verdict.fingerprint == fingerprint(candidate.database, settings).value
    assert {suite.mart for suite in verdict.suites} >= set(candidate.tables)
    assert read_verdict(candidate.folder) == verdict


def test_a_broken_rule_is_named_with_its_severity_count_and_sample(damaged: Damage, settings: Settings) -> None:
    candidate = damaged(
        """UPDATE marts.fct_observation SET value_status = '' WHERE observation_key = 9;
           UPDATE marts.fct_observation SET value = 64 WHERE observation_key = 6;
           UPDATE marts.dim_measure SET domain = 'fun' WHERE measure_code = 'ons.healthy_years'"""
    )
    verdict = run_gate(settings, candidate)
    found = {rule.rule: rule for rule in verdict.failed}
    silent = found["fct_observation.a_missing_value_says_why"]
    assert not verdict.passed
    assert (silent.severity, silent.observed) == ("critical", "1 row")
    assert silent.sample[0]["measure_code"] == "ons.healthy_years"
    assert silent.says == "A missing value has a status with the reason; it is never simply empty."
    assert found["fct_observation.limits_bracket_the_value"].severity == "warning"
    assert found["dim_measure.domain_is_in_its_list"].sample == ("fun",)
    assert read_verdict(candidate.folder) == verdict


def test_a_warning_alone_is_shown_and_lets_the_candidate_pass(damaged: Damage, settings: Settings) -> None:
    verdict = run_gate(settings, damaged("UPDATE marts.fct_observation SET lower_95 = 62.7 WHERE observation_key = 6"))
    assert verdict.max_severity == "warning"
    assert verdict.passed


@pytest.mark.usefixtures("one_suite")
def test_an_expectation_that_raises_has_not_passed(
    damaged: Damage, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = specification("marts.dim_department", every_row("nonsense", "None.", "no_such_column", severity="warning"))
    monkeypatch.setattr(gate, "all_suites", lambda known: [("marts.dim_department", suite)])
    verdict = run_gate(settings, replace(damaged("SELECT 1"), tables={}))
    [rule] = verdict.failed
    assert rule.severity == "critical"
    assert rule.observed.startswith("could not be checked: ")
    assert "no_such_column" in rule.observed
    assert not verdict.passed


def test_a_mart_that_is_gone_is_critical(damaged: Damage, settings: Settings) -> None:
    verdict = run_gate(settings, damaged("DROP TABLE marts.dim_service_line"))
    assert "dim_service_line.is_there" in {rule.rule for rule in verdict.failed if rule.severity == "critical"}


@pytest.mark.usefixtures("one_suite")
def test_a_mart_without_a_suite_is_not_published_unseen(damaged: Damage, settings: Settings) -> None:
    candidate = replace(damaged("SELECT 1"), tables={"marts.dim_department": 2, "marts.fct_secret": 1})
    verdict = run_gate(settings, candidate)
    [rule] = verdict.failed
    assert (rule.rule, rule.severity, rule.sample) == (
        "candidate.every_mart_has_a_suite",
        "critical",
        ("marts.fct_secret",),
    )


def _dbt_results(**status: str) -> dict[str, object]:
    return {
        "results": [
            {
                "unique_id": f"test.oversight.{name}",
                "status": word,
                "failures": 3,
                "message": f"Got 3 results from {name}",
            }
            for name, word in status.items()
        ]
        + [{"unique_id": "model.oversight.dim_department", "status": "success", "failures": None, "message": "OK"}]
    }


@pytest.mark.usefixtures("one_suite")
@pytest.mark.parametrize(("status", "severity"), [("fail", "critical"), ("error", "critical"), ("warn", "warning")])
def test_a_failed_dbt_test_counts_by_its_severity(
    damaged: Damage, settings: Settings, status: str, severity: str
) -> None:
    candidate = replace(damaged("SELECT 1"), tables={})
    verdict = run_gate(settings, candidate, dbt_results=_dbt_results(unique_x=status, not_null_x="pass"))
    assert verdict.dbt is not None
    assert verdict.dbt.tests == 2
    [rule] = verdict.failed
    assert (rule.rule, rule.severity, rule.says) == (
        "dbt.test.oversight.unique_x",
        severity,
        "Got 3 results from unique_x",
    )


@pytest.mark.usefixtures("one_suite")
def test_judging_again_without_dbt_results_does_not_forget_them(damaged: Damage, settings: Settings) -> None:
    candidate = replace(damaged("SELECT 1"), tables={})
    run_gate(settings, candidate, dbt_results=_dbt_results(unique_x="fail"))
    assert not run_gate(settings, candidate).passed


@pytest.mark.usefixtures("one_suite")
def test_nothing_holds_the_candidate_after_the_gate(damaged: Damage, settings: Settings) -> None:
    candidate = replace(damaged("SELECT 1"), tables={})
    run_gate(settings, candidate)
    with connect(candidate.database, settings) as connection:  # another mode, which an open reader would forbid
        connection.execute("CHECKPOINT")


@pytest.mark.usefixtures("one_suite")
def test_the_page_needs_nothing_from_the_network_and_shows_what_failed(damaged: Damage, settings: Settings) -> None:
    candidate = replace(damaged("UPDATE marts.dim_department SET department_name = ''"), tables={})
    run_gate(settings, candidate)
    page = (candidate.folder / "data-docs" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|<script|@import|url\(", page)
    assert "department_name is never blank." in page
    assert '<span class="critical">critical</span>: 2 rows' in page
    expected = json.loads((candidate.folder / "data-docs" / "expectations.json").read_text(encoding="utf-8"))
    assert expected["marts.dim_department"][0]["meta"]["rule"] == "one_row_per_department_code"


def test_a_missing_candidate_is_said_in_one_sentence(good: Candidate, settings: Settings) -> None:
    nowhere = replace(good, folder=settings.candidates / "nowhere")
    with pytest.raises(OversightError, match="No warehouse exists at"):
        run_gate(settings, nowhere)


def test_two_rules_of_one_name_are_refused_when_a_suite_is_written() -> None:
    twice = (every_row("same", "One.", "true"), every_row("same", "Another.", "true"))
    with pytest.raises(ValueError, match="more than one rule named same"):
        specification("marts.dim_department", *twice)
