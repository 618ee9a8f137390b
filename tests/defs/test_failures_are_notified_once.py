"""Every failure of a refresh sends exactly one notification."""

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
from orchestration.defs.jobs import failure_sensor, notify_failure
from orchestration.defs.release import CANDIDATE
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED, RecordedValues
from orchestration.foundation.errors import ContractError, GateRefusedError, RefreshLockedError
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.refresh import run_refresh
from tests.expectations import small_warehouse

NO_STATUS = "UPDATE marts.fct_observation SET value_status = '' WHERE observation_key = 9"
"""A missing value without a status, which the gate refuses."""


@pytest.fixture
def events_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Return a function that reads the events which the notification command has received."""
    events = tmp_path / "events.jsonl"
    hook = f"import sys; open({str(events)!r}, 'a').write(sys.stdin.read() + chr(10))"
    monkeypatch.setenv("OVERSIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OVERSIGHT_NOTIFY_COMMAND", shlex.join([sys.executable, "-c", hook]))

    def read() -> list[dict[str, Any]]:
        lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        return [json.loads(line) for line in lines]

    return read


def run(*assets: object, checks: tuple[object, ...] = ()) -> tuple[dg.ExecuteInProcessResult, dg.DagsterInstance]:
    """Run the nightly job with only these assets."""
    job = dg.define_asset_job("refresh", selection=dg.AssetSelection.all(), hooks={notify_failure})
    definitions = dg.Definitions(
        assets=list(assets),  # type: ignore[arg-type]
        asset_checks=list(checks),  # type: ignore[arg-type]
        jobs=[job],
        resources={"warehouse": Warehouse(), "lock": RefreshLock(), RECORDED: RecordedValues()},
        executor=dg.in_process_executor,
    )
    instance = dg.DagsterInstance.ephemeral()
    return definitions.resolve_job_def("refresh").execute_in_process(instance=instance, raise_on_error=False), instance


def run_sensor(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> None:
    """Run the failure sensor on a failed run, as Dagster's daemon does."""
    [event] = [event for event in result.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE]
    context = dg.build_run_status_sensor_context("failed_outside_its_steps", event, instance, result.dagster_run)
    failure_sensor(context.for_run_failure())


# ---------------------------------------------------------------- failures of a step


@pytest.mark.slow
def test_a_refusal_by_the_gate_is_notified_once(events_sent: Callable[[], list[dict[str, Any]]]) -> None:
    small_warehouse.candidate(Settings(), "r1", NO_STATUS)

    @dg.asset(key=CANDIDATE, io_manager_key=RECORDED)
    def candidate() -> str:
        """Return the candidate built above."""
        return "r1"

    result, instance = run(candidate, checks=(gate_checks(),))
    run_sensor(result, instance)
    assert not result.success
    [event] = events_sent()
    assert (event["event"], event["release_id"]) == ("gate_refused", "r1")
    assert event["rule"].startswith("fct_observation.")


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (
            ContractError("a.yml:3: unit: Field required"),
            {"event": "refresh_failed", "step": "failing", "message": "a.yml:3: unit: Field required"},
        ),
        (
            GateRefusedError("2 of dbt's tests failed"),
            {"event": "gate_refused", "release_id": None, "rule": "failing", "observed": "2 of dbt's tests failed"},
        ),
    ],
)
def test_a_failed_step_is_notified_once_with_its_message(
    events_sent: Callable[[], list[dict[str, Any]]], error: Exception, event: dict[str, Any]
) -> None:
    @dg.asset
    def failing() -> None:
        raise error

    @dg.asset(deps=[failing])
    def downstream() -> None:
        """Not run, and not a second failure."""

    run_sensor(*run(failing, downstream))
    [received] = events_sent()
    received.pop("run_id", None)
    assert received == event


# ---------------------------------------------------------------- failures before the first step


def test_a_dagster_run_that_finds_the_lock_held_is_notified_once_by_the_daemon(
    events_sent: Callable[[], list[dict[str, Any]]],
) -> None:
    @dg.asset
    def waiting(lock: RefreshLock) -> None:
        """Do nothing; the run fails before this step."""

    Settings().build.mkdir(parents=True)
    with FileLock(Settings().build / "refresh.lock"):
        result, instance = run(waiting)
    assert events_sent() == []
    run_sensor(result, instance)
    [event] = events_sent()
    assert (event["event"], event["run_id"], event["step"]) == ("refresh_failed", result.run_id, None)
    assert "Another refresh is running" in event["message"]


def test_a_refresh_that_finds_the_lock_held_is_notified_once(events_sent: Callable[[], list[dict[str, Any]]]) -> None:
    Settings().build.mkdir(parents=True)
    with FileLock(Settings().build / "refresh.lock"), pytest.raises(RefreshLockedError):
        run_refresh(Settings())
    [event] = events_sent()
    assert event["message"] == "Another refresh is running; wait for it to end."


def test_an_invalid_contract_is_notified_once_with_file_and_line(
    events_sent: Callable[[], list[dict[str, Any]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "contracts"
    (folder / "returns" / "ho").mkdir(parents=True)
    (folder / "codes.yml").write_bytes((PROJECT_ROOT / "contracts" / "codes.yml").read_bytes())
    (folder / "returns" / "ho" / "knives.yml").write_text("return: ho.knives\nname: [\n", encoding="utf-8")
    monkeypatch.setenv("OVERSIGHT_CONTRACTS", str(folder))
    with pytest.raises(ContractError):
        run_refresh(Settings())
    [event] = events_sent()
    assert event["event"] == "refresh_failed"
    assert "returns/ho/knives.yml:" in event["message"]


def test_a_full_disk_is_notified_once(
    events_sent: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Settings) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(refresh, "prepare_dagster_home", full)
    with pytest.raises(OSError, match="No space left"):
        run_refresh(Settings())
    [event] = events_sent()
    assert event["message"] == "OSError: [Errno 28] No space left on device"


def test_the_failure_sensor_runs_by_default() -> None:
    assert failure_sensor.default_status is dg.DefaultSensorStatus.RUNNING
