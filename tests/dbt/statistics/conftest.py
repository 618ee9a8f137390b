"""Macros of the dbt project on a few rows of one's own: what golden figures are checked with."""

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from tests.conformance.rendering import render


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def value_of(connection: duckdb.DuckDBPyConnection) -> Callable[..., Any]:
    """Value of a scalar macro call, the keyword arguments being columns of the one row it sees."""

    def evaluate(expression: str, **columns: float | str | None) -> Any:
        names = ", ".join(f"${name} AS {name}" for name in columns) or "1 AS nothing"
        row = connection.execute(f"SELECT {render(expression)} FROM (SELECT {names})", columns or None).fetchone()
        assert row is not None
        return row[0]

    return evaluate


@pytest.fixture
def rows_of(connection: duckdb.DuckDBPyConnection) -> Callable[..., list[dict[str, Any]]]:
    """Rows of a relation macro call over a relation `given`, written as a SQL query."""

    def evaluate(expression: str, given: str) -> list[dict[str, Any]]:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE given AS {given}")
        found = connection.execute(f"SELECT * FROM ({render(expression)}) ORDER BY ALL")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return evaluate
