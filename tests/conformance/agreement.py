"""Loads vectors and compares what the macros give with what is expected, over all rows at once.

Here is how a figure is compared; which columns, and how closely, is said by the test of the method.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pytest


def load(con: duckdb.DuckDBPyConnection, vectors: Path, *names: str) -> None:
    """Each file as a table of its name; a set of vectors may lack one, and then the test has nothing to say."""
    for name in names:
        file = vectors / f"{name}.csv"
        if not file.is_file():
            pytest.skip(f"this set of vectors has no {file.name}")
        con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM read_csv('{file}', header = true, sample_size = -1)")


def assert_agreement(
    con: duckdb.DuckDBPyConnection,
    actual: str,
    expected: str,
    keys: Iterable[str],
    numbers: Mapping[str, float] | None = None,
    classes: Iterable[str] = (),
) -> int:
    """Every row of `expected` has its row in `actual`, with the same classes and with numbers as close as is said.

    `numbers` names the relative tolerance of each column; where nothing, or no more than noise, is expected, 1e-9 is near enough.
    """
    keys, numbers, classes = list(keys), dict(numbers or {}), list(classes)
    con.execute(f"CREATE OR REPLACE TEMP TABLE _actual AS {actual}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE _expected AS {expected}")
    wrong = [
        f"""(CASE WHEN e.{column} IS NULL OR a.{column} IS NULL THEN e.{column} IS DISTINCT FROM a.{column}
             ELSE NOT abs(a.{column} - e.{column})
                  <= CASE WHEN abs(e.{column}) < 1e-9 THEN 1e-9 ELSE {tolerance} * abs(e.{column}) END END)"""
        for column, tolerance in numbers.items()
    ] + [f"(e.{column}::VARCHAR IS DISTINCT FROM a.{column}::VARCHAR)" for column in classes]
    shown = ", ".join([f"e.{key}" for key in keys] + [f"e.{c} AS {c}_expected, a.{c}" for c in [*numbers, *classes]])
    joined = "_expected AS e LEFT JOIN _actual AS a ON " + " AND ".join(
        f"e.{key} IS NOT DISTINCT FROM a.{key}" for key in keys
    )
    compared, met = con.execute(f"SELECT count(*), count(a.{keys[0]}) FROM {joined}").fetchone() or (0, 0)
    size = "greatest(0, " + ", ".join([f"coalesce(abs(a.{c} / nullif(e.{c}, 0) - 1), 1)" for c in numbers] or ["0"]) + ")"
    worst = con.sql(f"SELECT {shown} FROM {joined} WHERE {' OR '.join(wrong)} ORDER BY {size} DESC LIMIT 12")
    count = len(con.sql(f"SELECT 1 FROM {joined} WHERE {' OR '.join(wrong)}").fetchall())
    assert compared > 0, "nothing was compared"
    assert met == compared, f"{compared - met} of {compared} expected rows have no row"
    assert count == 0, f"{count} of {compared} rows disagree, the worst:\n{worst.df().T.to_string()}"
    return int(compared)
