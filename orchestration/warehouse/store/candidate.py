"""A candidate: the tables to publish, in a file of their own that no build writes to.

Contains copying the schemas `marts` and `analysis` out of build.duckdb, proving that they depend on nothing else, and
limiting the number of refused candidates. Not here: whether the figures are right (the gate), and publication
(`publishing`).
"""

import json
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.foundation import clock
from orchestration.foundation.database import attach, connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal, literals
from orchestration.warehouse.store.fingerprint import PUBLISHED_SCHEMAS
from orchestration.warehouse.store.sealing import write_json

DATABASE = "warehouse.duckdb"
PROVENANCE = "provenance.json"

# Rows of a table with these columns have this order, so that a query for a return, a measure or a location reads few
# row groups, the file is a quarter smaller, and two builds of the same figures have the same order.
_READING_ORDER = (
    "return_code",
    "measure_code",
    "period_code",
    "location_key",
    "observation_key",
    "version_number",
)

_PROBE = "candidate_seen_from_outside"


@dataclass(frozen=True)
class Candidate:
    """A candidate on disk: its folder, its tables with their row counts, its views and macros.

    `unproved_macros` lists those that could not be called with nulls; it is known only just after creation.
    """

    release_id: str
    folder: Path
    tables: dict[str, int]
    views: tuple[str, ...]
    macros: tuple[str, ...]
    unproved_macros: tuple[str, ...]

    @property
    def database(self) -> Path:
        """The candidate's DuckDB file."""
        return self.folder / DATABASE


def make_candidate(settings: Settings, release_id: str, provenance: Mapping[str, object] | None = None) -> Candidate:
    """Copy `marts` and `analysis` from build.duckdb to `build/candidates/<release_id>/warehouse.duckdb`.

    Constraints, comments, views and macros are copied too. Before the file is returned, checkpointed and without a
    `.wal`, every view is executed whole and every macro called once, under another database name. `provenance`
    (versions of code, contracts and data, reference files) is stored beside it for the manifest.
    A candidate of the same id is replaced. Raises `OversightError` if there is nothing to publish or if a
    view or macro needs anything outside those schemas, `WarehouseLockedError` if the build still runs.
    """
    folder = settings.candidates / release_id
    partial = settings.candidates / f".{release_id}.partial"
    _remove(partial)
    partial.mkdir(parents=True)
    try:
        _copy(settings, partial / DATABASE)
        candidate = _look(settings, release_id, partial, prove=True)
        write_json(
            partial / PROVENANCE,
            {"release_id": release_id, "candidate_made_at": clock.timestamp()} | dict(provenance or {}),
        )
        _remove(folder)
        partial.rename(folder)
    except BaseException:
        _remove(partial)
        raise
    return Candidate(release_id, folder, candidate.tables, candidate.views, candidate.macros, candidate.unproved_macros)


def open_candidate(settings: Settings, release_id: str) -> Candidate:
    """Return the candidate `release_id` as it is on disk; its views and macros are not executed again.

    Raises `OversightError` if it does not exist.
    """
    folder = settings.candidates / release_id
    if not (folder / DATABASE).is_file():
        raise OversightError(
            f"Candidate {release_id} does not exist in {settings.candidates}; run `oversight refresh`."
        )
    return _look(settings, release_id, folder, prove=False)


def prune_candidates(settings: Settings, keep: Collection[str] = ()) -> list[str]:
    """Delete all candidates except the newest `settings.keep_builds` and those to `keep`, and every incomplete one;
    return their ids."""
    if not settings.candidates.is_dir():
        return []
    for half_made in settings.candidates.glob(".*.partial"):
        _remove(half_made)
    folders = sorted(path for path in settings.candidates.iterdir() if path.is_dir())
    gone = [folder for folder in folders[: -settings.keep_builds] if folder.name not in keep]
    for folder in gone:
        _remove(folder)
    return [folder.name for folder in gone]


def read_provenance(folder: Path) -> dict[str, object]:
    """Return the versions and sources that `make_candidate` recorded; empty if it recorded none."""
    path = folder / PROVENANCE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _copy(settings: Settings, target: Path) -> None:
    with connect(None, settings) as connection:
        attach(connection, settings.build_database, "build")
        _refuse_bound_names(connection)
        # Only COPY FROM DATABASE keeps default arguments of macros, and comments.
        # It goes through memory, so that the file never contains traces of schemas that are not published.
        connection.execute("ATTACH ':memory:' AS shape")
        connection.execute("COPY FROM DATABASE build TO shape (SCHEMA)")
        for (schema,) in connection.execute(
            f"""SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'shape' AND NOT internal
                AND schema_name NOT IN ({literals(PUBLISHED_SCHEMAS)}, 'main')"""
        ).fetchall():
            connection.execute(f"DROP SCHEMA shape.{ident(schema)} CASCADE")
        _empty_main(connection)
        attach(connection, target, "candidate", create=True)
        connection.execute("COPY FROM DATABASE shape TO candidate (SCHEMA)")
        for schema, table in _tables(connection, "candidate"):
            name = f"{ident(schema)}.{ident(table)}"
            order = _row_order(connection, schema, table)
            connection.execute(f"INSERT INTO candidate.{name} SELECT * FROM build.{name} ORDER BY {order}")
        connection.execute("CHECKPOINT candidate")
        connection.execute("DETACH candidate")


def _empty_main(connection: duckdb.DuckDBPyConnection) -> None:
    """Delete everything in `shape.main`, which cannot itself be dropped."""
    kinds = {"VIEW": "duckdb_views()", "TABLE": "duckdb_tables()"}
    for kind, source in kinds.items():
        for (name,) in connection.execute(
            f"SELECT {kind.lower()}_name FROM {source} "
            "WHERE database_name = 'shape' AND schema_name = 'main' AND NOT internal"
        ).fetchall():
            connection.execute(f"DROP {kind} shape.main.{ident(name)} CASCADE")
    for name, kind in connection.execute(
        """SELECT DISTINCT function_name, function_type FROM duckdb_functions()
           WHERE database_name = 'shape' AND schema_name = 'main' AND NOT internal"""
    ).fetchall():
        connection.execute(f"DROP MACRO {'TABLE ' if kind == 'table_macro' else ''}shape.main.{ident(name)}")


def _refuse_bound_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a view or macro that names the build database, since it would fail in every other file."""
    found = connection.execute(
        f"""
        SELECT 'view ' || schema_name || '.' || view_name AS name, sql FROM duckdb_views()
        WHERE database_name = 'build' AND schema_name IN ({literals(PUBLISHED_SCHEMAS)})
        UNION ALL
        SELECT 'macro ' || schema_name || '.' || function_name, macro_definition FROM duckdb_functions()
        WHERE database_name = 'build' AND schema_name IN ({literals(PUBLISHED_SCHEMAS)}) AND NOT internal
        ORDER BY name
        """
    ).fetchall()
    schemas = "|".join(
        re.escape(row[0])
        for row in connection.execute(
            "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'build'"
        ).fetchall()
    )
    bound = re.compile(rf'(?<![\w."])"?build"?\."?(?:{schemas})"?\.', re.IGNORECASE)
    for name, sql in found:
        if bound.search(sql):
            raise OversightError(
                f"The {name} names the build database (`build.`) and would fail in a release; "
                "render its relations without the database name."
            )


def _row_order(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    where = f"WHERE database_name = 'build' AND schema_name = {literal(schema)} AND table_name = {literal(table)}"
    columns = [
        row[0]
        for row in connection.execute(
            f"SELECT column_name FROM duckdb_columns() {where} ORDER BY column_index"
        ).fetchall()
    ]
    keys = connection.execute(
        f"SELECT constraint_column_names FROM duckdb_constraints() {where} AND constraint_type = 'PRIMARY KEY'"
    ).fetchall()
    # Large facts have a key without a constraint; sorting by every column would take longer
    # than everything else here.
    own = keys[0][0] if keys else [column for column in columns if column.endswith("_key")]
    if not own:
        return "ALL"
    leading = [column for column in _READING_ORDER if column in columns]
    return ", ".join(ident(column) for column in dict.fromkeys([*leading, *own]))


def _look(settings: Settings, release_id: str, folder: Path, *, prove: bool) -> Candidate:
    """Inspect the candidate under a database name that no view can refer to; `prove` executes everything in it."""
    with connect(None, settings) as connection:
        attach(connection, folder / DATABASE, _PROBE)
        connection.execute(f"USE {_PROBE}")
        tables = {}
        for schema, table in _tables(connection, _PROBE):
            count = connection.execute(f"SELECT count(*) FROM {ident(schema)}.{ident(table)}").fetchall()[0][0]
            tables[f"{schema}.{table}"] = int(count)
        if not tables:
            raise OversightError("The build has no table in the schemas marts and analysis; run `oversight refresh`.")
        views = connection.execute(
            "SELECT schema_name, view_name FROM duckdb_views() "
            f"WHERE database_name = '{_PROBE}' AND NOT internal ORDER BY ALL"
        ).fetchall()
        macros = connection.execute(
            f"""SELECT schema_name, function_name, function_type, len(parameters) FROM duckdb_functions()
                WHERE database_name = '{_PROBE}' AND NOT internal ORDER BY ALL"""
        ).fetchall()
        unproved = _prove(connection, views, macros) if prove else ()
    return Candidate(
        release_id,
        folder,
        tables,
        tuple(f"{schema}.{view}" for schema, view in views),
        tuple(f"{schema}.{macro}" for schema, macro, *_ in macros),
        unproved,
    )


def _prove(
    connection: duckdb.DuckDBPyConnection, views: list[tuple[str, str]], macros: list[tuple[str, str, str, int]]
) -> tuple[str, ...]:
    """Execute every view whole and call every macro with nulls; return the macros that do not accept nulls."""
    for schema, view in views:
        # A count alone would let DuckDB skip the columns; the hash makes it compute every one.
        query = f"SELECT sum(hash(v)) FROM {ident(schema)}.{ident(view)} AS v"
        try:
            connection.execute(query)
        except duckdb.Error as error:
            raise _broken(f"view {schema}.{view}", error) from error
    unproved = []
    for schema, macro, kind, arguments in macros:
        call = f"{ident(schema)}.{ident(macro)}({', '.join(['NULL'] * arguments)})"
        query = f"SELECT sum(hash(m)) FROM {call} AS m" if kind == "table_macro" else f"SELECT {call}"
        try:
            connection.execute(query)
        except duckdb.Error as error:
            if "Catalog" in str(error):  # A name that does not exist.
                raise _broken(f"macro {schema}.{macro}", error) from error
            unproved.append(f"{schema}.{macro}")
    return tuple(unproved)


def _broken(what: str, error: duckdb.Error) -> OversightError:
    line = str(error).splitlines()[0].rstrip(".")
    return OversightError(
        f"The {what} fails in the candidate ({line}); it may use only the schemas marts and analysis."
    )


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() "
        f"WHERE database_name = {literal(database)} AND NOT internal ORDER BY ALL"
    ).fetchall()


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
