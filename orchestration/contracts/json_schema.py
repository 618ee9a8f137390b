"""JSON Schemas of contract files, with which an editor completes and checks them.

Contains the schemas derived from the models, and writing them to `contracts/schema`. Not here: checks that a schema
cannot express (`load`).
"""

import json
from pathlib import Path
from typing import Any

from orchestration.contracts.codes import Codes
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.parts import Part
from orchestration.contracts.publication import Publication
from orchestration.contracts.references import ReferenceContract
from orchestration.contracts.samples import GeographySeed, ReferenceSeed, Seed
from orchestration.contracts.standards import Judgements

CONTRACTS: dict[str, type[Part]] = {
    "return": ReturnContract,
    "reference": ReferenceContract,
    "codes": Codes,
    "measures": Judgements,
    "publication": Publication,
}
"""Models of contract files, by the name of their schema; docs/contracts.md describes them."""

SCHEMAS: dict[str, type[Part]] = {
    **CONTRACTS,
    "sample": Seed,
    "sample_reference": ReferenceSeed,
    "geography": GeographySeed,
}
"""Models of contract files and of the seeds of the sample, by the name of their schema."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one kind of contract file; `name` is a key of `SCHEMAS`."""
    kind = SCHEMAS[name]
    schema = kind.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"Oversight contract: {name}"}
    return {**head, **{key: value for key, value in schema.items() if key != "title"}}


def schema_text(name: str) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write `<name>.schema.json` for every kind into `folder` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.schema.json" for name in SCHEMAS}
    for name, path in paths.items():
        path.write_text(schema_text(name), encoding="utf-8")
    return list(paths.values())
