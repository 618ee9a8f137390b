"""Contracts from disk, with errors that name file and line.

Belongs here: finding, parsing and collecting contract files, and the checks that need more than one of
them. Does not belong here: what a contract may say (`model`).
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from orchestration.contracts.model import Codes, Part, ReferenceContract, ReturnContract
from orchestration.errors import ContractError

P = TypeVar("P", bound=Part)


class _UniqueKeyLoader(yaml.CSafeLoader):
    """Safe YAML in which a key that stands twice is an error, not the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *anchor`; the parent class resolves it
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key}' stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _line_of(node: yaml.Node, location: tuple[int | str, ...]) -> int:
    """Line (from 1) of the part of the document that a validation error is about."""
    line = node.start_mark.line
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return line + 1


def parse(path: Path, kind: type[P]) -> P:
    """The contract in `path` as `kind`; raises ContractError naming file, line and what is wrong."""
    text = path.read_text(encoding="utf-8")
    try:
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader with one more check
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(f"{path}:{line}: {error.problem}; mend the YAML.") from error
    if not isinstance(data, dict) or tree is None:
        raise ContractError(f"{path}:1: the file holds no contract; see CONTRIBUTING.md for a worked one.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            where = ".".join(str(step) for step in problem["loc"]) or "the contract"
            said = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{path}:{_line_of(tree, problem['loc'])}: {where}: {said}")
        raise ContractError("\n".join(lines)) from error


@dataclass(frozen=True)
class Contracts:
    """All contracts of an installation, by code."""

    returns: dict[str, ReturnContract]
    references: dict[str, ReferenceContract]
    codes: Codes
    fingerprints: dict[str, str]

    @cached_property
    def known_codes(self) -> set[str]:
        """Codes of every return and reference that has a contract."""
        return {*self.returns, *self.references}

    def version(self, code: str) -> str:
        """Twelve hex digits that change whenever the text of this contract does."""
        return self.fingerprints[code]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits over all contracts and code lists together."""
        text = "\n".join(f"{code} {digest}" for code, digest in sorted(self.fingerprints.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def load_contracts(folder: Path) -> Contracts:
    """Every contract below `folder`; raises ContractError for the first that is not valid.

    Expects `codes.yml`, `returns/<department>/<return>.yml` and `references/<reference>.yml`.
    """
    if not (folder / "codes.yml").is_file():
        raise ContractError(f"{folder}: no codes.yml here; point OVERSIGHT_CONTRACTS at a folder of contracts.")
    codes = parse(folder / "codes.yml", Codes)
    returns: dict[str, ReturnContract] = {}
    references: dict[str, ReferenceContract] = {}
    fingerprints = {"codes": _digest(folder / "codes.yml")}
    for path in sorted((folder / "returns").glob("*/*.yml")):
        contract = parse(path, ReturnContract)
        expected = f"{path.parent.name}.{path.stem}"
        if contract.return_code != expected:
            raise ContractError(f"{path}:1: return is '{contract.return_code}' but the file's place says '{expected}'.")
        if contract.department not in codes.departments:
            raise ContractError(f"{path}:1: department '{contract.department}' is not in codes.yml; add it there.")
        returns[contract.return_code] = contract
        fingerprints[contract.return_code] = _digest(path)
    for path in sorted((folder / "references").glob("*.yml")):
        reference = parse(path, ReferenceContract)
        if reference.reference != f"ref.{path.stem}":
            raise ContractError(f"{path}:1: reference is '{reference.reference}', expected 'ref.{path.stem}'.")
        references[reference.reference] = reference
        fingerprints[reference.reference] = _digest(path)
    _check_together(returns, references)
    return Contracts(returns, references, codes, fingerprints)


def _check_together(returns: dict[str, ReturnContract], references: dict[str, ReferenceContract]) -> None:
    """Checks between contracts: a measure has one owner, a described measure its reference."""
    owners: dict[str, str] = {}
    for code, contract in returns.items():
        for measure in contract.measures:
            if measure.code in owners:
                raise ContractError(f"measure '{measure.code}' is owned by both {owners[measure.code]} and {code}.")
            owners[measure.code] = code
        for layout in contract.layouts:
            for cell in layout.cells:
                described = cell.measure_from.described_by if cell.measure_from else None
                if described and described.reference not in references:
                    raise ContractError(f"{code}: reference '{described.reference}' has no contract; add it.")
