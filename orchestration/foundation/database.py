"""DuckDB connections: the only module that opens a database.

Contains paths, limits, time zone and locks, and the errors for a locked or missing file. Not here: queries.

Every connection uses UTC, the memory and thread limits of `Settings`, and a folder for temporary files below `build/`
(DuckDB's default, next to the file, fails in a read-only release folder). It never downloads an extension, because a
government network may not reach their repository and should not try.
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
    """The database file is locked by another process."""


def connect(path: Path | None, settings: Settings, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open the database file `path`, or a database in memory if it is None.

    Read-write creates the file and its folder if they are missing; read-only requires the file. Use as a context
    manager: DuckDB keeps one instance per path and process, so a connection left open makes the next one with other
    options fail. Raise OversightError if the file is missing or is not a DuckDB file, WarehouseLockedError if it is
    open in another process, or in this one in another mode.
    """
    if path is not None and read_only and not path.is_file():
        raise _missing_error(path)
    if path is not None and not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    target = ":memory:" if path is None else str(path)
    try:
        connection = duckdb.connect(target, read_only=read_only and path is not None, config=_config(settings))
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        raise _open_error(target, error) from error
    try:
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB draws a bar on standard output if it takes the process for an interactive one.
        connection.execute("SET enable_progress_bar = false")
    except duckdb.Error:
        connection.close()
        raise
    return connection


def connect_locked_down(path: Path, settings: Settings, setup: str = "") -> duckdb.DuckDBPyConnection:
    """Open `path` for a user's query, which can then not write, or read any other file.

    It is read-only, without external access and with a fixed configuration; temporary tables and files still work.
    `setup` is trusted SQL that runs first. Raise as `connect` does.
    """
    connection = connect(path, settings, read_only=True)
    connection.execute(setup)
    # Only now: without external access, the folder for temporary files could not have been set.
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
    """Attach the database file `path` as `alias`; `create` creates one that DuckDB 1.2 and later can read.

    Raise OversightError if the file is missing (or exists, with `create`), WarehouseLockedError if it is open in
    another process.
    """
    if create and path.exists():
        raise OversightError(f"{path} already exists and must not be overwritten; delete it first.")
    if not create and not path.is_file():
        raise _missing_error(path)
    options = f"STORAGE_VERSION {literal(STORAGE_VERSION)}" if create else "READ_ONLY" if read_only else ""
    try:
        connection.execute(f'ATTACH {literal(str(path))} AS "{alias}"' + (f" ({options})" if options else ""))
    except (duckdb.IOException, duckdb.ConnectionException, duckdb.BinderException) as error:
        raise _open_error(str(path), error) from error


def sqlalchemy_url(path: Path, settings: Settings) -> str:
    """Return the read-only SQLAlchemy URL of `path`, for the gate's engine, with the same limits as `connect`.

    Raise OversightError if the file is missing: the dialect would report that only at the first query.
    """
    if not path.is_file():
        raise _missing_error(path)
    if "?" in str(path):
        raise UsageError(f"The path {path} must not contain a question mark; choose another OVERSIGHT_HOME.")
    config = {"access_mode": "read_only"} | _config(settings)
    return f"duckdb:///{path}?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in config.items())


def spill_folder(settings: Settings) -> Path:
    """Return the folder for temporary files of this process, which DuckDB creates when needed and deletes at the end.

    It is below `build/` or, for an account that may not write there, in the system's temporary folder.
    """
    try:
        parent = settings.build / SPILL
        parent.mkdir(parents=True, exist_ok=True)
        is_writable = os.access(parent, os.W_OK)
    except OSError:
        is_writable = False
    return (parent if is_writable else Path(tempfile.gettempdir())) / f"oversight-{socket.gethostname()}-{os.getpid()}"


def _config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(spill_folder(settings)),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def _missing_error(path: Path) -> OversightError:
    return OversightError(f"No warehouse exists at {path}; run `oversight refresh` to build one.")


def _open_error(target: str, error: duckdb.Error) -> OversightError:
    text = str(error).splitlines()[0]
    if "lock" in text.lower():
        return WarehouseLockedError(
            f"{target} is locked by another process; wait for it to end or stop it, then retry."
        )
    if "different configuration" in text or "already attached" in text or "file handle conflict" in text:
        return WarehouseLockedError(f"{target} is open in another mode in this process; close that connection first.")
    return OversightError(
        f"{target} cannot be opened as a DuckDB database ({text}); check the file and its permissions."
    )
