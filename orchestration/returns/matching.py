"""Headers of a file matched to the columns that a contract names.

Belongs here: how two spellings of a header are the same, aliases, and the choice of a layout. Does not
belong here: what stands below the header.
"""

import difflib
import re
from dataclasses import dataclass, field

from orchestration.contracts.model import Column, Layout
from orchestration.returns.rules import Problem


def plain_header(header: str, noise: str | None = None) -> str:
    """A header as it is compared: no byte order mark, no noise, single spaces, lower case."""
    text = header.replace("\ufeff", "")
    if noise:
        text = re.sub(noise, " ", text)
    return re.sub(r"\s+", " ", text).strip().lower()


@dataclass
class Match:
    """Where each column of a contract stands in the file: canonical name to position (from 0)."""

    positions: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)


def match_columns(columns: dict[str, Column], headers: list[str], noise: str | None = None) -> Match:
    """Match `headers` to `columns` by name and alias; the first of two equal headers counts."""
    names = {}
    for name, column in columns.items():
        for spelling in (name, *column.aliases):
            names.setdefault(plain_header(spelling, noise), name)
    match = Match()
    seen: set[str] = set()
    for position, header in enumerate(headers):
        plain = plain_header(header, noise)
        name = names.get(plain)
        if plain in seen or (name is not None and name in match.positions):
            if plain:
                match.repeated.append(position)
        elif name is not None:
            match.positions[name] = position
        elif plain:
            match.unknown.append(position)
        seen.add(plain)
    match.missing = [n for n, c in columns.items() if c.required and n not in match.positions]
    return match


def wide_columns(layout: Layout, headers: list[str], match: Match) -> dict[int, list[tuple[int, re.Match[str]]]]:
    """For each cell rule with `columns`: the positions whose header it takes, with the match of its groups."""
    found: dict[int, list[tuple[int, re.Match[str]]]] = {}
    taken: set[int] = set()
    for number, rule in enumerate(layout.cells):
        if rule.columns is None:
            continue
        pattern = re.compile(rule.columns, re.IGNORECASE)
        items = {plain_header(item) for item in rule.items}
        for position in match.unknown:
            text = re.sub(r"\s+", " ", re.sub(layout.header_noise or "(?!)", " ", headers[position])).strip("\ufeff ")
            hit = pattern.fullmatch(text)
            if hit is None or position in taken or is_ignored(layout, headers[position]):
                continue
            if items and plain_header(hit["item"]) not in items:
                continue
            taken.add(position)
            found.setdefault(number, []).append((position, hit))
    return found


def is_ignored(layout: Layout, header: str) -> bool:
    """True if the contract says that the column carries nothing that is kept."""
    plain = plain_header(header, layout.header_noise)
    return any(re.fullmatch(pattern, plain, re.IGNORECASE) for pattern in layout.ignore_columns)


def header_problems(columns: dict[str, Column], headers: list[str], match: Match) -> list[Problem]:
    """Missing columns (with the nearest header that is not known) and repeated ones."""
    problems = []
    left = [headers[position] for position in match.unknown]
    for name in match.missing:
        near = difflib.get_close_matches(name, left, n=1, cutoff=0.5)
        hint = f"; the file has '{near[0]}', which the contract does not know" if near else ""
        others = ", ".join(f"'{alias}'" for alias in columns[name].aliases)
        also = f" (also known as {others})" if others else ""
        problems.append(Problem("columns.missing", f"column '{name}'{also} is missing{hint}", column=name))
    for position in match.repeated:
        problems.append(
            Problem("columns.repeated", f"column '{headers[position]}' stands twice", column=headers[position])
        )
    return problems
