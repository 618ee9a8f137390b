"""Successive releases in PostgreSQL, during continuous queries and after crashes.

Contains tests of loading, switching and dropping releases, and of starting and stopping the server. Not here: the
content of a release (`test_sample_served`).
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.serving.access import ANALYST, DEPARTMENTS, OPEN_READER, grant_read, readers_of
from orchestration.serving.embedded import embedded_server, password_of
from orchestration.serving.endpoint import bring_up_to_date
from orchestration.serving.loading import load_release, loaded_releases
from orchestration.serving.server import serve_elsewhere
from orchestration.warehouse.store.catalogue import resolve_release
from tests.faults import tiny
from tests.serving.bench import Served, free_port, serving
from tests.sizes import sized

MARKS = """SELECT (SELECT max(value) FROM analysis.observations)::int,
                  (SELECT max(contract_version) FROM marts.dim_return)::int"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server for an installation whose releases have a mark in two tables."""
    settings = Settings(home=tmp_path_factory.mktemp("switching"), threads=1)
    with serving(settings) as server:
        yield server


def show(served: Served, mark: int) -> str:
    """Publish the release with this mark, and switch the server to it."""
    tiny.published(served.settings, mark)
    return bring_up_to_date(served.settings, served.owner, "restricted", {}, lambda _: None)


def marks(served: Served) -> tuple[int, ...]:
    return tuple(served.rows(ANALYST, MARKS)[0])


def test_a_new_release_is_served_and_an_unchanged_one_is_not_reloaded(served: Served) -> None:
    assert show(served, 1) == "r001"
    assert marks(served) == (1, 1)
    lines: list[str] = []
    bring_up_to_date(served.settings, served.owner, "restricted", {}, lines.append)
    assert lines == []
    counts = served.rows(ANALYST, "SELECT count(*) FROM analysis.observations")
    assert show(served, 2) == "r002"
    assert marks(served) == (2, 2)
    assert served.rows(ANALYST, "SELECT count(*) FROM analysis.observations") == counts  # not those of both releases


def test_clients_see_no_error_and_no_mixture_while_releases_change(served: Served) -> None:
    show(served, 3)
    failures: list[str] = []
    seen: set[int] = set()
    stop = threading.Event()

    def query(number: int) -> None:
        chance = random.Random(number)
        while not stop.is_set():
            try:
                with psycopg.connect(served.dsn(ANALYST), autocommit=True) as reader:
                    if number % 4 == 0:
                        reader.execute(b"SELECT oversight.stay()")
                    elif number % 4 == 1:  # a report with several queries in one snapshot
                        reader.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ")
                    session_marks = set()
                    for _ in range(chance.randrange(2, 12)):
                        row = reader.execute(MARKS.replace("analysis.", "").replace("marts.", "").encode()).fetchone()
                        assert row is not None
                        failures.extend([f"one statement saw {row}"] if len(set(row)) > 1 else [])
                        session_marks |= set(row)
                    seen.update(session_marks)
                    if number % 4 < 2 and len(session_marks) > 1:
                        failures.append(f"a session for one release saw {sorted(session_marks)}")
            except Exception as error:
                failures.append(f"{type(error).__name__}: {error}")

    clients = [threading.Thread(target=query, args=(number,)) for number in range(sized(8, 20))]
    for client in clients:
        client.start()
    for mark in range(4, sized(6, 9)):
        show(served, mark)
    stop.set()
    for client in clients:
        client.join(30)
    assert failures == []
    assert len(seen) >= sized(2, 4)


def test_old_schemas_are_dropped_unless_a_session_stays_with_them(served: Served) -> None:
    show(served, 20)
    with psycopg.connect(served.dsn(ANALYST), autocommit=True) as reader:
        assert reader.execute(b"SELECT oversight.stay()").fetchone() == ("r020",)
        for mark in (21, 22, 23):
            show(served, mark)
        assert reader.execute(b"SELECT max(value)::int FROM observations").fetchone() == (20,)
        with psycopg.connect(served.owner) as admin:
            assert sorted(loaded_releases(admin).values()) == ["r020", "r022", "r023"]
    show(served, 24)
    with psycopg.connect(served.owner) as admin:
        assert sorted(loaded_releases(admin).values()) == ["r023", "r024"]


def test_a_session_older_than_a_loaded_release_sees_its_rows(served: Served) -> None:
    show(served, 30)
    with psycopg.connect(served.dsn(ANALYST)) as reader:
        reader.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute(MARKS.encode())
        tiny.published(served.settings, 31)
        load_release(
            served.settings, served.owner, resolve_release(served.settings), readers_of("restricted"), {}, print
        )
        with psycopg.connect(served.owner, autocommit=True) as admin:
            grant_read(admin, "marts_r031", ANALYST)
        assert reader.execute(b"SELECT max(value)::int FROM marts_r031.fct_observation").fetchone() == (31,)


def test_a_release_whose_loading_was_killed_is_loaded_again(served: Served) -> None:
    tiny.published(served.settings, 40)
    with psycopg.connect(served.owner, autocommit=True) as admin:
        admin.execute(b"CREATE SCHEMA marts_r040; CREATE TABLE marts_r040.fct_observation (half int)")
    assert bring_up_to_date(served.settings, served.owner, "restricted", {}, lambda _: None) == "r040"
    assert marks(served) == (40, 40)


def test_the_next_load_deletes_the_files_of_a_killed_one_and_keeps_those_of_a_running_one(served: Served) -> None:
    def folder_of(process: int) -> Path:
        folder = served.settings.serving / f"loading-{socket.gethostname()}-{process}-abc"
        folder.mkdir()
        (folder / "fct_observation.csv").write_text("1,2\n", encoding="utf-8")
        return folder

    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    killed, running = folder_of(ended.pid), folder_of(os.getppid())
    show(served, 41)
    assert [path.name for path in served.settings.serving.glob("loading-*")] == [running.name]
    assert not killed.exists()
    shutil.rmtree(running)


def test_a_users_own_server_has_only_the_roles_of_its_tier(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", threads=1)
    port = free_port()
    roles = "SELECT rolname FROM pg_roles WHERE rolname ~ '^(oversight|department)' AND NOT rolsuper ORDER BY 1"
    with embedded_server(settings, port) as owner:
        for tier, wanted in (("open", [OPEN_READER]),
                             ("restricted", ["department_dept", ANALYST, DEPARTMENTS, OPEN_READER])):  # fmt: skip
            stop = threading.Event()
            stop.set()
            serve_elsewhere(settings, ["dept"], owner, tier, print, stop)
            with psycopg.connect(owner) as admin:
                assert [row[0] for row in admin.execute(roles.encode())] == wanted
        assert {path.stem for path in settings.serving.glob("*.password")} == {
            "oversight_owner", OPEN_READER, ANALYST, "department_dept",
        }  # fmt: skip


def test_a_release_is_read_by_the_roles_of_its_tier(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", threads=1)
    tiny.published(settings, 1)
    shutil.copytree(settings.releases / "restricted", settings.releases / "open", symlinks=True)
    (settings.current / "open").symlink_to(
        str((settings.current / "restricted").readlink()).replace("restricted", "open")
    )
    port = free_port()
    with embedded_server(settings, port) as owner:
        stop = threading.Event()
        keeper = threading.Thread(target=serve_elsewhere, args=(settings, ["dept"], owner, "open", print, stop))
        keeper.start()
        address = make_conninfo(
            host="127.0.0.1",
            port=port,
            user=OPEN_READER,
            dbname="postgres",
            password=password_of(settings, OPEN_READER),
        )
        try:
            assert first_result(address, MARKS) == (1, 1)
        finally:
            stop.set()
            keeper.join(30)


def first_result(address: str, query: str) -> tuple[object, ...] | None:
    """Return the first row of a query as soon as the server answers."""
    for _ in range(200):
        try:
            with psycopg.connect(address) as reader:
                return reader.execute(query.encode()).fetchone()
        except psycopg.Error:
            time.sleep(0.1)
    pytest.fail(f"no result: {query}")


def test_a_users_own_server_is_kept_up_to_date(served: Served) -> None:
    """The server of `--dsn` follows the pointer until the stop event is set."""
    lines: list[str] = []
    stop = threading.Event()
    keeper = threading.Thread(
        target=serve_elsewhere, args=(served.settings, ["dept"], served.owner, "restricted", lines.append, stop)
    )
    keeper.start()
    tiny.published(served.settings, 50)
    for _ in range(200):
        if marks(served) == (50, 50):
            break
        time.sleep(0.1)
    stop.set()
    keeper.join(30)
    assert not keeper.is_alive()
    assert marks(served) == (50, 50)
    assert lines[0].startswith("serving on 127.0.0.1; passwords are in")


# ---------------------------------------------------------------- the command


def wait_until_served(port: int, settings: Settings, mark: int) -> None:
    dsn = f"host=127.0.0.1 port={port} user={ANALYST} dbname=oversight password={password_of(settings, ANALYST)}"
    for _ in range(300):
        try:
            with psycopg.connect(dsn) as reader:
                if reader.execute(b"SELECT max(value)::int FROM analysis.observations").fetchone() == (mark,):
                    return
        except psycopg.Error:
            pass
        time.sleep(0.1)
    pytest.fail(f"the release with mark {mark} was not served")


def run_serve(settings: Settings, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "serve", "--port", str(port)],
        env={**os.environ, "OVERSIGHT_HOME": str(settings.root)}, cwd=PROJECT_ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
def test_the_command_serves_stops_cleanly_and_starts_again_after_a_crash(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", threads=1)
    tiny.published(settings, 1)
    port = free_port()
    keeper = run_serve(settings, port)
    wait_until_served(port, settings, 1)
    tiny.published(settings, 2)
    wait_until_served(port, settings, 2)
    # The command is killed, and its server keeps running until it is killed too.
    keeper.kill()
    keeper.communicate()
    postmaster = int((settings.serving / "postgres" / "postmaster.pid").read_text(encoding="ascii").split()[0])
    os.kill(postmaster, signal.SIGKILL)
    tiny.published(settings, 3)
    again = run_serve(settings, port)
    wait_until_served(port, settings, 3)
    again.send_signal(signal.SIGTERM)
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert out.splitlines()[-1] == "stopped"
    assert not (settings.serving / "postgres" / "postmaster.pid").exists()
    third = run_serve(settings, port)
    wait_until_served(port, settings, 3)
    second = run_serve(settings, free_port())
    _, err = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "already running" in err
    wait_until_served(port, settings, 3)  # the first server still runs
    third.kill()
    third.communicate()
    # PostgreSQL outlives the third command and answers, so only the fourth's own output shows that it is serving.
    fourth = run_serve(settings, port)
    assert fourth.stdout is not None
    assert fourth.stdout.readline().startswith("serving on")
    fourth.terminate()
    out, err = fourth.communicate(timeout=60)
    assert fourth.returncode == 0, err
    assert out.splitlines()[-1] == "stopped"
