"""The generated pages of docs/ are up to date and complete: every command, and every field of every contract.

Contains checks of `orchestration.reference` and of the descriptions that it reads. Not here: links (`test_docs`).
"""

from typing import Annotated

import pytest
import typer.main
from pydantic import TypeAdapter

from orchestration.cli import app
from orchestration.contracts.json_schema import CONTRACTS
from orchestration.contracts.parts import Part
from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.reference.commands import commands_page
from orchestration.reference.contracts import contracts_page, reachable

PARTS = list(dict.fromkeys(part for model in CONTRACTS.values() for part in reachable(model)))
FIELDS = [(part, name) for part in PARTS for name in part.model_fields]


@pytest.mark.parametrize(("name", "text"), [("commands.md", commands_page()), ("contracts.md", contracts_page())])
def test_a_generated_page_is_what_make_docs_writes(name: str, text: str) -> None:
    assert (PROJECT_ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"docs/{name} is old: run `make docs`"


def test_every_kind_of_contract_has_its_parts_on_the_page() -> None:
    assert len(PARTS) > 35
    headings = [line.removeprefix("### ") for line in contracts_page().splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(part.__name__ for part in PARTS)


@pytest.mark.parametrize(("part", "name"), FIELDS, ids=[f"{part.__name__}.{name}" for part, name in FIELDS])
def test_every_field_has_a_description_and_a_valid_example(part: type[Part], name: str) -> None:
    field = part.model_fields[name]
    assert field.description, "no docstring below the field"
    assert field.description.strip().endswith("."), "a description is a sentence"
    assert field.examples, "no example"
    kind = TypeAdapter(Annotated[field.annotation, "as in the contract", *field.metadata])
    for example in field.examples:
        kind.validate_python(example)


def test_every_command_states_its_exit_codes() -> None:
    page = commands_page()
    assert page.count("\nExit code") == page.count("\n## oversight ")
    assert "Exit codes: 0 published or nothing new, 1 failed, 3 refused by the gate, 4" in page
    words = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert {line.split()[2] for line in page.splitlines() if line.startswith("## oversight ")} == set(words)
