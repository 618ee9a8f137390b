"""The DuckDB in memory on which one file is screened, with a scratch folder that is gone afterwards.

Belongs here: its limits. Does not belong here: databases on disk (`orchestration.foundation.database`).
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal


@contextmanager
def workbench(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """A fresh database in memory and a folder for spilling and for text on its way; both gone at the end."""
    with tempfile.TemporaryDirectory(prefix="oversight-") as folder, duckdb.connect() as con:
        con.execute(
            f"""SET memory_limit = {literal(settings.memory_limit)};
            SET threads = {settings.threads};
            SET temp_directory = {literal(folder)};
            -- A screening that needs more than this has gone wrong; it must not fill the disk of a whole night.
            SET max_temp_directory_size = '20GB';
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET enable_progress_bar = false"""
        )
        yield con, Path(folder)
