"""The disclosure blocks of contracts, and how invalid ones are refused."""

from pathlib import Path

import pytest

from orchestration.contracts.disclosure import Disclosure
from orchestration.foundation.errors import ContractError
from tests.disclosure.bench import contracts


def test_a_return_without_a_disclosure_block_is_restricted() -> None:
    assert Disclosure().tiers == ["restricted"]
    assert not Disclosure().is_open("dept.people")


def test_a_measure_inherits_the_settings_of_its_return(tmp_path: Path) -> None:
    own = {"dept.people": {"threshold": 3}, "dept.gap": {"tiers": ["restricted"]}}
    rules = contracts(tmp_path, shows_zeros=False, measures=own).returns["dept.figures"].disclosure
    assert (rules.rule("dept.people").threshold, rules.rule("dept.people").shows_zeros) == (3, False)
    assert (rules.rule("dept.share").threshold, rules.rule("dept.share").hides) == (5, True)
    assert (rules.is_open("dept.people"), rules.is_open("dept.gap"), rules.closed_measures) == (
        True,
        False,
        ["dept.gap"],
    )


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"threshold": None}, "needs a threshold, or a reason why no count needs suppressing"),
        ({"threshold": 1}, "greater than or equal to 2"),
        ({"dominance": 0.4}, "greater than 0.5"),
        ({"rounding_base": 1}, "greater than or equal to 2"),
        ({"measures": {"dept.nothing": {"threshold": 3}}}, "disclosure names measure 'dept.nothing'"),
        ({"compares_groups": {"dept.gap": "dept.nothing"}}, "disclosure names measure 'dept.nothing'"),
        ({"falls_together": [["dept.people", "elsewhere.people"]]}, "no contract has the measure 'elsewhere.people'"),
        ({"treshold": 5}, "treshold"),
    ],
)
def test_an_invalid_block_is_refused_with_file_and_line(tmp_path: Path, block: dict[str, object], message: str) -> None:
    with pytest.raises(ContractError, match=r"figures\.yml:\d+: ") as raised:
        contracts(tmp_path, **block)
    assert message in str(raised.value)


def test_measures_of_two_returns_can_be_linked(tmp_path: Path) -> None:
    contract_set = contracts(tmp_path, falls_together=[["dept.people", "other.people"]])
    assert contract_set.returns["dept.figures"].disclosure.falls_together == [["dept.people", "other.people"]]
