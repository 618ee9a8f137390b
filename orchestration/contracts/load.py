"""Contracts from disk, with errors that name file and line.

Contains finding, parsing and collecting contract files, and the checks that need more than one of them. Not here: the
fields of a contract (`model`).
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
    """Safe YAML in which a duplicate key is an error; otherwise the last one would count."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *anchor`, which the parent class resolves.
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key '{key}'", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _part_at(node: yaml.Node, location: tuple[int | str, ...]) -> tuple[yaml.Node, int]:
    """Return the part of the document with a validation error, and its line, from 1."""
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
    return node, line + 1


def _lines_of_word(node: yaml.Node, word: str) -> list[int]:
    """Return the lines of the scalars below `node` that equal `word`."""
    if isinstance(node, yaml.ScalarNode):
        return [node.start_mark.line + 1] if node.value == word else []
    below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [line for part in below for line in _lines_of_word(part, word)]


def _line_of(tree: yaml.Node, location: tuple[int | str, ...], said: str) -> int:
    """Return the line of a problem: where the last name quoted in the message is used, otherwise that of the part."""
    node, line = _part_at(tree, location)
    for word in reversed(re.findall(r"'([^']+)'", said)):
        if lines := _lines_of_word(node, word):
            return max(lines)
    return line


def parse(path: Path, kind: type[P]) -> P:
    """Return the contract in `path` as `kind`. Raises ContractError with file, line and problem.

    Each text is parsed once in a process, since every step of a refresh needs the contracts.
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
        raise ContractError(f"{path}:1: the file is empty; see CONTRIBUTING.md for an example of a contract.")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines, tree = [], yaml.compose(text, Loader=yaml.CSafeLoader)
        assert tree is not None, "it was read as a mapping"
        for problem in error.errors():
            where = ".".join(str(step) for step in problem["loc"]) or "the contract"
            said = problem["msg"].removeprefix("Value error, ")
            lines.append(f"{path}:{_line_of(tree, problem['loc'], said)}: {where}: {said}")
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
        """Codes of every return and reference with a contract."""
        return {*self.returns, *self.references}

    def version(self, code: str) -> str:
        """Return twelve hexadecimal digits that change with the text of this contract."""
        return self.fingerprints[code]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits over all contracts and code lists."""
        text = "\n".join(f"{code} {digest}" for code, digest in sorted(self.fingerprints.items()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def load_contracts(folder: Path) -> Contracts:
    """Return every contract below `folder`. Raises ContractError for the first that is not valid.

    Expects `codes.yml`, `returns/<department>/<return>.yml` and `references/<reference>.yml`; `measures.yml` may be
    missing; there are then no standards.
    """
    if not (folder / "codes.yml").is_file():
        raise ContractError(f"{folder}: no codes.yml here; set OVERSIGHT_CONTRACTS to a folder of contracts.")
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
                f"return is '{contract.return_code}' but the path of the file requires '{expected}'",
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
    """Return the error of a contract that is valid by itself, at the first line with `word`."""
    tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    lines = _lines_of_word(tree, word) if tree is not None else []
    return ContractError(f"{path}:{min(lines, default=1)}: {message}.")


def _check_together(
    returns: dict[str, ReturnContract], references: dict[str, ReferenceContract], paths: dict[str, Path]
) -> None:
    """Check contracts together: a measure has one owner, a description its reference and columns."""
    owners: dict[str, str] = {}
    for code, contract in returns.items():
        for measure in contract.measures:
            if measure.code in owners:
                owner = owners[measure.code]
                raise _error(
                    paths[code],
                    measure.code,
                    f"measure '{measure.code}' already belongs to {owner}; give the measure another code",
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
                named = (
                    described.key,
                    described.name,
                    described.unit,
                    described.polarity,
                    described.period_kind,
                )
                for column in named:
                    if column is not None and column not in columns:
                        raise _error(
                            paths[code],
                            column,
                            f"'{described.reference}' has no column '{column}' in its contract",
                        )


def _sent(returns: dict[str, ReturnContract]) -> tuple[set[str], set[str]]:
    """Return the measures that contracts list, and the prefixes of those that only files name."""
    listed = {measure.code for contract in returns.values() for measure in contract.measures}
    naming = {
        cell.measure_from.prefix
        for contract in returns.values()
        for layout in contract.layouts
        for cell in layout.cells
        if cell.measure_from
    }
    return listed, naming


def _check_disclosure(returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Check that every linked measure exists; it may belong to another return."""
    listed, naming = _sent(returns)
    for code, contract in returns.items():
        for measure in (measure for group in contract.disclosure.falls_together for measure in group):
            if measure not in listed and not any(measure.startswith(prefix) for prefix in naming):
                raise _error(paths[code], measure, f"no contract has the measure '{measure}'")


def _check_judgements(judgements: Judgements, returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Check that every measure with a standard is in a contract, or has the prefix of measures that files name."""
    listed, naming = _sent(returns)
    _check_standardised(judgements, returns, paths)
    listed |= {made.code for made in judgements.standardised}

    def known(code: str) -> bool:
        return code in listed or any(code.startswith(prefix) for prefix in naming)

    for made in judgements.derived:
        if made.code in listed:
            raise _error(
                paths["measures"], made.code, f"measure '{made.code}' already exists; give this one another code"
            )
        for component in made.components.values():
            if not known(component.measure):
                raise _error(paths["measures"], component.measure, f"no contract has the measure '{component.measure}'")
    listed |= {made.code for made in judgements.derived}
    judged = [standard.measure for standard in judgements.standards]
    judged += [code for companion in judgements.companions for code in (companion.measure, companion.whole)]
    judged += [
        code
        for made in judgements.derived
        if made.value_for_money
        for code in (made.value_for_money.outcome, made.value_for_money.quality)
        if code
    ]
    for code in judged:
        if not known(code):
            raise _error(paths["measures"], code, f"no contract has the measure '{code}'")


def _check_standardised(judgements: Judgements, returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """Check that a standardised measure is new, and based on a measure whose events and population by age add up."""
    owners = {measure.code: (contract, measure) for contract in returns.values() for measure in contract.measures}
    for number, made in enumerate(judgements.standardised):

        def wrong(field: str, message: str, number: int = number) -> ContractError:
            tree = yaml.compose(paths["measures"].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            assert tree is not None, "it was read as a mapping"
            _, line = _part_at(tree, ("standardised", number, field))
            return ContractError(f"{paths['measures']}:{line}: {message}.")

        if made.code in owners:
            owner = owners[made.code][0].return_code
            raise wrong(
                "code", f"measure '{made.code}' already belongs to {owner}; give the standardised measure another code"
            )
        if made.of not in owners:
            raise wrong("of", f"no contract lists the measure '{made.of}'")
        contract, measure = owners[made.of]
        if measure.aggregation != "ratio":
            raise wrong("of", f"'{made.of}' has another aggregation than ratio, so it cannot be standardised")
        if made.code.split(".")[0] != contract.department:
            raise wrong(
                "code", f"'{made.code}' must begin with '{contract.department}.' like the measure that it is based on"
            )
        splits = {split.code.split(":")[0] for layout in contract.layouts for split in layout.characteristics}
        if made.characteristic not in splits:
            raise wrong("characteristic", f"{contract.return_code} has no breakdown by '{made.characteristic}'")
