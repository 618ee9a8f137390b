"""A run started from Dagster's pages goes all the way, and nothing started there passes around the gate.

The pages, the daemon and the code server are those of `make dev`, on a port of their own; runs are started by
the GraphQL calls that the buttons of the pages make.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster_graphql import DagsterGraphQLClient
from filelock import FileLock

from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.warehouse.store.candidate import make_candidate
from orchestration.warehouse.store.catalogue import current_release
from tests.conftest import Home
from tests.defs.publishing_alone import record_candidate

pytestmark = pytest.mark.slow

PATIENCE_SECONDS = 600
"""Far more than anything here takes, so that a busy machine fails no test."""

Ended = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


@dataclass
class Pages:
    """Dagster's pages over a home: what their buttons do."""

    home: Home
    client: DagsterGraphQLClient

    def launch(self, job: str, *assets: list[str]) -> dg.DagsterRunStatus:
        """Press "Launch run" (or "Materialize" for some assets), and wait for the end of the run."""
        chosen: dict[str, Any] = {"asset_selection": list(assets)} if assets else {}
        run = self.client.submit_job_execution(job, run_config={}, **chosen)
        return until(lambda: status if (status := self.client.get_run_status(run)) in Ended else None)

    def notified(self) -> list[dict[str, Any]]:
        path = self.home.root / "notified.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]


def until(find: Any) -> Any:
    """The first answer of `find` that is not None."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if (found := find()) is not None:
            return found
        time.sleep(0.3)
    pytest.fail("nothing came of it in time")


@pytest.fixture(scope="module")
def pages(small: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    home = small.copy(tmp_path_factory.mktemp("pages") / "home")
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", home.settings.dagster_home / "dagster.yaml")
    hook = f"import sys; open({str(home.root / 'notified.jsonl')!r}, 'a').write(sys.stdin.read() + chr(10))"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "dagster", "dev", "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)]
    with (home.root / "dev.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=PROJECT_ROOT,
            env={
                **os.environ,
                "OVERSIGHT_HOME": str(home.root),
                "DAGSTER_HOME": str(home.settings.dagster_home),
                "OVERSIGHT_NOTIFY_COMMAND": shlex.join([sys.executable, "-c", hook]),
                "DAGSTER_DISABLE_TELEMETRY": "yes",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        client = until(lambda: _client(port, process))
        until(lambda: _watched(port))
        yield Pages(home, client)
    finally:
        process.send_signal(signal.SIGINT)  # as Ctrl+C does: it ends its servers one by one
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _client(port: int, process: subprocess.Popen[bytes]) -> DagsterGraphQLClient | None:
    """A client of the pages once they answer."""
    assert process.poll() is None, "dagster dev ended; see its log"
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).close()
    except OSError:
        return None
    return DagsterGraphQLClient("127.0.0.1", port_number=port)


def _watched(port: int) -> bool | None:
    """True once the daemon looks for failed runs: its sensor ignores those that failed before its first tick."""
    sensors = "sensors { name sensorState { ticks(limit: 1) { status } } }"
    places = "locationOrLoadError { ... on RepositoryLocation { repositories { " + sensors + " } } }"
    query = "{ workspaceOrError { ... on Workspace { locationEntries { " + places + " } } } }"
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        json.dumps({"query": query}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=30) as response:
        entries = json.load(response)["data"]["workspaceOrError"]["locationEntries"]
    [repository] = entries[0]["locationOrLoadError"]["repositories"]
    [sensor] = [sensor for sensor in repository["sensors"] if sensor["name"] == "failed_outside_its_steps"]
    return any(tick["status"] == "SKIPPED" for tick in sensor["sensorState"]["ticks"]) or None


def test_a_run_that_finds_the_lock_held_fails_and_the_daemon_tells_of_it_once(pages: Pages) -> None:
    with FileLock(pages.home.root / "build" / "refresh.lock"):
        assert pages.launch("refresh") is dg.DagsterRunStatus.FAILURE

    def failed() -> list[str] | None:
        return [event["message"] for event in pages.notified() if event["event"] == "refresh_failed"] or None

    [message] = until(failed)
    assert "Another refresh is running" in message


def test_the_job_launched_from_the_pages_takes_what_was_dropped_and_publishes_it(pages: Pages, sample: Path) -> None:
    before = current_release(pages.home.settings)
    inbox = pages.home.root / "inbox" / "ons.healthy_life_expectancy"
    inbox.mkdir(parents=True)
    [first] = sample.parent.rglob("ons_healthy_life_expectancy_v2024-12-19.csv")
    shutil.copyfile(first, inbox / first.name)
    yesterday = datetime.now(UTC).timestamp() - 86_400
    os.utime(inbox / first.name, (yesterday, yesterday))
    assert pages.launch("refresh") is dg.DagsterRunStatus.SUCCESS
    assert current_release(pages.home.settings) != before
    [row] = pages.home.rows(
        "SELECT outcome FROM analysis.submissions WHERE return_code = 'ons.healthy_life_expectancy' "
        "ORDER BY received_at DESC LIMIT 1"
    )
    assert row == {"outcome": "accepted"}


def test_materialising_publish_alone_after_the_gate_said_no_fails_and_the_release_stays(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations.gate import run_gate
    from orchestration.foundation.database import connect

    settings, before = pages.home.settings, current_release(pages.home.settings)
    candidate = make_candidate(settings, "29990101T000000Z-badbad00")
    candidate.database.chmod(0o600)
    with connect(candidate.database, settings) as con:
        con.execute("UPDATE marts.fct_observation SET value = NULL, value_status = '' WHERE value_status = ''")
    assert not run_gate(settings, candidate).passed
    monkeypatch.setenv("DAGSTER_HOME", str(settings.dagster_home))
    with dg.DagsterInstance.get() as instance:
        record_candidate(instance, candidate.release_id)
    assert pages.launch("__ASSET_JOB", ["release", "published"]) is dg.DagsterRunStatus.FAILURE
    assert current_release(settings) == before
