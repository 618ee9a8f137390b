"""The other forms of a contract: the Open Data Contract Standard and JSON Schemas for editors."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from orchestration.contracts import load_contracts
from orchestration.contracts.json_schema import SCHEMAS, schema_of, schema_text, write_schemas
from orchestration.contracts.odcs import check_odcs, to_odcs_yaml
from orchestration.foundation.errors import ContractError
from orchestration.foundation.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "contracts"
CONTRACTS = load_contracts(FOLDER)
FILES = sorted(path for path in FOLDER.rglob("*.yml"))


def kind_of(path: Path) -> str:
    """Return the name of the schema of a contract file, by its folder."""
    if path.is_relative_to(FOLDER / "samples"):
        return {"references": "sample_reference", "samples": "geography"}.get(path.parent.name, "sample")
    if path.parent == FOLDER:
        return path.stem
    return "reference" if path.parent.name == "references" else "return"


def odcs_of(code: str) -> dict[str, Any]:
    """Return the ODCS document of a return, as read from the file."""
    document: dict[str, Any] = yaml.safe_load(to_odcs_yaml(CONTRACTS.returns[code], CONTRACTS.version(code)))
    return document


def custom(document: dict[str, Any], name: str) -> Any:
    return next(entry["value"] for entry in document["customProperties"] if entry["property"] == name)


@pytest.mark.parametrize("code", list(CONTRACTS.returns))
def test_every_return_has_a_valid_odcs_form(code: str) -> None:
    document = odcs_of(code)
    read = OpenDataContractStandard.from_string(to_odcs_yaml(CONTRACTS.returns[code], CONTRACTS.version(code)))
    assert (read.id, read.version, read.kind) == (code, CONTRACTS.version(code), "DataContract")
    # The model ignores misspelt keys, so compare everything that it reads back with what was written.
    assert read.model_dump(by_alias=True, exclude_unset=True) == document
    layouts = CONTRACTS.returns[code].layouts
    assert [entry["name"] for entry in document["schema"]] == [layout.name for layout in layouts]


def test_the_odcs_form_keeps_owner_aliases_controls_and_measures() -> None:
    document = odcs_of("dfe.children_looked_after")
    assert document["team"]["members"][0]["username"] == "cla.stats@education.gov.uk"
    columns = {entry["name"]: entry for entry in document["schema"][0]["properties"]}
    assert "number" in custom(columns["children_count"], "aliases")
    assert custom(columns["children_count"], "roles") == ["numerator"]
    assert columns["rate_per_10000"]["logicalType"] == "number"
    assert [rule["severity"] for rule in document["schema"][0]["quality"]] == ["warning"] * 3
    assert {measure["code"] for measure in custom(document, "measures")} == {
        "dfe.children_looked_after_rate",
        "dfe.children_starting_to_be_looked_after_rate",
        "dfe.children_ceasing_to_be_looked_after_rate",
    }


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"version": None}, "version"),
        ({"colour": "blue"}, "colour"),
        ({"schema": [{"physicalName": "a table without a name"}]}, "name"),
    ],
)
def test_a_document_outside_the_standard_is_refused(change: dict[str, Any], key: str) -> None:
    document = odcs_of("nhse.ae_attendances")
    check_odcs(document)
    with pytest.raises(ContractError, match=f"nhse.ae_attendances: not a valid ODCS document .*{key}"):
        check_odcs({**document, **change})


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_the_schema_in_the_repository_matches_the_model(name: str) -> None:
    kept = (FOLDER / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert kept == schema_text(name), f"contracts/schema: {name} is old; run `make docs`"


def test_schemas_are_written_to_the_given_folder(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path / "schema")
    assert [path.name for path in paths] == [f"{name}.schema.json" for name in SCHEMAS]
    assert json.loads(paths[0].read_text(encoding="utf-8"))["properties"]["return"]["pattern"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_contract_names_its_schema_and_is_valid_by_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == FOLDER / "schema" / f"{kind_of(path)}.schema.json"
    # JSON has no dates: editors validate them as text.
    content = json.loads(json.dumps(yaml.safe_load(text), default=str))
    jsonschema.validate(content, schema_of(kind_of(path)))


def test_the_schema_rejects_an_unknown_key() -> None:
    contract = yaml.safe_load((FOLDER / "returns" / "nhse" / "ae_attendances.yml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate({**contract, "colour": "blue"}, schema_of("return"))
