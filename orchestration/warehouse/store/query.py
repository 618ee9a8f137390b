"""A question to a release, as it is or as at a past time, that can do nothing but read.

Belongs here: opening the right release for a query and handing out its rows in pieces. Does not belong here:
printing them.

As at a time T, `analysis.observations`, `analysis.observation_history` and `analysis.derived_measures` answer from the
history that the release holds. Every other table at T comes from a release built as at T (`oversight refresh --as-at`),
which is used if there is one for exactly T; such a release is of the tier restricted alone.
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
"""With what a formula begins in a spreadsheet."""


@dataclass
class Answer:
    """The rows of a query, taken piece by piece."""

    connection: duckdb.DuckDBPyConnection
    columns: list[str]

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """The next `count` rows, fewer at the end."""
        return self.connection.fetchmany(count)

    def write_csv(self, out: IO[str]) -> None:
        """All rows as CSV with a header; nulls are empty, and no text begins a formula (see `_as_text`)."""
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([_as_text(column) for column in self.columns])
        while rows := self.fetch(_PIECE):
            writer.writerows([[_as_text(cell) for cell in row] for row in rows])

    def write_parquet(self, out: IO[bytes]) -> None:
        """All rows as one Parquet file."""
        import pyarrow.parquet as parquet

        batches = self.connection.fetch_record_batch(_PIECE)
        with parquet.ParquetWriter(out, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)


@contextmanager
def ask(
    settings: Settings, query: str, release_id: str | None = None, as_at: datetime | None = None, tier: str = TIER
) -> Iterator[Answer]:
    """Run `query` on a release of `tier` (default: the one in force); raises OversightError with DuckDB's own words."""
    with opened(settings, release_id, as_at, tier) as connection:
        try:
            _only_a_question(connection, query)
            connection.execute(query)
        except duckdb.Error as error:
            raise OversightError(_in_words(error, as_at)) from error
        try:
            yield Answer(connection, [column[0] for column in connection.description or []])
        except duckdb.Error as error:
            raise OversightError(_in_words(error, as_at)) from error


def _as_text(cell: object) -> object:
    """A cell that a spreadsheet does not take for a formula: text that begins like one gets an apostrophe before it.

    Names and notes are what departments sent, and CSV is opened with a double click. After OWASP's page on CSV
    injection. Numbers stay as they are, negative ones too.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _only_a_question(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Refuse whatever is not one question; a release would not let itself be changed, but a CALL could still
    disturb the process that asks."""
    statements = connection.extract_statements(query)
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise OversightError(
            "Ask one question at a time, with SELECT, FROM, DESCRIBE or EXPLAIN; a release is read only."
        )


def _in_words(error: duckdb.Error, as_at: datetime | None) -> str:
    said = str(error).strip()
    if as_at is not None and isinstance(error, duckdb.CatalogException):
        return (
            f"{said}\nAs at a past time a release answers for analysis.observations, analysis.observation_history and "
            f"analysis.derived_measures; for other tables run: oversight refresh --as-at {as_at:%Y-%m-%dT%H:%M:%SZ}"
        )
    return said


@contextmanager
def opened(
    settings: Settings, release_id: str | None, as_at: datetime | None, tier: str, *, setup: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a release (default: the one in force) that can do nothing but read, or to what it knew at a
    time. `setup` is run before its configuration is locked."""
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
    """Lay schema `analysis` with what the release's table macros say of `as_at`, under the names of today's views.

    A macro looks for its tables where it is called, so each is made anew here with the release's name before them.
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
    """The newest release built as at exactly that time, if there is one."""
    for folder in sorted(settings.as_at.glob("[!.]*"), reverse=True):
        try:
            said = read_manifest(folder).get("as_at")
        except (OversightError, json.JSONDecodeError):
            continue
        if said and datetime.fromisoformat(str(said)) == as_at:
            return folder
    return None
