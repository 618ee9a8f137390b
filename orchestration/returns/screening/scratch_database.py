"""In-memory DuckDB database for screening one file, with a temporary folder.

Contains its limits. Not here: databases on disk (`orchestration.foundation.database`).
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal


@contextmanager
def scratch_database(settings: Settings) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Yield a new in-memory database and a folder for temporary files; both are deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="oversight-") as folder, duckdb.connect() as con:
        con.execute(
            f"""SET memory_limit = {literal(settings.memory_limit)};
            SET threads = {settings.threads};
            SET temp_directory = {literal(folder)};
            -- A screening that needs more than this has failed; it must not fill the disk that the refresh needs.
            SET max_temp_directory_size = '20GB';
            SET autoinstall_known_extensions = false;
            SET autoload_known_extensions = false;
            SET enable_progress_bar = false"""
        )
        yield con, Path(folder)
