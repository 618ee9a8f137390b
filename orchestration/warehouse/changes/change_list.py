"""What a release changes: cell by cell of what is published against the release before.

Belongs here: the comparison of two warehouse files, and the Parquet file it makes. Does
not belong here: why each cell changed (`causes`), the history inside one warehouse (`analysis.revisions` tells by which
submission a cell changed, release or not), what number the data get by it (`data_version`), or words (`release_notes`).
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
# What a measure means: other words for the same are a new definition too, since nobody can tell from here.
_MEANING = ("unit", "value_type", "multiplier", "polarity", "aggregation", "definition")
_KEY_COLUMNS = ", ".join(ident(column) for column in NATURAL_KEY)
# Two hashes, 128 bits: with one, two of ten million keys could meet and a change would go unseen.
_HASHED_KEY = f"hash({_KEY_COLUMNS}) AS k1, hash('second', {_KEY_COLUMNS}) AS k2"


@dataclass(frozen=True)
class Changes:
    """Rows of changes.parquet by kind and by cause, and the measures that mean something else or are gone."""

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
    (`old_value`, `new_value`, ...). A cell that only came again in a later submission is no change. Without a release
    before there is nothing to compare, and the file has no rows. Streams; the spill folder takes what memory does not.
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
    """Attach the release before as `old`; false where it has no cells to compare with."""
    attach(connection, previous, "old")
    return has_relation(connection, "old", OBSERVATIONS)


def _counted(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, int]:
    return dict(
        connection.execute(
            f"SELECT {column}, count(*) FROM changes WHERE {column} IS NOT NULL GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    )


def _said(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """All cells that the warehouse attached as `name` publishes; a derived one has no limits and no submission."""
    columns = f"department_code, {_KEY_COLUMNS}"
    said = f"""SELECT '{OBSERVATIONS}' AS section, {columns}, {", ".join(FIGURES)}, submission_key
               FROM {name}.analysis.{OBSERVATIONS}"""
    if has_relation(connection, name, DERIVED):
        said += f"""
            UNION ALL BY NAME
            SELECT '{DERIVED}' AS section, {columns}, {", ".join(f for f in FIGURES if f not in _LIMITS)}
            FROM {name}.analysis.{DERIVED}"""
    return said


def _find_changed_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `changed` of the keys, hashed, whose figures differ or that only one side has.

    Joining hashes of two million cells takes 100 MB; joining the cells themselves would take gigabytes, and
    nearly all of them are equal.
    """
    figures = f"hash({', '.join(ident(column) for column in FIGURES)})"
    old, new = (
        f"(SELECT {_HASHED_KEY}, {figures} AS figures FROM ({_said(connection, name)}))" for name in ("old", "new")
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE changed AS
        SELECT k1, k2 FROM {old} AS old FULL JOIN {new} AS new USING (k1, k2)
        WHERE old.figures IS DISTINCT FROM new.figures
        """
    )


def _changed_rows(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    said = _said(connection, name)
    return f"(SELECT *, true AS is_there FROM (SELECT *, {_HASHED_KEY} FROM ({said})) SEMI JOIN changed USING (k1, k2))"


def _no_rows(connection: duckdb.DuckDBPyConnection) -> str:
    return f"(SELECT *, true AS is_there FROM ({_said(connection, 'new')}) WHERE false)"


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
    """Measures of both releases that mean something else, and measures that only the old one has."""
    meaning = ", ".join(_MEANING)
    rows = connection.execute(
        f"""SELECT measure_code, new.meaning IS NULL
            FROM (SELECT measure_code, ({meaning}) AS meaning FROM old.marts.dim_measure) AS old
            LEFT JOIN (SELECT measure_code, ({meaning}) AS meaning FROM new.marts.dim_measure) AS new
                USING (measure_code)
            WHERE old.meaning IS DISTINCT FROM new.meaning ORDER BY measure_code"""
    ).fetchall()
    return tuple(code for code, gone in rows if not gone), tuple(code for code, gone in rows if gone)
