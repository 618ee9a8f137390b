"""Headers of a file matched to the columns of a contract, and the layout that fits.

Contains comparing headers, aliases, finding the row of the header, and choosing a layout. Not here: the rows below
the header (`rows`).
"""

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.contracts.model import Column, FileFormat, Layout
from orchestration.returns.files.reading import HEADER_SLACK, Sheet, open_sheet
from orchestration.returns.files.sniffing import kind_of, sniff
from orchestration.returns.rules import Problem

_OTHER_DELIMITERS = (",", ";", "\t", "|")


def plain_header(header: str, noise: str | None = None) -> str:
    """Return a header as it is compared: no byte order mark, no noise, single spaces, lower case."""
    text = header.replace("\ufeff", "")
    if noise:
        text = re.sub(noise, " ", text)
    return re.sub(r"\s+", " ", text).strip().lower()


@dataclass
class Match:
    """The position in the file, from 0, of each column of a contract, by canonical name.

    `repeated` maps the position of a duplicate column to the position of the one that is used.
    """

    positions: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    repeated: dict[int, int] = field(default_factory=dict)


def match_columns(columns: dict[str, Column], headers: list[str], noise: str | None = None) -> Match:
    """Match `headers` to `columns`: by name before alias, by an earlier alias before a later one; of two
    equal headers the first counts."""
    first: dict[str, int] = {}
    match = Match()
    for position, header in enumerate(headers):
        plain = plain_header(header, noise)
        if plain and plain in first:
            match.repeated[position] = first[plain]
        elif plain:
            first[plain] = position
    owners = {plain_header(name, noise): name for name in columns}
    for name, column in columns.items():
        for alias in column.aliases:
            owners.setdefault(plain_header(alias, noise), name)
    used: set[int] = set()
    for name, column in columns.items():
        spellings = dict.fromkeys(plain_header(spelling, noise) for spelling in (name, *column.aliases))
        found = [first[s] for s in spellings if s in first and owners[s] == name]
        if found:
            match.positions[name] = found[0]
            used.update(found)
            match.repeated.update(dict.fromkeys(found[1:], found[0]))
    match.repeated = {p: match.repeated.get(taken, taken) for p, taken in match.repeated.items()}
    match.unknown = sorted(p for p in first.values() if p not in used)
    match.missing = [n for n, c in columns.items() if c.required and n not in match.positions]
    return match


def wide_columns(layout: Layout, headers: list[str], match: Match) -> dict[int, list[tuple[int, re.Match[str]]]]:
    """Return, for each cell rule with `columns`, the positions of the headers that match, with the match object."""
    found: dict[int, list[tuple[int, re.Match[str]]]] = {}
    taken: set[int] = set()
    noise = re.compile(layout.header_noise or "(?!)")
    free = [(p, re.sub(r"\s+", " ", noise.sub(" ", headers[p])).strip("\ufeff ")) for p in match.unknown]
    for number, rule in enumerate(layout.cells):
        if rule.columns is None:
            continue
        pattern = re.compile(rule.columns, re.IGNORECASE)
        items = {plain_header(item) for item in rule.items}
        for position, text in free:
            if position in taken or (hit := pattern.fullmatch(text)) is None or is_ignored(layout, headers[position]):
                continue
            if items and plain_header(hit["item"]) not in items:
                continue
            taken.add(position)
            found.setdefault(number, []).append((position, hit))
    return found


def is_ignored(layout: Layout, header: str) -> bool:
    """Return whether the contract ignores the column."""
    plain = plain_header(header, layout.header_noise)
    return any(re.fullmatch(pattern, plain, re.IGNORECASE) for pattern in layout.ignore_columns)


def header_problems(
    columns: dict[str, Column], headers: list[str], match: Match, delimiter: str = ",", row: int | None = None
) -> list[Problem]:
    """Return a problem for each missing column, with the most similar unknown header, or one problem if the file has
    another delimiter. `row` is the row of the header."""
    if match.missing and len(headers) == 1:
        other = max(_OTHER_DELIMITERS, key=headers[0].count)
        if other != delimiter and headers[0].count(other) > 0:
            message = f"the columns seem to be separated by {other!r}; the agreed separator is {delimiter!r}"
            return [Problem("columns.delimiter", message, source_row=row, value=headers[0])]
    left = {plain_header(headers[position]): headers[position] for position in match.unknown}
    problems = []
    for name in match.missing:
        near = difflib.get_close_matches(plain_header(name), left, n=1, cutoff=0.5)
        hint = f"; the file has '{left[near[0]]}', which is not in the contract" if near else ""
        others = ", ".join(f"'{alias}'" for alias in columns[name].aliases)
        also = f" (also known as {others})" if others else ""
        problems.append(
            Problem("columns.missing", f"column '{name}'{also} is missing{hint}", source_row=row, column=name)
        )
    return problems


def unknown_columns(layout: Layout, headers: list[str], match: Match) -> list[Problem]:
    """Return a problem for each column that the contract does not list, match by a pattern or ignore."""
    if layout.extra_columns == "ignore":
        return []
    taken = {position for hits in wide_columns(layout, headers, match).values() for position, _ in hits}
    return [
        Problem(
            "columns.unknown",
            f"column '{headers[p]}' is not in the contract",
            column=headers[p],
            severity="error" if layout.extra_columns == "refuse" else "warning",
        )
        for p in match.unknown
        if p not in taken and not is_ignored(layout, headers[p])
    ]


@dataclass
class Fit:
    """A file opened under the layout that fits it best; `header_row` counts from 1, `unfolded` has the positions of the
    columns to unpivot."""

    layout: Layout
    sheet: Sheet
    match: Match
    header_row: int
    unfolded: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Add the two columns that unpivoting creates, after the last one of the file."""
        if self.layout.unfold is None:
            return
        self.unfolded = [p for p in self.match.unknown if re.fullmatch(self.layout.unfold.columns, self._plain(p))]
        self.match.unknown = [p for p in self.match.unknown if p not in self.unfolded]
        width = len(self.headers)
        self.match.positions |= {self.layout.unfold.label: width, self.layout.unfold.figure: width + 1}

    def _plain(self, position: int) -> str:
        return self.headers[position].replace("\ufeff", "").strip()

    @property
    def headers(self) -> list[str]:
        """The headers as they were sent."""
        return self.sheet.head[self.header_row - 1]

    def shown_headers(self) -> list[str]:
        """Return the headers and the names of the columns that unpivoting creates."""
        made = self.layout.unfold
        return [*self.headers, *([made.label, made.figure] if made else [])]

    def problems(self) -> list[Problem]:
        """Return the problems of the headers: missing columns, or if there are none, unknown columns."""
        delimiter = self.layout.file.delimiter
        row = self.header_row if self.sheet.is_text else None
        missing = header_problems(self.layout.columns, self.headers, self.match, delimiter, row)
        if self.layout.unfold and not self.unfolded and not missing:
            pattern = self.layout.unfold.columns
            missing = [Problem("columns.missing", f"no header matches the pattern {pattern}", source_row=row)]
        return missing or unknown_columns(self.layout, self.headers, self.match)


def choose_layout(
    con: duckdb.DuckDBPyConnection, path: Path, file_name: str, layouts: list[Layout], folder: Path
) -> Fit | Problem:
    """Return the first layout whose required columns are all in the file, otherwise the nearest one; return a Problem
    if the file cannot be read in the format of any layout."""
    kind = sniff(path)
    opened: dict[str, Sheet | Problem] = {}
    nearest: tuple[float, Fit] | None = None
    failure: Problem | None = None
    for layout in layouts:
        if kind_of(layout.file.format) != kind:
            continue
        key = layout.file.model_dump_json()
        if key not in opened:
            opened[key] = open_sheet(con, path, file_name, layout.file, folder)
        sheet = opened[key]
        if isinstance(sheet, Problem):
            failure = failure or sheet
            continue
        row, match = find_header(layout.columns, layout.file, sheet, layout.header_noise)
        fit = Fit(layout, sheet, match, row)
        if not match.missing:
            return fit
        share = len(match.missing) / sum(column.required for column in layout.columns.values())
        if nearest is None or share < nearest[0]:
            nearest = (share, fit)
    if nearest is not None:
        return nearest[1]
    return failure or Problem("file.unreadable", f"'{file_name}' is not in an agreed format")


def find_header(
    columns: dict[str, Column], file: FileFormat, sheet: Sheet, noise: str | None = None
) -> tuple[int, Match]:
    """Return the row of the header and its match. The preamble may be a few rows longer or shorter than in another
    year, so if the agreed row lacks a column, the nearest row with every required column is the header."""
    if not sheet.is_text:
        return 1, match_columns(columns, sheet.head[0], noise)
    agreed = file.header_row
    best: tuple[int, Match] | None = None
    rows = range(max(1, agreed - HEADER_SLACK), min(len(sheet.head), agreed + HEADER_SLACK) + 1)
    for row in sorted(rows, key=lambda row: abs(row - agreed)):
        match = match_columns(columns, sheet.head[row - 1], noise)
        if not match.missing:
            return row, match
        if best is None or len(match.missing) < len(best[1].missing):
            best = (row, match)
    return best or (1, match_columns(columns, [], noise))
