"""The worked examples of CONTRIBUTING.md work as described.

Contains loading, screening and checking the code blocks of the page. Not here: links, paths and commands in the
documentation (`test_docs`).
"""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from expectations.gate import judge
from expectations.suites.history import fct_observation
from expectations.vocabulary import no_rows, specification
from orchestration.contracts import Contracts, load_contracts
from orchestration.contracts.model import ReturnContract
from orchestration.foundation.errors import ContractError
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.returns import rules
from orchestration.returns.connectors import definition
from orchestration.returns.connectors.web import Http
from orchestration.returns.intake import read_references
from orchestration.returns.landing.submissions_list import land_list, read_list
from orchestration.returns.report import as_text
from orchestration.returns.screening.checks import problem_table
from orchestration.returns.screening.screener import Incoming, Outcome, Screener
from orchestration.sample import write_sample
from tests.expectations import small_warehouse

_EXAMPLE = re.compile(r"^<!-- example: (?P<name>[^>]+) -->\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    found["name"]: found["text"]
    for found in _EXAMPLE.finditer((PROJECT_ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
}
RETURN = "ho.knife_crime"
HEADER = "year_ending,force_name,offence,offences,population\n"


@pytest.fixture(scope="module")
def home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation that knows the places of the sample's references."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    land_list(
        settings, sample, {entry.origin.return_code for entry in read_list(sample) if entry.origin.kind == "reference"}
    )
    return settings


Screen = Callable[[str, str, str], Outcome]


@pytest.fixture
def screen(home: Settings, tmp_path: Path) -> Screen:
    """Screens a text as a file of the given name under a contract given as YAML."""

    def screened(contract: str, name: str, text: str) -> Outcome:
        contracts = contracts_with(contract, tmp_path / "contracts")
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        screener = Screener(home, contracts, read_references(home, contracts).files)
        received = datetime(2025, 7, 31, 9, 30, tzinfo=UTC)
        return screener.screen(Incoming(file, name, f"{RETURN}.trial", RETURN, "ho", received))

    return screened


def contracts_with(contract: str, folder: Path) -> Contracts:
    """The shipped contracts and one more."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT_ROOT / "contracts", folder)
    (folder / "returns" / "ho" / "knife_crime.yml").write_text(contract, encoding="utf-8")
    return load_contracts(folder)


def rules_of(outcome: Outcome) -> list[str]:
    return [str(problem["rule"]) for problem in outcome.problems]


def test_every_example_of_the_page_is_tried_here() -> None:
    assert set(EXAMPLES) == {
        "contract",
        "file",
        "report",
        "seed",
        "spoilt file",
        "spoilt report",
        "pull",
        "pull with a period",
        "contract with a measure",
        "file with a measure",
        "report with a measure",
        "derived measure",
        "range",
        "rule",
        "search",
        "rule test",
        "expectation",
        "damage",
    }


def test_the_seed_of_the_page_makes_files_that_are_accepted(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    contracts = contracts_with(EXAMPLES["contract"], folder)
    (folder / "samples" / "ho" / "knife_crime.yml").write_text(EXAMPLES["seed"], encoding="utf-8")
    settings = Settings(home=tmp_path / "home", contracts=folder)
    listed = write_sample(tmp_path / "sample", contracts_folder=folder)
    entries = [
        entry for entry in read_list(listed) if entry.origin.return_code == RETURN or entry.origin.kind == "reference"
    ]
    land_list(settings, listed, {entry.origin.return_code for entry in entries})
    screener = Screener(settings, contracts, read_references(settings, contracts).files)
    files = sorted((tmp_path / "sample").rglob("knife_crime*.csv"))
    assert len(files) == 2
    for file in files:
        received = datetime(2025, 7, 31, 9, 30, tzinfo=UTC)
        outcome = screener.screen(Incoming(file, file.name, f"{RETURN}.trial", RETURN, "ho", received))
        assert outcome.accepted
        assert rules_of(outcome) == []
    assert "Number of offences" in files[1].read_text(encoding="utf-8").splitlines()[0]


def test_the_derived_measure_is_one_that_contracts_take(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    contracts_with(EXAMPLES["contract with a measure"], folder)
    measures = (folder / "measures.yml").read_text(encoding="utf-8")
    (folder / "measures.yml").write_text(
        measures.replace("derived:\n", "derived:\n" + EXAMPLES["derived measure"], 1), encoding="utf-8"
    )
    made = load_contracts(folder).judgements.derived[0]
    assert (made.code, made.lead, made.multiplier) == ("ho.officers_per_100_knife_offences", "offences", 100)
    assert made.components["officers"].over == ["sex"]


def test_the_new_return_is_accepted_with_the_report_that_the_page_shows(screen: Screen) -> None:
    outcome = screen(EXAMPLES["contract"], "knife_crime_2024-25.csv", EXAMPLES["file"])
    assert as_text(outcome, "knife_crime_2024-25.csv") == EXAMPLES["report"]


def test_the_spoilt_file_is_refused_with_the_report_that_the_page_shows(screen: Screen) -> None:
    outcome = screen(EXAMPLES["contract"], "spoilt.csv", EXAMPLES["spoilt file"])
    assert not outcome.accepted
    assert as_text(outcome, "spoilt.csv") == EXAMPLES["spoilt report"]


def test_a_mistake_in_the_contract_is_answered_with_file_line_and_word(tmp_path: Path) -> None:
    without_unit = EXAMPLES["contract"].replace("    unit: per 100,000 people\n", "")
    with pytest.raises(ContractError) as caught:
        contracts_with(without_unit, tmp_path / "contracts")
    [quoted] = re.findall(r"`(contracts/\S+:\d+: [^`]+)`", (PROJECT_ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert str(caught.value) == f"{tmp_path}/{quoted}"


def test_the_return_can_be_fetched_from_an_address(home: Settings) -> None:
    contract = ReturnContract.model_validate(yaml.safe_load(EXAMPLES["contract"] + EXAMPLES["pull"]))
    assert contract.pull is not None
    assert isinstance(definition(contract.pull, RETURN), Http)


def test_the_address_of_the_page_says_its_period_as_the_page_says() -> None:
    found = definition(yaml.safe_load(EXAMPLES["pull with a period"])["pull"], RETURN)
    assert isinstance(found, Http)
    hit = re.search(str(found.period), found.url)
    assert hit is not None
    assert "-".join(hit.groups()) == "2024-25"


def test_the_new_measure_is_read_from_the_new_file(screen: Screen) -> None:
    outcome = screen(EXAMPLES["contract with a measure"], "knife_crime_2025-26.csv", EXAMPLES["file with a measure"])
    assert outcome.layout == "by force with charges"
    assert as_text(outcome, "knife_crime_2025-26.csv") == EXAMPLES["report with a measure"]


def test_the_old_file_is_accepted_as_before_under_the_contract_with_the_new_measure(screen: Screen) -> None:
    before = screen(EXAMPLES["contract"], "old.csv", EXAMPLES["file"])
    after = screen(EXAMPLES["contract with a measure"], "old.csv", EXAMPLES["file"])
    assert after.accepted
    assert (after.layout, after.observations, after.values) == ("by force", before.observations, before.values)


def test_one_required_column_more_would_have_refused_the_old_file(screen: Screen) -> None:
    tempting = EXAMPLES["contract"].replace(
        "      population: {meaning", "      charged: {meaning: Charged}\n      population: {meaning"
    )
    assert rules_of(screen(tempting, "old.csv", EXAMPLES["file"])) == ["columns.missing"]


def test_a_figure_outside_the_stated_range_is_accepted_with_a_warning(screen: Screen) -> None:
    ranged = EXAMPLES["contract"].replace("    minimum: 0\n", EXAMPLES["range"])
    outcome = screen(ranged, "thousands.csv", EXAMPLES["file"].replace("500000", "500"))
    assert outcome.accepted
    assert rules_of(outcome) == ["value.out_of_range", "value.out_of_range"]
    assert screen(ranged, "whole.csv", EXAMPLES["file"]).problems == []


@pytest.fixture
def screened(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Outcome]:
    """Screens eleven rows with the same number of offences, after the rule of the page is added as described there."""
    [(code, severity, remedy)] = eval(f"[{EXAMPLES['rule']}]")
    monkeypatch.setitem(rules.RULES, code, rules.Rule(code, "consistency", severity, remedy))
    scope: dict[str, Any] = {"Search": problem_table.Search}
    exec(EXAMPLES["search"], scope)
    monkeypatch.setattr(
        "orchestration.returns.screening.checks.consistency.record",
        lambda con, found: problem_table.record(con, [*found, scope["_zeros"]()]),
    )
    kinds = [f"2025-03-31,Cumbria,Kind {number},{{}},500000" for number in range(11)]
    lines = HEADER + "\n".join(kinds) + "\n"
    return lambda figure: screen(EXAMPLES["contract"], "zeros.csv", lines.format(*[figure] * 11))


def test_the_new_screening_rule_passes_the_test_that_the_page_gives(screened: Callable[[str], Outcome]) -> None:
    scope: dict[str, Any] = {"Callable": Callable, "Outcome": Outcome}
    exec(EXAMPLES["rule test"], scope)
    scope["test_a_column_of_zeros_is_accepted_with_a_warning"](screened)


def test_the_new_expectation_holds_in_a_good_warehouse_and_fails_for_its_damage(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    added = eval(EXAMPLES["expectation"], {"no_rows": no_rows})
    suite = specification(fct_observation.MART, *fct_observation.suite().expectations, added)
    candidate = small_warehouse.candidate(settings, "good")
    [good] = judge(settings, candidate.database, [(fct_observation.MART, suite)])
    assert good.failed == ()
    with duckdb.connect(str(candidate.database)) as connection:
        connection.execute(EXAMPLES["damage"])
    [damaged] = judge(settings, candidate.database, [(fct_observation.MART, suite)])
    assert [rule.rule for rule in damaged.failed] == ["fct_observation.nothing_is_reported_before_it_begins"]
