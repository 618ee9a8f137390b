"""Loading a release into PostgreSQL, in schemas of its own that no reader uses yet.

Contains tables, rows, keys, indexes, comments and views. Not here: who may read them (`access`), or when readers see
them (`endpoint`).

Each table is created, filled with COPY FREEZE and given its key in one transaction, so that a session that began before
it was loaded also sees its rows. sqlglot translates the flat views from DuckDB's SQL.
"""

import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import psycopg
import sqlglot
from psycopg import sql
from sqlglot import expressions

from orchestration.foundation.database import connect_locked_down
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal
from orchestration.serving.access import restrict_rows
from orchestration.warehouse.publishing.cleanup import is_alive
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.read_lock import reading

SCHEMAS = ("marts", "analysis")

_TYPES = {
    "BIGINT": "bigint", "INTEGER": "integer", "DOUBLE": "double precision", "VARCHAR": "text", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "VARCHAR[]": "text[]", "SMALLINT": "smallint", "HUGEINT": "numeric",
    "UBIGINT": "numeric",
}  # fmt: skip
_TESTED_KEYS = {
    "fct_observation": ["observation_key", "version_number"],
    "bridge_figure_source": [
        "observation_key", "source_observation_key", "source_version_number", "component_number",
    ],
}  # fmt: skip
"""Keys that tests check, and that the release does not declare."""

_INDEXED = ["measure_code", "period_code", "location_key"]
_PIECE = 1 << 20


def schema_of(release_id: str, schema: str) -> str:
    """Return the name of a release's schema: for `marts` of `20260102T020000Z-0a1b2c3d`, it is
    `marts_20260102t020000z_0a1b2c3d`."""
    return f"{schema}_{re.sub(r'[^a-z0-9]', '_', release_id.lower())}"


def load_release(
    settings: Settings, dsn: str, folder: Path, readers: tuple[str, ...], comments: dict[tuple[str, str], str],
    progress: Callable[[str], None],
) -> None:  # fmt: skip
    """Load the release in `folder` for the roles `readers`, unless it is already loaded.

    `comments` has descriptions by table and column; the column is empty for that of the table. The remains of an
    interrupted attempt are deleted first. Raise OversightError for a column type or view that PostgreSQL does not
    support.
    """
    names = {schema: schema_of(folder.name, schema) for schema in SCHEMAS}
    settings.serving.mkdir(parents=True, exist_ok=True, mode=0o700)
    with psycopg.connect(dsn, autocommit=True) as server:
        if _is_complete(server, names["marts"]):
            return
        progress(f"loading {folder.name}")
        for name in names.values():
            server.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        with reading(folder), connect_locked_down(folder / DATABASE, settings) as con:
            tables = _columns(con, "marts")
            with (
                ThreadPoolExecutor(settings.threads) as pool,
                _temporary_folder(settings.serving) as temporary,
            ):
                copies = [
                    pool.submit(_copy_table, con.cursor(), folder, dsn, temporary, names["marts"], table, columns,
                                readers, settings)
                    for table, columns in tables.items()
                ]  # fmt: skip
                for copy in copies:
                    copy.result()
            _create_views(server, con, names)
            for schema in SCHEMAS:
                _comment(server, names[schema], _columns(con, schema), comments)
        # Last, because this comment marks the release as complete.
        server.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(names["marts"]), sql.Literal(folder.name))
        )


@contextmanager
def _temporary_folder(parent: Path) -> Iterator[Path]:
    """Yield a folder in `parent` for one load, with the machine and the process in its name.

    Folders of processes on this machine that were killed are deleted first.
    """
    prefix = f"loading-{socket.gethostname()}-"
    for old in parent.glob(f"{prefix}*"):
        if not is_alive(old.name.removeprefix(prefix).partition("-")[0]):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def loaded_releases(server: psycopg.Connection[tuple[object, ...]]) -> dict[str, str]:
    """Return the ids of completely loaded releases, by the name of their schema for `marts`."""
    rows = server.execute(
        """SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace
           WHERE nspname LIKE 'marts\\_%' AND obj_description(oid, 'pg_namespace') IS NOT NULL ORDER BY 1"""
    ).fetchall()
    return {str(name): str(release_id) for name, release_id in rows}


def _is_complete(server: psycopg.Connection[tuple[object, ...]], schema: str) -> bool:
    return schema in loaded_releases(server)


def _columns(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[tuple[str, str]]]:
    """Return the name and type of every column, by table or view."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND NOT internal "
        "ORDER BY table_name, column_index",
        [schema],
    ).fetchall():
        columns.setdefault(table, []).append((column, kind))
    return columns


def _copy_table(
    con: duckdb.DuckDBPyConnection, folder: Path, dsn: str, temporary: Path, schema: str, table: str,
    columns: list[tuple[str, str]], readers: tuple[str, ...], settings: Settings,
) -> None:  # fmt: skip
    """Create and fill one table, via CSV: the fastest format that both sides support without an extension."""
    relation = sql.Identifier(schema, table)
    declared = con.execute(
        "SELECT constraint_column_names FROM duckdb_constraints() WHERE schema_name = 'marts' AND table_name = ? "
        "AND constraint_type = 'PRIMARY KEY'",
        [table],
    ).fetchone()
    tested = [name for name in _TESTED_KEYS.get(table, []) if name in dict(columns)]
    key: list[str] = declared[0] if declared else tested
    file = temporary / f"{table}.csv"
    with connect_to_write(folder, settings) as writer:
        selected = ", ".join(_as_csv(name, kind) for name, kind in columns)
        writer.execute(
            f"COPY (SELECT {selected} FROM release.marts.{ident(table)}) TO {literal(str(file))} "
            "(FORMAT csv, HEADER false, NULLSTR '\\N')"
        )
    with psycopg.connect(dsn) as server:
        server.execute(
            sql.SQL("CREATE TABLE {} ({})").format(
                relation,
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(table, name, kind)))
                    for name, kind in columns
                ),
            )
        )
        copying = sql.SQL("COPY {} FROM STDIN (FORMAT csv, NULL '\\N', FREEZE)").format(relation)
        with server.cursor().copy(copying) as copy, file.open("rb") as content:
            while piece := content.read(_PIECE):
                copy.write(piece)
        file.unlink()
        if key:
            names = sql.SQL(", ").join(map(sql.Identifier, key))
            server.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(relation, names))
        if indexed := [name for name in _INDEXED if name in dict(columns)]:
            names = sql.SQL(", ").join(map(sql.Identifier, indexed))
            server.execute(sql.SQL("CREATE INDEX ON {} ({})").format(relation, names))
        restrict_rows(server, schema, table, [name for name, _ in columns], readers)
        server.execute(sql.SQL("ANALYZE {}").format(relation))


def connect_to_write(folder: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """Return a connection with the release attached as `release`, which may also write files."""
    from orchestration.foundation.database import attach, connect

    con = connect(None, settings)
    attach(con, folder / DATABASE, "release")
    return con


def _type(table: str, column: str, kind: str) -> str:
    if kind.startswith("DECIMAL("):
        return kind
    if kind not in _TYPES:
        raise OversightError(
            f"marts.{table}.{column} has the type {kind}, for which no PostgreSQL type is set; add it to _TYPES."
        )
    return _TYPES[kind]


def _as_csv(column: str, kind: str) -> str:
    """Return SQL for a column in PostgreSQL's CSV format: lists in braces, with each entry in quotation marks."""
    name = ident(column)
    if kind != "VARCHAR[]":
        return name
    entries = (
        f"""list_transform({name}, lambda entry: '"' || replace(replace(entry, '\\', '\\\\'), '"', '\\"') || '"')"""
    )
    return f"CASE WHEN {name} IS NOT NULL THEN '{{' || array_to_string({entries}, ',') || '}}' END"


def _create_views(
    server: psycopg.Connection[tuple[object, ...]], con: duckdb.DuckDBPyConnection, names: dict[str, str]
) -> None:
    """Create the flat views over the release's own tables; each runs with the rights of the role that queries it."""
    pending = dict(
        con.execute(
            "SELECT view_name, sql FROM duckdb_views() WHERE schema_name = 'analysis' AND NOT internal ORDER BY 1"
        ).fetchall()
    )
    while pending:
        created, failure = [], ""
        for view, text in pending.items():
            statement = f"CREATE VIEW {ident(names['analysis'])}.{ident(view)} WITH (security_invoker) AS "
            try:
                with server.transaction():
                    server.execute((statement + translated(text, names)).encode())
                created.append(view)
            except psycopg.errors.UndefinedTable:  # it reads a view that does not exist yet
                continue
            except psycopg.Error as error:
                failure = f"The view analysis.{view} cannot be created in PostgreSQL ({error})."
                break
        if failure or not created:
            raise OversightError(failure or f"The views {', '.join(pending)} cannot be created in PostgreSQL.")
        pending = {view: text for view, text in pending.items() if view not in created}


def translated(text: str, names: dict[str, str]) -> str:
    """Return the query of a view, translated from DuckDB's SQL to PostgreSQL's, with its schemas renamed."""
    query = sqlglot.parse_one(text, read="duckdb").expression
    for table in query.find_all(expressions.Table):
        if table.db in names:
            table.set("db", expressions.to_identifier(names[table.db], quoted=True))
    for call in list(query.find_all(expressions.Anonymous)):
        if call.name.lower() == "count_star":
            call.replace(expressions.Count(this=expressions.Star()))
    for call in list(query.find_all(expressions.AnyValue)):
        # PostgreSQL has any_value only since version 16.
        argument = call.this.sql("postgres")
        first = sqlglot.parse_one(f"(array_agg({argument}) FILTER (WHERE {argument} IS NOT NULL))[1]", read="postgres")
        expression = call.parent if isinstance(call.parent, expressions.IgnoreNulls) else call
        expression.replace(first)
    return str(query.sql(dialect="postgres"))


def _comment(
    server: psycopg.Connection[tuple[object, ...]], schema: str, tables: dict[str, list[tuple[str, str]]],
    comments: dict[tuple[str, str], str],
) -> None:  # fmt: skip
    relations = server.execute(
        "SELECT relname, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END FROM pg_class "
        "WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v')",
        [f'"{schema}"'],
    ).fetchall()
    kinds = {str(name): str(kind) for name, kind in relations}
    for table, columns in tables.items():
        if table not in kinds:
            continue
        relation = sql.Identifier(schema, table)
        for column, text in [("", comments.get((table, ""))), *((c, comments.get((table, c))) for c, _ in columns)]:
            if text and column:
                target = sql.SQL("COLUMN {}").format(sql.Identifier(schema, table, column))
            elif text:
                target = sql.SQL("{} {}").format(sql.SQL(kinds[table]), relation)
            else:
                continue
            server.execute(sql.SQL("COMMENT ON {} IS {}").format(target, sql.Literal(text)))
