"""Calculated and expected values, compared column by column over all rows at once, within a stated tolerance.

Contains the definition of equal, and the display of differences. Not here: methods and files.
"""

import duckdb
import pytest

ZERO = 1e-12
"""An expected value below this is the noise of a zero: then the absolute tolerance holds."""


def assert_numbers_agree(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    pairs: dict[str, str],
    *,
    label: str = "case_id",
    relative: float = 1e-9,
    absolute: float = 1e-9,
) -> None:
    """Every computed column of `relation` agrees with its expected one: both null, or near enough.

    `pairs` maps a computed expression to the expected one; `label` identifies the row. At least one
    expected number must be there, else nothing was compared.
    """
    compared = _pairs(connection, relation, pairs, label, "double")
    off = f"""
        SELECT *, abs(computed - expected) / nullif(abs(expected), 0) AS relative_difference
        FROM {compared}
        WHERE (computed IS NULL) <> (expected IS NULL)
           OR NOT (CASE WHEN abs(expected) < {ZERO!r} THEN abs(computed) <= {absolute!r}
                   ELSE abs(computed - expected) <= {relative!r} * abs(expected) END)
        ORDER BY relative_difference DESC NULLS FIRST
    """
    _judge(connection, compared, off)


def assert_texts_agree(
    connection: duckdb.DuckDBPyConnection, relation: str, pairs: dict[str, str], *, label: str = "case_id"
) -> None:
    """Every computed text or whole number of `relation` is the expected one, null for null."""
    compared = _pairs(connection, relation, pairs, label, "varchar")
    _judge(connection, compared, f"SELECT * FROM {compared} WHERE computed IS DISTINCT FROM expected")


def assert_only_refused(
    connection: duckdb.DuckDBPyConnection, relation: str, due: str, refused: str, *, label: str = "case_id"
) -> None:
    """The rows where `due` holds are those where `refused` does; skips if the vectors have nothing to refuse."""
    rows = connection.execute(f"SELECT ({label})::varchar, {due}, {refused} FROM ({relation})").fetchall()
    wrong = [(name, "wrongly refused" if done else "not refused") for name, expected, done in rows if expected != done]
    assert not wrong
    if not any(expected for _, expected, _ in rows):
        pytest.skip("these vectors have no row that must be refused")


def _pairs(connection: duckdb.DuckDBPyConnection, relation: str, pairs: dict[str, str], label: str, kind: str) -> str:
    """A table of (label, name, computed, expected), one row per cell compared."""
    # Evaluated once as it is written: a relation macro must not depend on how it is read.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE compared_rows AS SELECT * FROM ({relation})")
    cells = " UNION ALL ".join(
        f"SELECT ({label})::varchar AS label, '{computed.replace(chr(39), '')}' AS name, "
        f"({computed})::{kind} AS computed, ({expected})::{kind} AS expected FROM compared_rows"
        for computed, expected in pairs.items()
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE compared_cells AS {cells}")
    return "compared_cells"


def _judge(connection: duckdb.DuckDBPyConnection, compared: str, off: str) -> None:
    count = connection.execute(f"SELECT count(expected) FROM {compared}").fetchone()
    assert count is not None
    assert count[0] > 0, "nothing was compared"
    worst = connection.execute(f"SELECT * FROM ({off}) LIMIT 10").fetchall()
    if worst:
        total = connection.execute(f"SELECT count(*) FROM ({off})").fetchone()
        assert total is not None
        lines = "\n".join("  " + " | ".join(map(str, row)) for row in worst)
        pytest.fail(f"{total[0]} of {count[0]} cells differ; label | column | computed | expected | ...\n{lines}")
