"""The list of changes in a release: each published cell compared with the release before.

Contains the comparison of two warehouse files, and its Parquet file. Not here: the cause of each change (`causes`), the
history inside one warehouse (`analysis.revisions` has the submission of each change), the data version
(`data_version`), or the notes (`release_notes`).
"""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.foundation.database import attach, connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal
from orchestration.warehouse.changes.causes import (
    CAUSES,
    DERIVED,
    OBSERVATIONS,
    Origins,
    cause_of,
    find_causes,
    has_relation,
    no_causes,
)

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

_LIMITS = FIGURES[4:]
# The meaning of a measure. New wording counts as a new definition, since its effect cannot be checked here.
_MEANING = ("unit", "value_type", "multiplier", "polarity", "aggregation", "definition")
_KEY_COLUMNS = ", ".join(ident(column) for column in NATURAL_KEY)
# Two hashes, 128 bits: with one, two of ten million keys could collide and a change would be missed.
_HASHED_KEY = f"hash({_KEY_COLUMNS}) AS k1, hash('second', {_KEY_COLUMNS}) AS k2"


@dataclass(frozen=True)
class Changes:
    """Rows of changes.parquet by kind and by cause, and the measures that were redefined or withdrawn."""

    by_kind: dict[str, int] = field(default_factory=dict)
    by_cause: dict[str, int] = field(default_factory=dict)
    redefined: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def write_changes(
    settings: Settings, database: Path, previous: Path | None, target: Path, origins: Origins | None = None
) -> Changes:
    """Write to `target` (Parquet, zstd) one row per cell of `database` that differs from `previous`.

    Columns: `section` (`observations`, `derived_measures`), the natural key, `change` (`added`, `revised`,
    `withdrawn`), `cause` (docs/modelling.md), old and new of each figure, status, limit and `submission_key`
    (`old_value`, `new_value`, ...). An equal cell in a later submission is not a change. Without a release
    before, the file has no rows. Rows are streamed, and temporary files hold what does not fit into memory.
    Raises as `connect` does.
    """
    with connect(None, settings) as connection:
        attach(connection, database, "new")
        comparable = previous is not None and _is_attached(connection, previous)
        if comparable:
            _find_changed_keys(connection)
            find_causes(connection)
        old, new = (_changed_rows(connection, name) if comparable else _no_rows(connection) for name in ("old", "new"))
        if not comparable:
            no_causes(connection)
        cause = cause_of(origins or Origins())
        connection.execute(f"CREATE TEMP TABLE changes AS {_comparison(old, new, cause)}")
        connection.execute(
            f"COPY (FROM changes ORDER BY ALL) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
        redefined, dropped = _redefined(connection) if comparable else ((), ())
        return Changes(_counted(connection, "change"), _counted(connection, "cause"), redefined, dropped)


def _is_attached(connection: duckdb.DuckDBPyConnection, previous: Path) -> bool:
    """Attach the release before as `old`; return false if it has no cells to compare with."""
    attach(connection, previous, "old")
    return has_relation(connection, "old", OBSERVATIONS)


def _counted(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, int]:
    return dict(
        connection.execute(
            f"SELECT {column}, count(*) FROM changes WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    )


def _cells(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """Return SQL for all cells that the warehouse attached as `name` publishes; a derived one has no submission."""
    columns = f"department_code, {_KEY_COLUMNS}"
    cells = f"""SELECT '{OBSERVATIONS}' AS section, {columns}, {", ".join(FIGURES)}, submission_key
               FROM {name}.analysis.{OBSERVATIONS}"""
    if has_relation(connection, name, DERIVED):
        cells += f"""
            UNION ALL BY NAME
            SELECT '{DERIVED}' AS section, {columns}, {", ".join(f for f in FIGURES if f not in _LIMITS)}
            FROM {name}.analysis.{DERIVED}"""
    return cells


def _find_changed_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the table `changed` of the hashed keys whose figures differ or that only one release has.

    Joining hashes of two million cells takes 100 MB; joining the cells themselves would take gigabytes, and
    nearly all of them are equal.
    """
    figures = f"hash({', '.join(ident(column) for column in FIGURES)})"
    old, new = (
        f"(SELECT {_HASHED_KEY}, {figures} AS figures FROM ({_cells(connection, name)}))" for name in ("old", "new")
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE changed AS
        SELECT k1, k2 FROM {old} AS old FULL JOIN {new} AS new USING (k1, k2)
        WHERE old.figures IS DISTINCT FROM new.figures
        """
    )


def _changed_rows(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    cells = _cells(connection, name)
    return (
        f"(SELECT *, true AS is_there FROM (SELECT *, {_HASHED_KEY} FROM ({cells})) SEMI JOIN changed USING (k1, k2))"
    )


def _no_rows(connection: duckdb.DuckDBPyConnection) -> str:
    return f"(SELECT *, true AS is_there FROM ({_cells(connection, 'new')}) WHERE false)"


def _comparison(old: str, new: str, cause: str) -> str:
    pairs = ", ".join(
        f"old.{ident(column)} AS {ident('old_' + column)}, new.{ident(column)} AS {ident('new_' + column)}"
        for column in (*FIGURES, "submission_key")
    )
    return f"""
        SELECT coalesce(new.department_code, old.department_code) AS department_code, section, {_KEY_COLUMNS},
               CASE WHEN old.is_there IS NULL THEN 'added'
                    WHEN new.is_there IS NULL THEN 'withdrawn' ELSE 'revised' END AS change,
               {cause} AS cause, {pairs}
        FROM {old} AS old FULL JOIN {new} AS new USING (section, {_KEY_COLUMNS})
        {CAUSES}
    """


def _redefined(connection: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the measures of both releases that were redefined, and those that only the old one has."""
    meaning = ", ".join(_MEANING)
    rows = connection.execute(
        f"""SELECT measure_code, new.meaning IS NULL
            FROM (SELECT measure_code, ({meaning}) AS meaning FROM old.marts.dim_measure) AS old
            LEFT JOIN (SELECT measure_code, ({meaning}) AS meaning FROM new.marts.dim_measure) AS new
                USING (measure_code)
            WHERE old.meaning IS DISTINCT FROM new.meaning ORDER BY measure_code"""
    ).fetchall()
    return tuple(code for code, gone in rows if not gone), tuple(code for code, gone in rows if gone)
