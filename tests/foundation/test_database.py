"""DuckDB connections have limits and UTC, and a clear error if they fail."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.database import WarehouseLockedError, attach, connect, connect_locked_down, sqlalchemy_url
from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.settings import PROJECT_ROOT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var", memory_limit="100MB", threads=1)


@pytest.fixture
def database(settings: Settings) -> Path:
    path = settings.build / "some.duckdb"
    with connect(path, settings) as connection:
        connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(10)")
    return path


def test_limits_time_zone_and_extensions_are_those_of_the_settings(settings: Settings, database: Path) -> None:
    names = ("memory_limit", "threads", "TimeZone", "autoinstall_known_extensions", "autoload_known_extensions")
    with connect(database, settings, read_only=True) as connection:
        values = [connection.execute(f"SELECT current_setting('{name}')").fetchall()[0][0] for name in names]
    assert values == ["95.3 MiB", 1, "UTC", False, False]


def test_the_error_for_a_missing_file_states_what_to_do(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(OversightError, match=r"No warehouse exists at .*nothing.duckdb; run `oversight refresh`"):
        connect(tmp_path / "nothing.duckdb", settings, read_only=True)


def test_a_file_that_is_not_a_database_is_an_error(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("not a database, but quite long enough to be read as one" * 100)
    with pytest.raises(OversightError, match=r"text.duckdb cannot be opened as a DuckDB database"):
        connect(tmp_path / "text.duckdb", settings, read_only=True)


def test_a_file_that_another_process_writes_is_locked(settings: Settings, database: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({str(database)!r}); print('held', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseLockedError, match=r"is locked by another process; wait for it to end"):
            connect(database, settings, read_only=True)
        with connect(None, settings) as connection, pytest.raises(WarehouseLockedError):
            attach(connection, database, "other")
    finally:
        holder.communicate(b"\n")


def test_two_modes_in_one_process_are_an_error(settings: Settings, database: Path) -> None:
    with connect(database, settings), pytest.raises(WarehouseLockedError, match="in another mode"):
        connect(database, settings, read_only=True)


@pytest.mark.parametrize(
    "query",
    [
        "CREATE TABLE more AS SELECT 1",
        "DELETE FROM numbers",
        "COPY numbers TO '{other}'",
        "EXPORT DATABASE '{other}'",
        "ATTACH '{other}' AS other",
        "FROM read_csv('/etc/hosts')",
        "FROM read_text('/etc/hosts')",
        "FROM '/etc/hosts'",
        "FROM glob('/etc/*')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "RESET lock_configuration",
    ],
)
def test_a_user_cannot_write_or_read_another_file(
    settings: Settings, database: Path, tmp_path: Path, query: str
) -> None:
    other = tmp_path / "other"
    with connect_locked_down(database, settings) as connection, pytest.raises(duckdb.Error):
        connection.execute(query.format(other=other))
    assert not other.exists()


def test_a_user_can_query_with_temporary_files(settings: Settings, database: Path) -> None:
    with connect(database, settings) as connection:
        connection.execute("CREATE TABLE wide AS SELECT repeat('x', 300) || n AS text FROM range(600000) AS t(n)")
    with connect_locked_down(database, settings) as connection:
        rows = connection.execute("SELECT count(*) FROM (FROM wide ORDER BY hash(text) LIMIT 590000)").fetchall()
    assert rows == [(590000,)]


def test_a_new_database_is_readable_by_older_drivers_and_overwrites_nothing(
    settings: Settings, database: Path, tmp_path: Path
) -> None:
    with connect(None, settings) as connection:
        attach(connection, tmp_path / "new.duckdb", "new", create=True)
        [(tags,)] = connection.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'new'").fetchall()
        assert tags["storage_version"].startswith("v1.2.0")
        with pytest.raises(OversightError, match="already exists"):
            attach(connection, database, "old", create=True)


def test_a_path_that_the_gate_cannot_open_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "what?").mkdir()
    odd = tmp_path / "what?" / "w.duckdb"
    duckdb.connect(str(odd)).close()
    with pytest.raises(UsageError, match="must not contain a question mark"):
        sqlalchemy_url(odd, settings)


def test_no_progress_bar_is_drawn_between_the_rows_of_a_query(tmp_path: Path) -> None:
    """DuckDB draws one if the main module has no file, as with `python -c`."""
    code = """
from orchestration.foundation.database import connect
from orchestration.foundation.settings import PROJECT_ROOT, Settings
with connect(None, Settings()) as connection:
    print(connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, env={**os.environ, "OVERSIGHT_HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "False\n"
