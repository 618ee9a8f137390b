"""Every rule of the gate holds for a good warehouse, and fails alone for the damage it is there to find."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from expectations.gate import judge
from expectations.previous_release import Before, before
from expectations.suites import Suites, all_suites
from expectations.vocabulary import rule_of
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import Candidate
from tests.expectations.breaking import DAMAGES


@pytest.fixture(scope="module")
def known(good: Candidate) -> Before:
    return before(good.database, Settings(home=good.folder))


@pytest.fixture(scope="module")
def suites(known: Before) -> Suites:
    return all_suites(known)


@pytest.fixture(scope="module")
def undamaged(good: Candidate) -> dict[str, str]:
    return contents(good, Settings(home=good.folder))


def test_everything_expected_holds_in_a_good_warehouse(good: Candidate, suites: Suites, settings: Settings) -> None:
    verdicts = judge(settings, good.database, suites)
    assert [rule for verdict in verdicts for rule in verdict.failed] == []


def test_every_rule_has_its_damage(suites: Suites) -> None:
    rules = {f"{suite.name}.{rule_of(one)}" for _, suite in suites for one in suite.expectations}
    assert rules == DAMAGES.keys()


@pytest.mark.parametrize("rule", DAMAGES)
def test_damage_breaks_its_rule_and_no_other(
    rule: str,
    suites: Suites,
    known: Before,
    undamaged: dict[str, str],
    damaged: Callable[[str], Candidate],
    settings: Settings,
) -> None:
    damage = DAMAGES[rule]
    candidate = damaged(damage.sql)
    touched = {mart for mart, content in contents(candidate, settings).items() if content != undamaged[mart]}
    if damage.before:
        suites, touched = all_suites(replace(known, **damage.before)), {"analysis.observations"}
    verdicts = judge(settings, candidate.database, concerned(suites, touched))
    assert {one.rule for verdict in verdicts for one in verdict.failed} == {rule} | damage.also


def contents(candidate: Candidate, settings: Settings) -> dict[str, str]:
    """A hash of the rows of each mart and of the flat view."""
    hashes = " UNION ALL ".join(
        f"SELECT '{mart}', (count(*), sum(hash(t)))::VARCHAR FROM {mart} AS t"
        for mart in [*candidate.tables, *candidate.views]
    )
    with connect(candidate.database, settings, read_only=True) as connection:
        return dict(connection.execute(hashes).fetchall())


def concerned(suites: Suites, touched: set[str]) -> Suites:
    """The expectations that read any of these marts: the others see what they saw before."""
    from great_expectations import ExpectationSuite

    found = []
    named = re.compile("|".join(rf"\b{re.escape(mart)}\b" for mart in touched))
    for mart, suite in suites:
        kept = [
            one
            for one in suite.expectations
            if mart in touched or named.search(getattr(one, "unexpected_rows_query", ""))
        ]
        if kept:
            found.append((mart, ExpectationSuite(name=suite.name, expectations=kept)))
    return found
