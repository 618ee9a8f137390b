"""Contracts from disk, with errors that name file and line.

Contains finding, parsing and collecting contract files, and the checks that need more than one of them. Not here: what
a contract may contain (`model`).
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ValidationError

from orchestration.contracts.codes import Codes
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.parts import Part
from orchestration.contracts.references import ReferenceContract
from orchestration.contracts.standards import Judgements
from orchestration.foundation.errors import ContractError

P = TypeVar("P", bound=Part)


class _UniqueKeyLoader(yaml.CSafeLoader):
    """Safe YAML loader that rejects duplicate keys instead of using the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *anchor`; the parent class resolves it
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key '{key}'", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _part_at(node: yaml.Node, location: tuple[int | str, ...]) -> tuple[yaml.Node, int]:
    """Return the part of the document at the location of a validation error, and its line (from 1)."""
    line = node.start_mark.line
    for step in location:
        if isinstance(node, yaml.MappingNode):
            entry = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if entry is None:
                break
            line, node = entry[0].start_mark.line, entry[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
    return node, line + 1


def _lines_of_word(node: yaml.Node, word: str) -> list[int]:
    """Return the lines of the scalars below `node` that equal `word`."""
    if isinstance(node, yaml.ScalarNode):
        return [node.start_mark.line + 1] if node.value == word else []
    below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [line for part in below for line in _lines_of_word(part, word)]


def _line_of(tree: yaml.Node, location: tuple[int | str, ...], message: str) -> int:
    """Return the line of a problem: of the last name quoted in the message, or else of the part at `location`."""
    node, line = _part_at(tree, location)
    for word in reversed(re.findall(r"'([^']+)'", message)):
        if lines := _lines_of_word(node, word):
            return max(lines)
    return line


def parse(path: Path, kind: type[P]) -> P:
    """Return the contract in `path` as `kind`; raise ContractError with file, line and problem.

    The same text is parsed once in a process, because every step of a refresh loads the contracts.
    """
    return cast("P", _parsed(path, kind, path.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
def _parsed(path: Path, kind: type[P], text: str) -> P:
    try:
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader with one more check
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(f"{path}:{line}: {error.problem}; fix the YAML.") from error
    if not isinstance(data, dict):
        raise ContractError(f"{path}:1: the file does not contain a contract; see CONTRIBUTING.md for an example.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines, tree = [], yaml.compose(text, Loader=yaml.CSafeLoader)
        assert tree is not None, "it was read as a mapping"
        for problem in error.errors():
            where = ".".join(str(step) for step in problem["loc"]) or "the contract"
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{path}:{_line_of(tree, problem['loc'], message)}: {where}: {message}")
        raise ContractError("\n".join(lines)) from error


@dataclass(frozen=True)
class Contracts:
    """All contracts of an installation, by code."""

    returns: dict[str, ReturnContract]
    references: dict[str, ReferenceContract]
    codes: Codes
    judgements: Judgements
    fingerprints: dict[str, str]

    @cached_property
    def known_codes(self) -> set[str]:
        """Codes of every return and reference that has a contract."""
        return {*self.returns, *self.references}

    def version(self, code: str) -> str:
        """Return twelve hex digits that change whenever the text of this contract changes."""
        return self.fingerprints[code]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits over all contracts together, including `codes.yml` and `measures.yml`."""
        text = "\n".join(f"{code} {digest}" for code, digest in sorted(self.fingerprints.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def load_contracts(folder: Path) -> Contracts:
    """Return every contract below `folder`; raise ContractError for the first that is not valid.

    Expect `codes.yml`, `returns/<department>/<return>.yml` and `references/<reference>.yml`; without `measures.yml`
    there are no standards and no calculated measures.
    """
    if not (folder / "codes.yml").is_file():
        raise ContractError(f"{folder} has no codes.yml; set OVERSIGHT_CONTRACTS to a folder of contracts.")
    codes = parse(folder / "codes.yml", Codes)
    returns: dict[str, ReturnContract] = {}
    references: dict[str, ReferenceContract] = {}
    paths = {"codes": folder / "codes.yml"}
    judgements = Judgements()
    if (folder / "measures.yml").is_file():
        paths["measures"] = folder / "measures.yml"
        judgements = parse(paths["measures"], Judgements)
    for path in sorted((folder / "returns").glob("*/*.yml")):
        contract = parse(path, ReturnContract)
        expected = f"{path.parent.name}.{path.stem}"
        if contract.return_code != expected:
            raise _error(
                path,
                contract.return_code,
                f"return is '{contract.return_code}', but the path of the file requires '{expected}'",
            )
        if contract.department not in codes.departments:
            raise _error(
                path,
                contract.department,
                f"department '{contract.department}' is not in codes.yml; add it there",
            )
        returns[contract.return_code] = contract
        paths[contract.return_code] = path
    for path in sorted((folder / "references").glob("*.yml")):
        reference = parse(path, ReferenceContract)
        if reference.reference != f"ref.{path.stem}":
            raise _error(path, reference.reference, f"reference is '{reference.reference}', expected 'ref.{path.stem}'")
        references[reference.reference] = reference
        paths[reference.reference] = path
    _check_together(returns, references, paths)
    _check_judgements(judgements, returns, paths)
    _check_disclosure(returns, paths)
    return Contracts(returns, references, codes, judgements, {code: _digest(path) for code, path in paths.items()})


def _error(path: Path, word: str, message: str) -> ContractError:
    """Return the error for a contract that is valid by itself, at the first line with `word`."""
    tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    lines = _lines_of_word(tree, word) if tree is not None else []
    return ContractError(f"{path}:{min(lines, default=1)}: {message}.")


def _check_together(
    returns: dict[str, ReturnContract], references: dict[str, ReferenceContract], paths: dict[str, Path]
) -> None:
    """Raise ContractError if two returns own a measure, or a reference that describes measures lacks a column."""
    owners: dict[str, str] = {}
    for code, contract in returns.items():
        for measure in contract.measures:
            if measure.code in owners:
                owner = owners[measure.code]
                raise _error(
                    paths[code],
                    measure.code,
                    f"measure '{measure.code}' already belongs to {owner}; give this one its own code",
                )
            owners[measure.code] = code
        for layout in contract.layouts:
            for cell in layout.cells:
                described = cell.measure_from.described_by if cell.measure_from else None
                if described is None:
                    continue
                if described.reference not in references:
                    raise _error(
                        paths[code],
                        described.reference,
                        f"reference '{described.reference}' has no contract; add it under references",
                    )
                columns = references[described.reference].columns
                for column in (
                    described.key,
                    described.name,
                    described.unit,
                    described.polarity,
                    described.period_kind,
                ):
                    if column is not None and column not in columns:
                        raise _error(
                            paths[code],
                            column,
                            f"the contract of '{described.reference}' has no column '{column}'",
                        )


def _sent(returns: dict[str, ReturnContract]) -> tuple[set[str], set[str]]:
    """Return the measures that contracts list, and the prefixes of measures that files name themselves."""
    listed = {measure.code for contract in returns.values() for measure in contract.measures}
    prefixes = {
        cell.measure_from.prefix
        for contract in returns.values()
        for layout in contract.layouts
        for cell in layout.cells
        if cell.measure_from
    }
    return listed, prefixes


def _check_disclosure(returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Raise ContractError for a linked measure that no return has; it may belong to another return."""
    listed, prefixes = _sent(returns)
    for code, contract in returns.items():
        for measure in (measure for group in contract.disclosure.falls_together for measure in group):
            if measure not in listed and not measure.startswith(tuple(prefixes)):
                raise _error(paths[code], measure, f"no contract has the measure '{measure}'")


def _check_judgements(judgements: Judgements, returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Raise ContractError if `measures.yml` uses a code twice, or names a measure that no contract has."""
    listed, prefixes = _sent(returns)
    _check_standardised(judgements, returns, paths)
    listed |= {measure.code for measure in judgements.standardised}

    def check_exists(code: str) -> None:
        if code not in listed and not code.startswith(tuple(prefixes)):
            raise _error(paths["measures"], code, f"no contract has the measure '{code}'")

    for derived in judgements.derived:
        if derived.code in listed:
            raise _error(
                paths["measures"], derived.code, f"measure '{derived.code}' already exists; give this one its own code"
            )
        for component in derived.components.values():
            check_exists(component.measure)
    listed |= {derived.code for derived in judgements.derived}
    for standard in judgements.standards:
        check_exists(standard.measure)
    for companion in judgements.companions:
        check_exists(companion.measure)
        check_exists(companion.whole)
    for derived in judgements.derived:
        if derived.value_for_money:
            for code in filter(None, (derived.value_for_money.outcome, derived.value_for_money.quality)):
                check_exists(code)


def _check_standardised(judgements: Judgements, returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Raise ContractError unless each standardised measure is new, of its department, and based on counts by age."""
    owners = {measure.code: (contract, measure) for contract in returns.values() for measure in contract.measures}
    for number, standardised in enumerate(judgements.standardised):

        def error(field: str, message: str, number: int = number) -> ContractError:
            tree = yaml.compose(paths["measures"].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            assert tree is not None, "it was read as a mapping"
            _, line = _part_at(tree, ("standardised", number, field))
            return ContractError(f"{paths['measures']}:{line}: {message}.")

        if standardised.code in owners:
            owner = owners[standardised.code][0].return_code
            raise error("code", f"measure '{standardised.code}' already belongs to {owner}; give this one its own code")
        if standardised.of not in owners:
            raise error("of", f"no contract lists the measure '{standardised.of}'")
        contract, measure = owners[standardised.of]
        if measure.aggregation != "ratio":
            raise error("of", f"'{standardised.of}' cannot be standardised; name a measure whose aggregation is ratio")
        if standardised.code.split(".")[0] != contract.department:
            raise error(
                "code", f"'{standardised.code}' must begin with '{contract.department}.', like the measure in `of`"
            )
        breakdowns = {c.code.split(":")[0] for layout in contract.layouts for c in layout.characteristics}
        if standardised.characteristic not in breakdowns:
            raise error("characteristic", f"{contract.return_code} has no breakdown by '{standardised.characteristic}'")
