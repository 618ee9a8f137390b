"""A candidate as Great Expectations sees it: read-only, inside DuckDB, with nothing kept and nothing sent.

Belongs here: the data source and its closing. Does not belong here: what is expected (`suites`) and what is
made of the results (`gate`).

Great Expectations does not support DuckDB by itself. Three arguments make it work: AUTOCOMMIT and no
rollback, because a rollback clears DuckDB's pending result; no temporary tables, as the file is read-only.
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

        Raises UnreadableMartError if there is none of that name.
        """
        schema, _, table = mart.partition(".")
        try:
            asset = self._source.add_table_asset(mart, table_name=table, schema_name=schema)
            batch: Batch = asset.add_batch_definition_whole_table("whole").get_batch()
        except Exception as error:  # whatever Great Expectations raises, the mart cannot be read
            raise UnreadableMartError(str(error)) from error
        try:
            yield batch
        finally:
            # At every change Great Expectations writes out its configuration as YAML, with all assets that it has.
            self._source.delete_asset(mart)


@contextmanager
def marts_of(database: Path, settings: Settings) -> Iterator[Marts]:
    """Open the DuckDB file `database` read-only for Great Expectations; closed for good afterwards.

    Takes seconds the first time in a process (the import). Raises `OversightError` if there is no such file.
    """
    url = sqlalchemy_url(database, settings)
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read once, at import
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
        # The data source and its execution engine keep a pool each; either would hold the file.
        source.get_execution_engine().engine.dispose()
        source.get_engine().dispose()
