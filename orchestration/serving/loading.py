"""One release copied into PostgreSQL, in schemas of its own that nobody reads yet.

Belongs here: tables, rows, keys, indexes, comments and views. Does not belong here: who may read them (`access`), or
when readers see them (`endpoint`).

Each table is made, filled with COPY FREEZE and given its key in one transaction, so that a session that began before
it was loaded sees its rows too. Flat views are translated from DuckDB's SQL by sqlglot.
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
from orchestration.serving.access import guard_table
from orchestration.warehouse.publishing.cleanup import is_alive
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.read_lock import reading

SCHEMAS = ("marts", "analysis")

_TYPES = {
    "BIGINT": "bigint", "INTEGER": "integer", "DOUBLE": "double precision", "VARCHAR": "text", "BOOLEAN": "boolean",
    "DATE": "date", "TIMESTAMP": "timestamp", "VARCHAR[]": "text[]", "SMALLINT": "smallint", "HUGEINT": "numeric",
    "UBIGINT": "numeric",
}  # fmt: skip
_PROVED_KEYS = {
    "fct_observation": ["observation_key", "version_number"],
    "bridge_figure_source": [
        "observation_key", "source_observation_key", "source_version_number", "component_number",
    ],
}  # fmt: skip
"""Keys that are proved by tests instead of declared in the release."""

_ASKED_BY = ["measure_code", "period_code", "location_key"]
_PIECE = 1 << 20


def schema_of(release_id: str, schema: str) -> str:
    """The schema that holds a part of one release: `marts` of `20260102T020000Z-0a1b2c3d` is in
    `marts_20260102t020000z_0a1b2c3d`."""
    return f"{schema}_{re.sub(r'[^a-z0-9]', '_', release_id.lower())}"


def load_release(
    settings: Settings, dsn: str, folder: Path, readers: tuple[str, ...], comments: dict[tuple[str, str], str],
    progress: Callable[[str], None],
) -> None:  # fmt: skip
    """Load the release in `folder` for the roles `readers`; does nothing if it is there whole.

    `comments` has descriptions by table and column; the column is empty for the table's own. What an attempt that was
    killed left is removed first. Raises OversightError for a column type or a view that PostgreSQL cannot have.
    """
    names = {schema: schema_of(folder.name, schema) for schema in SCHEMAS}
    settings.serving.mkdir(parents=True, exist_ok=True, mode=0o700)
    with psycopg.connect(dsn, autocommit=True) as server:
        if _is_whole(server, names["marts"]):
            return
        progress(f"loading {folder.name}")
        for name in names.values():
            server.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        with reading(folder), connect_locked_down(folder / DATABASE, settings) as con:
            tables = _columns(con, "marts")
            with (
                ThreadPoolExecutor(settings.threads) as pool,
                _spare_folder(settings.serving) as spare,
            ):
                copies = [
                    pool.submit(_copy_table, con.cursor(), folder, dsn, spare, names["marts"], table, columns,
                                readers, settings)
                    for table, columns in tables.items()
                ]  # fmt: skip
                for copy in copies:
                    copy.result()
            _make_views(server, con, names)
            for schema in SCHEMAS:
                _comment(server, names[schema], _columns(con, schema), comments)
        # The mark of a whole release, set last.
        server.execute(
            sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(names["marts"]), sql.Literal(folder.name))
        )


@contextmanager
def _spare_folder(beside: Path) -> Iterator[Path]:
    """A folder `beside` for the time of a load, named by machine and process.

    Those of processes of this machine that are gone, since they were killed, are removed first.
    """
    prefix = f"loading-{socket.gethostname()}-"
    for left in beside.glob(f"{prefix}*"):
        if not is_alive(left.name.removeprefix(prefix).partition("-")[0]):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=beside))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def loaded_releases(server: psycopg.Connection[tuple[object, ...]]) -> dict[str, str]:
    """Releases that are loaded whole: their ids by the names of their schemas of marts."""
    found = server.execute(
        """SELECT nspname, obj_description(oid, 'pg_namespace') FROM pg_namespace
           WHERE nspname LIKE 'marts\\_%' AND obj_description(oid, 'pg_namespace') IS NOT NULL ORDER BY 1"""
    ).fetchall()
    return {str(name): str(release_id) for name, release_id in found}


def _is_whole(server: psycopg.Connection[tuple[object, ...]], schema: str) -> bool:
    return schema in loaded_releases(server)


def _columns(con: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[tuple[str, str]]]:
    """Name and type of every column, by table or view."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in con.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND NOT internal "
        "ORDER BY table_name, column_index",
        [schema],
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _copy_table(
    con: duckdb.DuckDBPyConnection, folder: Path, dsn: str, spare: Path, schema: str, table: str,
    columns: list[tuple[str, str]], readers: tuple[str, ...], settings: Settings,
) -> None:  # fmt: skip
    """Make and fill one table. CSV is what both sides write and read fastest without an extension."""
    where = sql.Identifier(schema, table)
    declared = con.execute(
        "SELECT constraint_column_names FROM duckdb_constraints() WHERE schema_name = 'marts' AND table_name = ? "
        "AND constraint_type = 'PRIMARY KEY'",
        [table],
    ).fetchone()
    proved = [name for name in _PROVED_KEYS.get(table, []) if name in dict(columns)]
    key: list[str] = declared[0] if declared else proved
    file = spare / f"{table}.csv"
    with connect_to_write(folder, settings) as writer:
        chosen = ", ".join(_as_csv(name, kind) for name, kind in columns)
        writer.execute(
            f"COPY (SELECT {chosen} FROM release.marts.{ident(table)}) TO {literal(str(file))} "
            "(FORMAT csv, HEADER false, NULLSTR '\\N')"
        )
    with psycopg.connect(dsn) as server:
        server.execute(
            sql.SQL("CREATE TABLE {} ({})").format(
                where,
                sql.SQL(", ").join(
                    sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type(table, name, kind)))
                    for name, kind in columns
                ),
            )
        )
        copying = sql.SQL("COPY {} FROM STDIN (FORMAT csv, NULL '\\N', FREEZE)").format(where)
        with server.cursor().copy(copying) as copy, file.open("rb") as content:
            while piece := content.read(_PIECE):
                copy.write(piece)
        file.unlink()
        if key:
            listed = sql.SQL(", ").join(map(sql.Identifier, key))
            server.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(where, listed))
        if asked := [name for name in _ASKED_BY if name in dict(columns)]:
            listed = sql.SQL(", ").join(map(sql.Identifier, asked))
            server.execute(sql.SQL("CREATE INDEX ON {} ({})").format(where, listed))
        guard_table(server, schema, table, [name for name, _ in columns], readers)
        server.execute(sql.SQL("ANALYZE {}").format(where))


def connect_to_write(folder: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """A connection that has the release attached as `release`, and may write files beside it."""
    from orchestration.foundation.database import attach, connect

    con = connect(None, settings)
    attach(con, folder / DATABASE, "release")
    return con


def _type(table: str, column: str, kind: str) -> str:
    if kind.startswith("DECIMAL("):
        return kind
    if kind not in _TYPES:
        raise OversightError(
            f"marts.{table}.{column} is a {kind}, which has no type in PostgreSQL here: add it to _TYPES."
        )
    return _TYPES[kind]


def _as_csv(column: str, kind: str) -> str:
    """A column as PostgreSQL reads it: a list in braces, each entry quoted."""
    name = ident(column)
    if kind != "VARCHAR[]":
        return name
    entries = (
        f"""list_transform({name}, lambda entry: '"' || replace(replace(entry, '\\', '\\\\'), '"', '\\"') || '"')"""
    )
    return f"CASE WHEN {name} IS NOT NULL THEN '{{' || array_to_string({entries}, ',') || '}}' END"


def _make_views(
    server: psycopg.Connection[tuple[object, ...]], con: duckdb.DuckDBPyConnection, names: dict[str, str]
) -> None:
    """Make the flat views over the release's own tables; each runs with the rights of whoever asks."""
    left = dict(
        con.execute(
            "SELECT view_name, sql FROM duckdb_views() WHERE schema_name = 'analysis' AND NOT internal ORDER BY 1"
        ).fetchall()
    )
    while left:
        made, said = [], ""
        for view, text in left.items():
            statement = f"CREATE VIEW {ident(names['analysis'])}.{ident(view)} WITH (security_invoker) AS "
            try:
                with server.transaction():
                    server.execute((statement + translated(text, names)).encode())
                made.append(view)
            except psycopg.errors.UndefinedTable:  # one that reads another, not made yet
                continue
            except psycopg.Error as error:
                said = f"analysis.{view} cannot be a view of PostgreSQL ({error})"
                break
        if said or not made:
            raise OversightError(said or f"No view of {', '.join(left)} can be made in PostgreSQL.")
        left = {view: text for view, text in left.items() if view not in made}


def translated(text: str, names: dict[str, str]) -> str:
    """A view's question, from the SQL of DuckDB to that of PostgreSQL, over schemas with the names given."""
    question = sqlglot.parse_one(text, read="duckdb").expression
    for table in question.find_all(expressions.Table):
        if table.db in names:
            table.set("db", expressions.to_identifier(names[table.db], quoted=True))
    for call in list(question.find_all(expressions.Anonymous)):
        if call.name.lower() == "count_star":
            call.replace(expressions.Count(this=expressions.Star()))
    for call in list(question.find_all(expressions.AnyValue)):
        # PostgreSQL has it since 16 only.
        what = call.this.sql("postgres")
        some = sqlglot.parse_one(f"(array_agg({what}) FILTER (WHERE {what} IS NOT NULL))[1]", read="postgres")
        whole = call.parent if isinstance(call.parent, expressions.IgnoreNulls) else call
        whole.replace(some)
    return str(question.sql(dialect="postgres"))


def _comment(
    server: psycopg.Connection[tuple[object, ...]], schema: str, tables: dict[str, list[tuple[str, str]]],
    comments: dict[tuple[str, str], str],
) -> None:  # fmt: skip
    found = server.execute(
        "SELECT relname, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END FROM pg_class "
        "WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v')",
        [f'"{schema}"'],
    ).fetchall()
    kinds = {str(name): str(kind) for name, kind in found}
    for table, columns in tables.items():
        if table not in kinds:
            continue
        where = sql.Identifier(schema, table)
        for column, said in [("", comments.get((table, ""))), *((c, comments.get((table, c))) for c, _ in columns)]:
            if said and column:
                what = sql.SQL("COLUMN {}").format(sql.Identifier(schema, table, column))
            elif said:
                what = sql.SQL("{} {}").format(sql.SQL(kinds[table]), where)
            else:
                continue
            server.execute(sql.SQL("COMMENT ON {} IS {}").format(what, sql.Literal(said)))
