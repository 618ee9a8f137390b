"""Whatever goes wrong at night, somebody is told of it, and told once."""

import errno
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from filelock import FileLock

from orchestration import refresh
from orchestration.defs.gate import gate_checks
from orchestration.defs.jobs import failure_sensor, tell_of_failure
from orchestration.defs.release import CANDIDATE
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED, RecordedValues
from orchestration.foundation.errors import ContractError, GateRefusedError, RefreshLockedError
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.refresh import run_refresh
from tests.expectations import small_warehouse

SILENT = "UPDATE marts.fct_observation SET value_status = '' WHERE observation_key = 9"
"""A value that is missing and does not say why: the gate refuses it."""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """What the notification command of this home was given."""
    heard = tmp_path / "heard.jsonl"
    hook = f"import sys; open({str(heard)!r}, 'a').write(sys.stdin.read() + chr(10))"
    monkeypatch.setenv("OVERSIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OVERSIGHT_NOTIFY_COMMAND", shlex.join([sys.executable, "-c", hook]))

    def read() -> list[dict[str, Any]]:
        lines = heard.read_text(encoding="utf-8").splitlines() if heard.exists() else []
        return [json.loads(line) for line in lines]

    return read


def run(*assets: object, checks: tuple[object, ...] = ()) -> tuple[dg.ExecuteInProcessResult, dg.DagsterInstance]:
    """The nightly job, as Dagster runs it, on these assets alone."""
    job = dg.define_asset_job("refresh", selection=dg.AssetSelection.all(), hooks={tell_of_failure})
    definitions = dg.Definitions(
        assets=list(assets),  # type: ignore[arg-type]
        asset_checks=list(checks),  # type: ignore[arg-type]
        jobs=[job],
        resources={"warehouse": Warehouse(), "lock": RefreshLock(), RECORDED: RecordedValues()},
        executor=dg.in_process_executor,
    )
    instance = dg.DagsterInstance.ephemeral()
    return definitions.resolve_job_def("refresh").execute_in_process(instance=instance, raise_on_error=False), instance


def look(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> None:
    """The daemon's look at a run that failed."""
    [event] = [event for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    context = dg.build_run_status_sensor_context("failed_outside_its_steps", event, instance, result.dagster_run)
    failure_sensor(context.for_run_failure())


# ---------------------------------------------------------------- failures of a step


@pytest.mark.slow
def test_a_candidate_that_the_gate_refuses_is_told_once(told: Callable[[], list[dict[str, Any]]]) -> None:
    small_warehouse.candidate(Settings(), "r1", SILENT)

    @dg.asset(key=CANDIDATE, io_manager_key=RECORDED)
    def candidate() -> str:
        """Made beforehand."""
        return "r1"

    result, instance = run(candidate, checks=(gate_checks(),))
    look(result, instance)
    assert not result.success
    [event] = told()
    assert (event["event"], event["release_id"]) == ("gate_refused", "r1")
    assert event["rule"].startswith("fct_observation.")


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (
            ContractError("a.yml:3: unit: Field required"),
            {"event": "refresh_failed", "step": "made", "message": "a.yml:3: unit: Field required"},
        ),
        (
            GateRefusedError("2 of dbt's tests failed"),
            {"event": "gate_refused", "release_id": None, "rule": "made", "observed": "2 of dbt's tests failed"},
        ),
    ],
)
def test_a_step_that_breaks_is_told_once_in_its_own_words(
    told: Callable[[], list[dict[str, Any]]], error: Exception, event: dict[str, Any]
) -> None:
    @dg.asset
    def made() -> None:
        raise error

    @dg.asset(deps=[made])
    def never_reached() -> None:
        """Skipped, and not a second failure."""

    look(*run(made, never_reached))
    [heard] = told()
    heard.pop("run_id", None)
    assert heard == event


# ---------------------------------------------------------------- failures before the first step


def test_a_run_of_dagsters_that_finds_the_lock_held_is_told_once_by_the_daemon(
    told: Callable[[], list[dict[str, Any]]],
) -> None:
    @dg.asset
    def made(lock: RefreshLock) -> None:
        """Never begun."""

    Settings().build.mkdir(parents=True)
    with FileLock(Settings().build / "refresh.lock"):
        result, instance = run(made)
    assert told() == []
    look(result, instance)
    [event] = told()
    assert (event["event"], event["run_id"], event["step"]) == ("refresh_failed", result.run_id, None)
    assert "Another refresh is running" in event["message"]


def test_a_refresh_that_finds_the_lock_held_is_told_once(told: Callable[[], list[dict[str, Any]]]) -> None:
    Settings().build.mkdir(parents=True)
    with FileLock(Settings().build / "refresh.lock"), pytest.raises(RefreshLockedError):
        run_refresh(Settings())
    [event] = told()
    assert event["message"] == "Another refresh is running; wait for it to end."


def test_a_contract_that_cannot_be_loaded_is_told_once_with_file_and_line(
    told: Callable[[], list[dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "contracts"
    (folder / "returns" / "ho").mkdir(parents=True)
    (folder / "codes.yml").write_bytes((PROJECT_ROOT / "contracts" / "codes.yml").read_bytes())
    (folder / "returns" / "ho" / "knives.yml").write_text("return: ho.knives\nname: [\n", encoding="utf-8")
    monkeypatch.setenv("OVERSIGHT_CONTRACTS", str(folder))
    with pytest.raises(ContractError):
        run_refresh(Settings())
    [event] = told()
    assert event["event"] == "refresh_failed"
    assert "returns/ho/knives.yml:" in event["message"]


def test_a_full_disk_is_told_once(told: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Settings) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(refresh, "prepare_dagster_home", full)
    with pytest.raises(OSError, match="No space left"):
        run_refresh(Settings())
    [event] = told()
    assert event["message"] == "OSError: [Errno 28] No space left on device"


def test_the_daemon_looks_for_such_runs_by_itself() -> None:
    assert failure_sensor.default_status is dg.DefaultSensorStatus.RUNNING
