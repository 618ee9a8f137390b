"""Words that several commands share, and how they show rows: a table for people, or CSV, JSON and Parquet for programs.

Belongs here: those words, and writing an answer out. Does not belong here: asking (`warehouse.asking`).
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
"""Rows of a table that are shown."""


class ResultFormat(enum.StrEnum):
    """How the result of a query is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class Tier(enum.StrEnum):
    """For whom a release is: analysts and departments, or everybody."""

    restricted = "restricted"
    open = "open"


OfTier = Annotated[Tier, typer.Option("--tier", help="`restricted`, or `open` for the public tier.")]


def write_answer(answer: "Answer", format: ResultFormat) -> None:
    """All rows to standard output; raises UsageError for Parquet on a screen."""
    if format is ResultFormat.json:
        while rows := answer.fetch(10_000):
            for row in rows:
                sys.stdout.write(json.dumps(dict(zip(answer.columns, row, strict=True)), default=str) + "\n")
    elif format is ResultFormat.csv:
        answer.write_csv(sys.stdout)
    else:
        if sys.stdout.isatty():
            raise UsageError("Parquet is bytes, not text; send it to a file: … --format parquet > answer.parquet")
        answer.write_parquet(sys.stdout.buffer)


def print_table(columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """The first rows as a table."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows[:SHOWN]:
        table.add_row(*("" if value is None else str(value) for value in row))
    console = Console()
    console.print(table)
    if len(rows) > SHOWN:
        console.print(f"… and more; {SHOWN} rows are shown, --format csv gives all.")
