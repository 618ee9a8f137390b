"""Results of macros joined by key with the expected results, of which every row must be found.

Contains the join and the search for missing rows. Not here: the comparison of values (`comparing`).
"""

from collections.abc import Iterable, Mapping

import duckdb

from tests.conformance.comparing import assert_numbers_agree, assert_texts_agree


def assert_agreement(
    connection: duckdb.DuckDBPyConnection,
    actual: str,
    expected: str,
    keys: Iterable[str],
    numbers: Mapping[str, float] | None = None,
    texts: Iterable[str] = (),
) -> None:
    """Every row of `expected` has its one row in `actual`, with the same texts and with numbers as close as is said.

    Columns that are compared have the same name on both sides; `numbers` gives the relative tolerance of each.
    """
    keys, numbers, texts = list(keys), dict(numbers or {}), list(texts)
    sides = ", ".join(f"a.{column}, e.{column} AS {column}_expected" for column in [*numbers, *texts])
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE agreement AS
            SELECT concat_ws(' ', {", ".join(f"e.{key}" for key in keys)}) AS label, a.is_found, {sides}
            FROM ({expected}) AS e
            LEFT JOIN (SELECT *, true AS is_found FROM ({actual})) AS a
                ON {" AND ".join(f"e.{key} IS NOT DISTINCT FROM a.{key}" for key in keys)}"""
    )
    lost = connection.execute("SELECT label FROM agreement WHERE is_found IS NULL").fetchall()
    assert not lost, f"{len(lost)} expected rows were not made, such as {lost[:10]}"
    doubled = connection.execute("SELECT label FROM agreement GROUP BY label HAVING count(*) > 1").fetchall()
    assert not doubled, f"{len(doubled)} rows were made more than once, such as {doubled[:10]}"
    for tolerance in sorted(set(numbers.values())):
        pairs = {column: f"{column}_expected" for column, of_column in numbers.items() if of_column == tolerance}
        assert_numbers_agree(connection, "FROM agreement", pairs, label="label", relative=tolerance)
    if texts:
        pairs = {column: f"{column}_expected" for column in texts}
        assert_texts_agree(connection, "FROM agreement", pairs, label="label")
