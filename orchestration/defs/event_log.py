"""Dagster's event log in one SQLite file, with connections that stay open during a run.

Contains the storage that `dagster.yaml` names. Not here: the events (Dagster), or the other storages, which write only
a few rows per run.

Dagster's own class creates an engine for every statement, and so compiles the statement and opens the file every time.
A refresh logs over a thousand events, which took a quarter of its time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import sqlalchemy
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class PooledEventLogStorage(ConsolidatedSqliteEventLogStorage):
    """One engine for as long as the Dagster instance is open."""

    @cached_property
    def _engine(self) -> sqlalchemy.Engine:
        return sqlalchemy.create_engine(self._conn_string, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @contextmanager
    def _connect(self) -> Iterator[sqlalchemy.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Return whether the file has this table."""
        return sqlalchemy.inspect(self._engine).has_table(table_name)

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()
        super().dispose()  # type: ignore[no-untyped-call]
