"""The release over Quack: what a DuckDB client reads, what it may not do, and a new release.

Belongs here: the server of `orchestration.serving.quack`, asked by a real client. Does not belong here: the PostgreSQL
endpoint (`test_switching`).
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.serving import quack
from orchestration.serving.embedded import password_of
from orchestration.serving.quack import QuackServer
from tests.faults import tiny
from tests.serving.bench import free_port

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", threads=1)
    tiny.published(settings, 1)
    return settings


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(settings: Settings, port: int) -> Iterator[QuackServer]:
    server = QuackServer(settings, "restricted", port)
    yield server
    server.close()


def client(port: int, token: str, folder: Path) -> Ask:
    """Questions that a client with `token` lets the server answer."""
    con = duckdb.connect(config={"extension_directory": str(folder)})
    for name in ("httpfs", "quack"):
        con.execute(f"INSTALL '{quack._extension(name)}'; LOAD {name}")
    con.execute(f"CREATE SECRET (TYPE quack, TOKEN '{token}')")
    return lambda question: con.execute("FROM quack_query(?, ?)", [f"quack:localhost:{port}", question]).fetchall()


@pytest.fixture
def ask(server: QuackServer, settings: Settings, port: int, tmp_path: Path) -> Ask:
    server.bring_up_to_date()
    return client(port, password_of(settings, "quack"), tmp_path / "client")


def test_a_client_reads_the_release_in_force_and_the_next_one(
    server: QuackServer, settings: Settings, port: int, tmp_path: Path, ask: Ask
) -> None:
    assert ask("SELECT max(value) FROM analysis.observations") == [(1.0,)]
    tiny.published(settings, 2)
    server.bring_up_to_date()
    later = client(port, password_of(settings, "quack"), tmp_path / "later")
    assert later("SELECT max(value) FROM analysis.observations") == [(2.0,)]


FORBIDDEN = {
    "a table": ("CREATE TABLE marts.mine AS SELECT 1 AS one", "read-only"),
    "a change": ("UPDATE marts.dim_measure SET measure_name = 'mine'", "read-only"),
    "a file": ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
    "a copy": ("COPY (SELECT 1) TO '/tmp/mine.csv'", "disabled by configuration"),
    "another database": ("ATTACH '/tmp/mine.duckdb' AS mine", "disabled by configuration"),
    "an extension": ("INSTALL spatial", "disabled"),
    "a setting": ("SET enable_external_access = true", "lock"),
}


@pytest.mark.parametrize(("question", "said"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_client_can_do_nothing_but_ask(ask: Ask, question: str, said: str) -> None:
    with pytest.raises(duckdb.Error, match=said):
        ask(question)


def test_a_stranger_is_turned_away(server: QuackServer, port: int, tmp_path: Path) -> None:
    server.bring_up_to_date()
    with pytest.raises(duckdb.Error, match=r"(?i)token|auth"):
        client(port, "0123456789abcdef", tmp_path / "stranger")("SELECT 1")


def test_a_server_that_a_client_stopped_is_started_anew(
    server: QuackServer, settings: Settings, port: int, tmp_path: Path, ask: Ask
) -> None:
    ask(f"CALL quack_stop('quack:localhost:{port}')")
    deadline = time.monotonic() + 30
    while server.is_alive and time.monotonic() < deadline:
        time.sleep(0.1)
    server.bring_up_to_date()
    again = client(port, password_of(settings, "quack"), tmp_path / "again")
    assert again("SELECT 1") == [(1,)]


def test_a_port_that_is_taken_is_said_so(settings: Settings, server: QuackServer, port: int) -> None:
    server.bring_up_to_date()
    second = QuackServer(settings, "restricted", port)
    with pytest.raises(OversightError, match=f"quack:localhost:{port}.*choose another port with --quack"):
        second.bring_up_to_date()


def test_without_its_extensions_it_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quack, "find_spec", lambda name: None)
    with pytest.raises(OversightError, match=r"install 'oversight-warehouse\[quack\]'"):
        QuackServer(settings, "restricted", 9494)
