"""A candidate as a data source of Great Expectations: read-only, nothing stored and nothing sent.

Contains opening and closing the data source. Not here: the expectations (`suites`) and their results (`gate`).

Great Expectations does not support DuckDB by itself. Three arguments make it work: AUTOCOMMIT and no rollback, because
a rollback clears DuckDB's pending result, and no temporary tables, because the file is read-only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.foundation.database import sqlalchemy_url
from orchestration.foundation.settings import Settings

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.interfaces import Batch


class UnreadableMartError(Exception):
    """A mart is missing from the candidate, or damaged."""


class Marts:
    """Batches of an open candidate, one per mart."""

    def __init__(self, source: Any) -> None:
        self._source = source

    @contextmanager
    def batch(self, mart: str) -> Iterator[Batch]:
        """Yield the whole of `mart` (`schema.table`, a table or a view).

        Raises UnreadableMartError if it does not exist or cannot be read.
        """
        schema, _, table = mart.partition(".")
        try:
            asset = self._source.add_table_asset(mart, table_name=table, schema_name=schema)
            batch: Batch = asset.add_batch_definition_whole_table("whole").get_batch()
        except Exception as error:  # Great Expectations raises many types.
            raise UnreadableMartError(str(error)) from error
        try:
            yield batch
        finally:
            # At each change Great Expectations writes its configuration, with all its assets, as YAML.
            self._source.delete_asset(mart)


@contextmanager
def marts_of(database: Path, settings: Settings) -> Iterator[Marts]:
    """Open the DuckDB file `database` read-only for Great Expectations, and close it afterwards.

    The first call in a process takes seconds, for the import. Raises `OversightError` if the file does not exist.
    """
    url = sqlalchemy_url(database, settings)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # Read once, at import.
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        "candidate",
        connection_string=url,
        kwargs={"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True},
        create_temp_table=False,
    )
    try:
        yield Marts(source)
    finally:
        # The data source and its execution engine have a connection pool each, and both keep the file open.
        source.get_execution_engine().engine.dispose()
        source.get_engine().dispose()
