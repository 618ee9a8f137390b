"""Publication rules that cannot be followed are refused with file, line and word."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.contracts.publication import load_publication
from orchestration.foundation.errors import ContractError
from orchestration.foundation.settings import PROJECT_ROOT

SHIPPED = PROJECT_ROOT / "contracts" / "publication.yml"


def test_the_shipped_rules_require_two_people_at_0930_in_london() -> None:
    rules = load_publication(SHIPPED.parent)
    assert rules.open.signed_by == ["lead_statistician", "head_of_profession"]
    assert (rules.open.time, rules.open.zone, rules.open.pre_release_access.hours) == ("09:30", "Europe/London", 24)


def test_the_people_in_the_shipped_rules_are_invented() -> None:
    rules = load_publication(SHIPPED.parent)
    assert all(person.login.endswith(".invented") for role in rules.roles.values() for person in role.people)


def _set(*steps: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(rules: Any) -> None:
        for step in steps[:-1]:
            rules = rules[step]
        rules[steps[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("open", "signed_by", to=["lead_statistician"]), "signed_by: List should have at least 2 items"),
        (_set("open", "signed_by", to=["lead_statistician"] * 2), "signed_by lists a role twice"),
        (
            _set("open", "signed_by", to=["lead_statistician", "minister"]),
            "'minister' is not a role; add it under roles",
        ),
        (_set("roles", "head_of_profession", "people", to=[]), "people: List should have at least 1 item"),
        (_set("open", "method_changes_noted_by", to="minister"), "'minister' is not a role"),
        (_set("open", "time", to=630), "open.time: String should match pattern"),  # 10:30 without its quotes
        (_set("open", "zone", to="Europe/Londinium"), "'Europe/Londinium' is not a time zone"),
        (_set("open", "large_revision", to=0), "open.large_revision: Input should be greater than 0"),
        (_set("open", "pre_release_access", "hours", to=25), "hours: Input should be less than or equal to 24"),
        (_set("open", "colour", to="blue"), "open.colour: Extra inputs are not permitted"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    rules = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    change(rules)
    (tmp_path / "publication.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        load_publication(tmp_path)
    assert message in str(refused.value)
    assert str(refused.value).startswith(f"{tmp_path / 'publication.yml'}:")


def test_two_roles_held_by_the_same_person_only_are_refused(tmp_path: Path) -> None:
    rules = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    for role in rules["roles"].values():
        role["people"] = [{"login": "ada", "name": "Ada"}]
    (tmp_path / "publication.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(ContractError, match="too few people between them"):
        load_publication(tmp_path)


def test_a_person_listed_twice_is_an_error(tmp_path: Path) -> None:
    rules = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    rules["open"]["pre_release_access"]["people"] *= 2
    (tmp_path / "publication.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(ContractError, match="people lists 'Dilys Invented' twice"):
        load_publication(tmp_path)


def test_a_folder_without_rules_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"has no publication\.yml, so nothing can be signed"):
        load_publication(tmp_path)
