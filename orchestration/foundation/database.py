"""The one place that opens a DuckDB database.

Belongs here: paths, limits, time zone and locks, and what a locked or missing file is called in words.
Does not belong here: queries.

Every connection keeps UTC, the memory and thread limits of `Settings`, a spill folder below `build/`
(a release folder is read-only, so DuckDB's own choice beside the file would fail), and never fetches an
extension: a government network may not reach the place they come from, and should not try.
"""

import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

import duckdb

from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal

STORAGE_VERSION = "v1.2.0"  # what BI tools' drivers read today
SPILL = "spill"


class WarehouseLockedError(OversightError):
    """Another process holds the database file."""


def connect(path: Path | None, settings: Settings, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the database file `path`, or a database in memory if it is None.

    Read-write creates the file and its folder where they are missing; read-only needs the file to exist.
    Use as a context manager: DuckDB keeps one instance per path and process, and a connection left open
    makes the next one with other options fail. Raises `OversightError` if the file is missing or is no
    DuckDB file, `WarehouseLockedError` if another process, or another mode in this process, holds it.
    """
    if path is not None and read_only and not path.is_file():
        raise OversightError(f"There is no warehouse at {path}: run `oversight refresh` to build one.")
    if path is not None and not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    target = ":memory:" if path is None else str(path)
    try:
        connection = duckdb.connect(target, read_only=read_only and path is not None, config=_config(settings))
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        raise _open_error(target, error) from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB draws a bar on standard output where it takes the process for an interactive one.
        connection.execute("SET enable_progress_bar = false")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def connect_locked_down(path: Path, settings: Settings, setup: str = "") -> duckdb.DuckDBPyConnection:
    """Open `path` for a query that somebody else wrote: it can neither write nor reach any other file.

    Read-only, no external access and no change of configuration; temporary tables and spilling still work.
    `setup` is SQL of our own that is run before. Raises as `connect` does.
    """
    connection = connect(path, settings, read_only=True)
    connection.execute(setup)
    # External access goes last but one: switched off earlier, the spill folder could not be set.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    alias: str,
    *,
    read_only: bool = True,
    create: bool = False,
) -> None:
    """Attach the database file `path` as `alias`; `create` makes a new one readable by DuckDB 1.2 and later.

    Raises `OversightError` if the file is missing (or, to be created, already there), `WarehouseLockedError`
    if another process holds it.
    """
    if create and path.exists():
        raise OversightError(f"{path} exists already: a new database must not overwrite it, remove it first.")
    if not create and not path.is_file():
        raise OversightError(f"There is no warehouse at {path}: run `oversight refresh` to build one.")
    options = f"STORAGE_VERSION {literal(STORAGE_VERSION)}" if create else "READ_ONLY" if read_only else ""
    try:
        connection.execute(f'ATTACH {literal(str(path))} AS "{alias}"' + (f" ({options})" if options else ""))
    except (duckdb.IOException, duckdb.ConnectionException, duckdb.BinderException) as error:
        raise _open_error(str(path), error) from error


def sqlalchemy_url(path: Path, settings: Settings) -> str:
    """The read-only SQLAlchemy URL of `path`, for the gate's engine, with the same limits as `connect`.

    Raises `OversightError` if there is no such file: the dialect would only say so at the first query.
    """
    if not path.is_file():
        raise OversightError(f"There is no warehouse at {path}: run `oversight refresh` to build one.")
    if "?" in str(path):
        raise UsageError(f"The folder of {path} must not contain a question mark: choose another OVERSIGHT_HOME.")
    config = {"access_mode": "read_only"} | _config(settings)
    return f"duckdb:///{path}?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in config.items())


def spill_folder(settings: Settings) -> Path:
    """Where this process spills: a folder of its own, which DuckDB makes when it needs it and removes in the end.

    Below `build/`, or, for whoever may only read there, in the system's folder for such things.
    """
    try:
        above = settings.build / SPILL
        above.mkdir(parents=True, exist_ok=True)
        writable = os.access(above, os.W_OK)
    except OSError:
        writable = False
    return (above if writable else Path(tempfile.gettempdir())) / f"oversight-{socket.gethostname()}-{os.getpid()}"


def _config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(spill_folder(settings)),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def _open_error(target: str, error: duckdb.Error) -> OversightError:
    text = str(error).splitlines()[0]
    if "lock" in text.lower():
        return WarehouseLockedError(
            f"{target} is held by another process: wait for it to end, or stop it, and try again."
        )
    if "different configuration" in text or "already attached" in text or "file handle conflict" in text:
        return WarehouseLockedError(f"{target} is open in this process in another mode: close that connection first.")
    return OversightError(f"{target} cannot be opened as a DuckDB database: {text}")
