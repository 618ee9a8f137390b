"""The fingerprint of a warehouse: equal content gives equal fingerprints, whatever the order of rows.

Contains the hash of tables and of the definitions of views and macros, and the list of columns about the run. Not here:
the checks that need a fingerprint (`publishing`).

The fingerprint covers the published schemas, so build.duckdb and a candidate copied from it have the same one. Tables
count by their rows, without order; views and macros by their definition, because their rows follow from tables and
definition. Rows are hashed by DuckDB's own `hash` (0.1 s for a million rows; a cryptographic hash takes ten times as
long), which protects against mistakes, not against forgery. Another version of DuckDB may hash differently, so the
version is part of the fingerprint and a verdict is not valid after an upgrade.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.foundation.database import connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal, literals

PUBLISHED_SCHEMAS = ("analysis", "marts")

RUN_METADATA = {
    "landed_at": "when the file reached this machine, which does not affect any figure",
    "built_at": "when dbt ran",
}
"""Columns left out of the fingerprint, each with the reason."""


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint of a whole warehouse and of each `schema.table` in it, 32 hex digits each."""

    value: str
    tables: dict[str, str]


def fingerprint(path: Path, settings: Settings) -> Fingerprint:
    """Fingerprint the schemas `analysis` and `marts` of the database file `path`.

    Streams through DuckDB, about 0.3 s a million rows. Raises `OversightError` if the file is missing or
    holds no table in those schemas, `WarehouseLockedError` if another process writes it.
    """
    with connect(path, settings, read_only=True) as connection:
        return fingerprint_of(connection)


def fingerprint_of(connection: duckdb.DuckDBPyConnection) -> Fingerprint:
    """Fingerprint the current database of an open connection; shapes and errors as `fingerprint`."""
    columns = connection.execute(
        f"""
        SELECT schema_name, table_name, list((column_name, data_type) ORDER BY column_index)
        FROM duckdb_columns()
        SEMI JOIN duckdb_tables() USING (database_name, schema_name, table_name)
        WHERE database_name = current_database() AND schema_name IN ({literals(PUBLISHED_SCHEMAS)})
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    if not columns:
        raise OversightError("The warehouse has no table in the schemas marts and analysis; run `oversight refresh`.")
    tables = {
        f"{schema}.{table}": _table_fingerprint(connection, schema, table, shape) for schema, table, shape in columns
    }
    lines = [f"duckdb {duckdb.__version__}"]
    lines += [f"table {name} {value}" for name, value in tables.items()]
    lines += _definitions(connection)
    return Fingerprint(_digest("\n".join(lines)), tables)


def _table_fingerprint(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, shape: list[tuple[str, str]]
) -> str:
    hashed = [(name, data_type) for name, data_type in shape if name not in RUN_METADATA]
    row = f"hash({', '.join(ident(name) for name, _ in hashed)})" if hashed else "0::UBIGINT"
    # A sum forgets the order and, unlike exclusive or, does not let two equal rows cancel out. The second
    # sum, of the hash of the hash, makes it 128 bits wide.
    count, first, second = connection.execute(
        f"SELECT count(*), sum(h), sum(hash(h)) FROM (SELECT {row} AS h FROM {ident(schema)}.{ident(table)})"
    ).fetchall()[0]
    return _digest(f"{hashed} {count} {first} {second}")


def _definitions(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            f"""
            SELECT 'view ' || sql AS line FROM duckdb_views()
            WHERE database_name = current_database() AND schema_name IN ({literals(PUBLISHED_SCHEMAS)})
            UNION ALL
            SELECT concat_ws(' ', 'macro', schema_name, function_name, parameters, macro_definition)
            FROM duckdb_functions()
            WHERE database_name = current_database() AND schema_name IN ({literals(PUBLISHED_SCHEMAS)})
              AND function_type IN ({literal("macro")}, {literal("table_macro")})
            ORDER BY line
            """
        ).fetchall()
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
