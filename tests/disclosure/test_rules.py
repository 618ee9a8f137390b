"""What a contract says of disclosure, and how it is told that it cannot be so."""

from pathlib import Path

import pytest

from orchestration.contracts.disclosure import Disclosure
from orchestration.foundation.errors import ContractError
from tests.disclosure.bench import contracts


def test_only_analysts_see_a_return_that_says_nothing() -> None:
    assert Disclosure().tiers == ["restricted"]
    assert not Disclosure().is_open("dept.people")


def test_a_measure_takes_from_its_return_what_it_does_not_say_itself(tmp_path: Path) -> None:
    own = {"dept.people": {"threshold": 3}, "dept.gap": {"tiers": ["restricted"]}}
    said = contracts(tmp_path, shows_zeros=False, measures=own).returns["dept.figures"].disclosure
    assert (said.rule("dept.people").threshold, said.rule("dept.people").shows_zeros) == (3, False)
    assert (said.rule("dept.share").threshold, said.rule("dept.share").hides) == (5, True)
    assert (said.is_open("dept.people"), said.is_open("dept.gap"), said.closed_measures) == (True, False, ["dept.gap"])


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ({"threshold": None}, "needs a threshold, or a reason why nothing in it is too small"),
        ({"threshold": 1}, "greater than or equal to 2"),
        ({"dominance": 0.4}, "greater than 0.5"),
        ({"rounding_base": 1}, "greater than or equal to 2"),
        ({"measures": {"dept.nothing": {"threshold": 3}}}, "disclosure names measure 'dept.nothing'"),
        ({"compares_groups": {"dept.gap": "dept.nothing"}}, "disclosure names measure 'dept.nothing'"),
        ({"falls_together": [["dept.people", "elsewhere.people"]]}, "no contract has the measure 'elsewhere.people'"),
        ({"treshold": 5}, "treshold"),
    ],
)
def test_a_block_that_cannot_be_is_refused_with_file_and_line(
    tmp_path: Path, block: dict[str, object], says: str
) -> None:
    with pytest.raises(ContractError, match=r"figures\.yml:\d+: ") as raised:
        contracts(tmp_path, **block)
    assert says in str(raised.value)


def test_measures_of_another_return_may_fall_together_with_ours(tmp_path: Path) -> None:
    said = contracts(tmp_path, falls_together=[["dept.people", "other.people"]])
    assert said.returns["dept.figures"].disclosure.falls_together == [["dept.people", "other.people"]]
