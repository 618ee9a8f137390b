"""Read-only queries of a release, as it is or as at a past time.

Contains opening the right release for a query and returning its rows in batches. Not here: printing them
(`orchestration.commands`).

As at a time T, `analysis.observations`, `analysis.observation_history` and `analysis.derived_measures` come from the
history in the release. Every other table as at T comes from a release built as at exactly T (`oversight refresh
--as-at`), if one exists; such releases exist in the restricted tier only.
"""

import csv
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import duckdb

from orchestration.foundation.database import attach, connect, connect_locked_down
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal
from orchestration.warehouse.store.catalogue import TIER, resolve_release
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.read_lock import reading

_PIECE = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""The characters that start a formula in a spreadsheet."""


@dataclass
class Answer:
    """The rows of a query, fetched in batches."""

    connection: duckdb.DuckDBPyConnection
    columns: list[str]

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """Return the next `count` rows, fewer at the end."""
        return self.connection.fetchmany(count)

    def write_csv(self, out: IO[str]) -> None:
        """Write all rows as CSV with a header; nulls are empty, and no text starts a formula (`_as_text`)."""
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([_as_text(column) for column in self.columns])
        while rows := self.fetch(_PIECE):
            writer.writerows([[_as_text(cell) for cell in row] for row in rows])

    def write_parquet(self, out: IO[bytes]) -> None:
        """Write all rows as one Parquet file."""
        import pyarrow.parquet as parquet

        batches = self.connection.fetch_record_batch(_PIECE)
        with parquet.ParquetWriter(out, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)


@contextmanager
def ask(
    settings: Settings, query: str, release_id: str | None = None, as_at: datetime | None = None, tier: str = TIER
) -> Iterator[Answer]:
    """Run `query` on a release of `tier` (default: the current one). Raises OversightError with DuckDB's message."""
    with opened(settings, release_id, as_at, tier) as connection:
        try:
            _require_one_statement(connection, query)
            connection.execute(query)
        except duckdb.Error as error:
            raise OversightError(_in_words(error, as_at)) from error
        try:
            yield Answer(connection, [column[0] for column in connection.description or []])
        except duckdb.Error as error:
            raise OversightError(_in_words(error, as_at)) from error


def _as_text(cell: object) -> object:
    """Return SQL for text that a spreadsheet does not treat as a formula: an apostrophe is put before such text.

    Names and notes come from departments, and people open CSV files in spreadsheets. Numbers do not change, negative
    ones included. Source: OWASP, CSV Injection.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _require_one_statement(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse anything except one SELECT statement: a release cannot be changed, but a CALL could still disturb the
    process that runs the query. Raises OversightError."""
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise OversightError("A release is read-only; run one statement at a time: SELECT, FROM, DESCRIBE or EXPLAIN.")


def _in_words(error: duckdb.Error, as_at: datetime | None) -> str:
    message = str(error).strip()
    if as_at is not None and isinstance(error, duckdb.CatalogException):
        return (
            f"{message}\nAs at a past time, a release has analysis.observations, analysis.observation_history and "
            f"analysis.derived_measures; for other tables, run: oversight refresh --as-at {as_at:%Y-%m-%dT%H:%M:%SZ}"
        )
    return message


@contextmanager
def opened(
    settings: Settings, release_id: str | None, as_at: datetime | None, tier: str, *, setup: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a read-only connection to a release (default: the current one), or to it as at a past time. `setup` is run
    before the configuration is locked."""
    built = _built_as_at(settings, as_at) if as_at is not None and release_id is None and tier == TIER else None
    folder = built or resolve_release(settings, release_id, tier)
    if as_at is None or built is not None:
        with reading(folder), connect_locked_down(folder / "warehouse.duckdb", settings, setup) as connection:
            yield connection
        return
    with reading(folder), connect(None, settings) as connection:
        attach(connection, folder / "warehouse.duckdb", "release")
        _lay_the_past(connection, as_at)
        connection.execute(f"CREATE SCHEMA marts; {setup}; SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _lay_the_past(connection: duckdb.DuckDBPyConnection, as_at: datetime) -> None:
    """Create schema `analysis` with the results of the release's table macros as at `as_at`, named like its views.

    A macro looks for its tables in the database that calls it, so each is created again with the name of the release.
    """
    moment = literal(as_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))
    connection.execute("CREATE SCHEMA analysis")
    for name, definition in connection.execute(
        """SELECT function_name, macro_definition FROM duckdb_functions()
           WHERE database_name = 'release' AND schema_name = 'analysis' AND function_type = 'table_macro'
           AND ends_with(function_name, '_as_at')"""
    ).fetchall():
        body = re.sub(r'(?<![\w".])"?marts"?\.', "release.marts.", definition)
        connection.execute(f"CREATE MACRO analysis.{ident(name)}(moment) AS TABLE {body}")
        view = ident(str(name).removesuffix("_as_at"))
        connection.execute(f"CREATE VIEW analysis.{view} AS FROM analysis.{ident(name)}({moment})")


def _built_as_at(settings: Settings, as_at: datetime) -> Path | None:
    """Return the newest release built as at exactly that time, or None."""
    for folder in sorted(settings.as_at.glob("[!.]*"), reverse=True):
        try:
            built_as_at = read_manifest(folder).get("as_at")
        except (OversightError, json.JSONDecodeError):
            continue
        if built_as_at and datetime.fromisoformat(str(built_as_at)) == as_at:
            return folder
    return None
