"""docs/methods.md as data: its worked examples and the names in its code.

Contains the reader of the page's tables. Not here: their use.

A worked example is a table below a comment, `example: NAME`. Columns with bold headings are expected results; the
others are inputs, unless the comment is `example: NAME | given: OTHER`, where OTHER is a table below `given: OTHER`, or
an earlier example.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.foundation.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "methods.md"

_TABLE = re.compile(
    r"^<!-- (?P<kind>given|example): (?P<name>[^|>]+?)(?: \| given: (?P<given>[^>]+?))? -->\n(?P<rows>(?:\|.*\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Table:
    """A table of the page: columns by the names they have in SQL, cells as they are written."""

    name: str
    given: str
    is_example: bool
    columns: dict[str, list[str]]
    checked: frozenset[str]

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """The columns that are given, as the table `given`; numbers are numbers, and a blank is missing."""
        names = [name for name in self.columns if name not in self.checked]
        typed = {name: _typed(self.columns[name]) for name in names}
        definition = ", ".join(f"{name} {kind}" for name, (kind, _) in typed.items())
        connection.execute(f"CREATE OR REPLACE TEMP TABLE given ({definition})")
        rows = list(zip(*(values for _, values in typed.values()), strict=True))
        connection.executemany(f"INSERT INTO given VALUES ({', '.join('?' for _ in names)})", rows)


def _typed(cells: list[str]) -> tuple[str, list[str | None]]:
    plain = [cell.replace(",", "") or None for cell in cells]
    present = [cell for cell in plain if cell is not None]
    if all(re.fullmatch(r"-?\d+", cell) for cell in present):
        return "bigint", plain
    if all(re.fullmatch(r"-?\d+(\.\d+)?", cell) for cell in present):
        return "double", plain
    return "varchar", [cell or None for cell in cells]


def _column(heading: str) -> str:
    """The name in SQL of a heading: `lower 99.8%` is lower_99_8."""
    return re.sub(r"\W+", "_", heading.lower()).strip("_")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables(page: Path = PAGE) -> dict[str, Table]:
    """Every table of the page that has a name."""
    found = {}
    for match in _TABLE.finditer(page.read_text(encoding="utf-8")):
        head, _, *body = match["rows"].splitlines()
        headings = _cells(head)
        cells = [_cells(line) for line in body]
        found[match["name"]] = Table(
            name=match["name"],
            given=match["given"] or match["name"],
            is_example=match["kind"] == "example",
            columns={_column(heading): [row[place] for row in cells] for place, heading in enumerate(headings)},
            checked=frozenset(_column(heading) for heading in headings if heading.startswith("**")),
        )
    return found


def shown(value: object, like: str) -> str:
    """A value as the page would print it where it has `like`: with as many decimals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        decimals = len(like.partition(".")[2])
        text = f"{value:,.{decimals}f}"
        return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
    return str(value)
