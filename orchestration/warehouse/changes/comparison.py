"""Comparison of two releases.

Contains choosing the two, and counts and examples of the changes. Not here: finding the changes (`change_list`).
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.foundation.database import connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal
from orchestration.warehouse.changes.causes import differing
from orchestration.warehouse.changes.change_list import write_changes
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import resolve_release
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.query import Answer
from orchestration.warehouse.store.read_lock import reading


@dataclass
class Comparison:
    """Two releases and, as table `changes` of `connection`, the cells in which they differ."""

    connection: duckdb.DuckDBPyConnection
    old: str
    new: str
    old_version: str
    new_version: str

    def differs(self) -> bool:
        """Whether any cell differs."""
        return bool(self.connection.execute("SELECT 1 FROM changes LIMIT 1").fetchall())

    def cells(self) -> Answer:
        """Return every cell that differs."""
        return self._answer("FROM changes")

    def counts(self) -> Answer:
        """Return counts by return, kind and cause."""
        return self._answer(
            """SELECT return_code AS "return", if(section = 'derived_measures', 'derived', 'sent') AS figure, change,
                      cause AS "because of", count(*) AS figures,
                      count(DISTINCT measure_code) AS measures, count(DISTINCT location_code) AS places
               FROM changes GROUP BY ALL ORDER BY ALL"""
        )

    def examples(self) -> Answer:
        """Return the ten largest revisions, relative to the old value."""
        return self._answer(
            """SELECT measure_code AS measure, location_code AS place, period_code AS period, category,
                      service_line AS line, old_value AS old, new_value AS new
               FROM changes WHERE change = 'revised' AND old_value <> new_value
               ORDER BY abs(new_value - old_value) / nullif(abs(old_value), 0) DESC NULLS LAST, 1, 2, 3, 4, 5
               LIMIT 10"""
        )

    def _answer(self, query: str) -> Answer:
        self.connection.execute(query)
        return Answer(self.connection, [column[0] for column in self.connection.description or []])


@contextmanager
def compared(settings: Settings, old: str | None, new: str | None) -> Iterator[Comparison]:
    """Compare `old` (default: the release before `new`) with `new` (default: the current release).

    Raises `OversightError` if one of them does not exist, or `new` is the first release.
    """
    later = resolve_release(settings, new)
    later_manifest = read_manifest(later)
    if old is None:
        old = later_manifest.get("previous_release")
        if old is None:
            raise OversightError(
                f"{later.name} is the first release, so it has no earlier one; name the two releases to compare."
            )
    earlier = resolve_release(settings, str(old))
    earlier_manifest = read_manifest(earlier)
    with tempfile.TemporaryDirectory(prefix="oversight-changes-") as folder:
        target = Path(folder) / "changes.parquet"
        origins = differing(earlier_manifest.get("provenance", {}), later_manifest.get("provenance", {}))
        with reading(later), reading(earlier):
            write_changes(settings, later / DATABASE, earlier / DATABASE, target, origins)
        with connect(None, settings) as connection:
            connection.execute(f"CREATE VIEW changes AS FROM read_parquet({literal(str(target))})")
            versions = [
                str(manifest.get("data_version") or "without a version")
                for manifest in (earlier_manifest, later_manifest)
            ]
            yield Comparison(connection, earlier.name, later.name, *versions)
