"""Contracts from disk, with errors that name file and line.

Belongs here: finding, parsing and collecting contract files, and the checks that need more than one of
them. Does not belong here: what a contract may say (`model`).
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
    """Safe YAML in which a key that stands twice is an error, not the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":  # `<<: *anchor`; the parent class resolves it
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _part_at(node: yaml.Node, location: tuple[int | str, ...]) -> tuple[yaml.Node, int]:
    """The part of the document that a validation error is about, and its line (from 1)."""
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
    """Lines of the scalars below `node` that say just `word`."""
    if isinstance(node, yaml.ScalarNode):
        return [node.start_mark.line + 1] if node.value == word else []
    below = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [line for part in below for line in _lines_of_word(part, word)]


def _line_of(tree: yaml.Node, location: tuple[int | str, ...], said: str) -> int:
    """Line of a problem: where the last name the message quotes is used, else of the part it is about."""
    node, line = _part_at(tree, location)
    for word in reversed(re.findall(r"'([^']+)'", said)):
        if lines := _lines_of_word(node, word):
            return max(lines)
    return line


def parse(path: Path, kind: type[P]) -> P:
    """The contract in `path` as `kind`; raises ContractError naming file, line and what is wrong.

    The same text is read once in a process: every step of a night asks for the contracts.
    """
    return cast("P", _parsed(path, kind, path.read_text(encoding="utf-8")))


@lru_cache(maxsize=512)
def _parsed(path: Path, kind: type[P], text: str) -> P:
    try:
        data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a safe loader with one more check
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContractError(f"{path}:{line}: {error.problem}; mend the YAML.") from error
    if not isinstance(data, dict):
        raise ContractError(f"{path}:1: the file holds no contract; see CONTRIBUTING.md for a worked one.")
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

    Expects `codes.yml`, `returns/<department>/<return>.yml` and `references/<reference>.yml`; `measures.yml` may be
    missing, and then no standard is in force.
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
                f"return is '{contract.return_code}' but the file's place says '{expected}'",
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
    """The error of a contract that is valid by itself: it points at the first line that says `word`."""
    tree = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    lines = _lines_of_word(tree, word) if tree is not None else []
    return ContractError(f"{path}:{min(lines, default=1)}: {message}.")


def _check_together(
    returns: dict[str, ReturnContract], references: dict[str, ReferenceContract], paths: dict[str, Path]
) -> None:
    """Checks between contracts: a measure has one owner, a description its reference and columns."""
    owners: dict[str, str] = {}
    for code, contract in returns.items():
        for measure in contract.measures:
            if measure.code in owners:
                owner = owners[measure.code]
                raise _error(
                    paths[code],
                    measure.code,
                    f"measure '{measure.code}' is owned by {owner} already; one return owns a measure",
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
    """Measures that contracts list, and how those begin that files name themselves."""
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
    """What falls together is sent by some return, not by this one alone."""
    listed, naming = _sent(returns)
    for code, contract in returns.items():
        for measure in (measure for group in contract.disclosure.falls_together for measure in group):
            if measure not in listed and not any(measure.startswith(prefix) for prefix in naming):
                raise _error(paths[code], measure, f"no contract has the measure '{measure}'")


def _check_judgements(judgements: Judgements, returns: dict[str, ReturnContract], paths: dict[str, Path]) -> None:
    """A judged measure is listed by a contract, or is of a department whose files name measures themselves."""
    listed, naming = _sent(returns)
    _check_standardised(judgements, returns, paths)
    listed |= {made.code for made in judgements.standardised}

    def known(code: str) -> bool:
        return code in listed or any(code.startswith(prefix) for prefix in naming)

    for made in judgements.derived:
        if made.code in listed:
            raise _error(paths["measures"], made.code, f"measure '{made.code}' exists; give this one a code of its own")
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
    """A standardised measure is new, and made of a measure whose events and people by age add up."""
    owners = {measure.code: (contract, measure) for contract in returns.values() for measure in contract.measures}
    for number, made in enumerate(judgements.standardised):

        def wrong(field: str, message: str, number: int = number) -> ContractError:
            tree = yaml.compose(paths["measures"].read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            assert tree is not None, "it was read as a mapping"
            _, line = _part_at(tree, ("standardised", number, field))
            return ContractError(f"{paths['measures']}:{line}: {message}.")

        if made.code in owners:
            owner = owners[made.code][0].return_code
            raise wrong("code", f"measure '{made.code}' is owned by {owner} already; give the standardised one its own")
        if made.of not in owners:
            raise wrong("of", f"no contract lists the measure '{made.of}'")
        contract, measure = owners[made.of]
        if measure.aggregation != "ratio":
            raise wrong(
                "of", f"'{made.of}' does not add up as a ratio, so its events and people cannot be standardised"
            )
        if made.code.split(".")[0] != contract.department:
            raise wrong(
                "code", f"'{made.code}' must begin with '{contract.department}.' like the measure it is made of"
            )
        splits = {split.code.split(":")[0] for layout in contract.layouts for split in layout.characteristics}
        if made.characteristic not in splits:
            raise wrong("characteristic", f"{contract.return_code} divides nobody by '{made.characteristic}'")
