"""Shared options and output formats: a table for people; CSV, JSON and Parquet for programs.

Contains options that several commands have, and functions that write query results. Not here: running queries
(`orchestration.warehouse.store.query`).
"""

import enum
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration.foundation.errors import UsageError

if TYPE_CHECKING:
    from orchestration.warehouse.store.query import Answer

SHOWN = 200
"""Maximum number of rows shown in a table."""


class ResultFormat(enum.StrEnum):
    """Format of a query result."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Tier(enum.StrEnum):
    """Readers of a release: analysts and departments, or the public."""

    restricted = "restricted"
    open = "open"


OfTier = Annotated[Tier, typer.Option("--tier", help="`restricted`, or `open` for the public tier.")]


def write_answer(answer: "Answer", format: ResultFormat) -> None:
    """Write all rows to standard output. Raise UsageError for Parquet on a terminal."""
    if format is ResultFormat.json:
        while rows := answer.fetch(10_000):
            for row in rows:
                sys.stdout.write(json.dumps(dict(zip(answer.columns, row, strict=True)), default=str) + "\n")
    elif format is ResultFormat.csv:
        answer.write_csv(sys.stdout)
    else:
        if sys.stdout.isatty():
            raise UsageError("Parquet is not text; redirect it to a file: … --format parquet > answer.parquet")
        answer.write_parquet(sys.stdout.buffer)


def print_table(columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Print the first rows as a table."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows[:SHOWN]:
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Console()
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"Showing the first {SHOWN} rows; use --format csv for all of them.")
