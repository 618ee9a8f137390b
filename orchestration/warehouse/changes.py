"""What a release changes: cell by cell of analysis.observations against the release before.

Belongs here: the comparison of two warehouse files and the Parquet file it makes. Does not belong here: the
history inside one warehouse (`analysis.revisions` tells by which submission a cell changed, release or not).
"""

from pathlib import Path

import duckdb

from orchestration.settings import Settings
from orchestration.sql import ident, literal
from orchestration.warehouse.connection import attach, connect

NATURAL_KEY = (
    "return_code",
    "measure_code",
    "location_code",
    "location_level",
    "period_code",
    "characteristic",
    "category",
    "service_line",
)
FIGURES = (
    "numerator",
    "denominator",
    "value",
    "value_status",
    "lower_95",
    "upper_95",
    "lower_99_8",
    "upper_99_8",
)

_OBSERVATIONS = "analysis.observations"
_KEY_COLUMNS = ", ".join(ident(column) for column in NATURAL_KEY)
# Two hashes, 128 bits: with one, two of ten million keys could meet and a change would go unseen.
_HASHED_KEY = f"hash({_KEY_COLUMNS}) AS k1, hash('second', {_KEY_COLUMNS}) AS k2"


def write_changes(settings: Settings, database: Path, previous: Path | None, target: Path) -> dict[str, int]:
    """Write to `target` (Parquet, zstd) one row per cell of `database` that differs from `previous`.

    Columns: the natural key, `change` (`added`, `revised`, `withdrawn`), old and new of each figure, status,
    limit and `submission_key` (`old_value`, `new_value`, ...). A cell that only came again in a later
    submission is no change. Without a release before there is nothing to compare, and the file has no rows.
    Returns the number of rows by kind of change. Streams; the spill folder takes what memory does not.
    Raises as `connect` does.
    """
    with connect(None, settings) as connection:
        attach(connection, database, "new")
        comparable = previous is not None and _has_observations(connection, previous)
        if comparable:
            _find_changed_keys(connection)
        old, new = (_changed_rows("old"), _changed_rows("new")) if comparable else (_no_rows(), _no_rows())
        connection.execute(f"CREATE TEMP TABLE changes AS {_comparison(old, new)}")
        connection.execute(
            f"COPY (FROM changes ORDER BY ALL) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        return dict(connection.execute("SELECT change, count(*) FROM changes GROUP BY ALL ORDER BY ALL").fetchall())


def _has_observations(connection: duckdb.DuckDBPyConnection, previous: Path) -> bool:
    attach(connection, previous, "old")
    return bool(
        connection.execute(
            "FROM duckdb_views() WHERE database_name = 'old' "
            "AND schema_name = 'analysis' AND view_name = 'observations'"
        ).fetchall()
    )


def _find_changed_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `changed` of the keys, hashed, whose figures differ or that only one side has.

    Joining hashes of two million cells takes 100 MB; joining the cells themselves would take gigabytes, and
    nearly all of them are equal.
    """
    figures = f"hash({', '.join(ident(column) for column in FIGURES)})"
    old, new = (f"(SELECT {_HASHED_KEY}, {figures} AS figures FROM {name}.{_OBSERVATIONS})" for name in ("old", "new"))
    connection.execute(
        f"""
        CREATE TEMP TABLE changed AS
        SELECT k1, k2 FROM {old} AS old FULL JOIN {new} AS new USING (k1, k2)
        WHERE old.figures IS DISTINCT FROM new.figures
        """
    )


def _changed_rows(name: str) -> str:
    return f"(FROM (SELECT *, {_HASHED_KEY} FROM {name}.{_OBSERVATIONS}) SEMI JOIN changed USING (k1, k2))"


def _no_rows() -> str:
    return f"(FROM new.{_OBSERVATIONS} WHERE false)"


def _comparison(old: str, new: str) -> str:
    pairs = ", ".join(
        f"old.{ident(column)} AS {ident('old_' + column)}, new.{ident(column)} AS {ident('new_' + column)}"
        for column in (*FIGURES, "submission_key")
    )
    return f"""
        SELECT coalesce(new.department_code, old.department_code) AS department_code, {_KEY_COLUMNS},
               CASE WHEN old.submission_key IS NULL THEN 'added'
                    WHEN new.submission_key IS NULL THEN 'withdrawn' ELSE 'revised' END AS change,
               {pairs}
        FROM {old} AS old FULL JOIN {new} AS new USING ({_KEY_COLUMNS})
    """
