"""A whole refresh: the Dagster job run in this process, and its summary.

Contains running the job and building the summary. Not here: the steps of the job (`orchestration.defs`).
"""

import gc
import json
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.locks import refresh_lock
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import listening
from orchestration.foundation.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    import dagster as dg

_log = logging.getLogger("oversight")


@dataclass
class Summary:
    """Results of a refresh. `seconds` are wall-clock, by step; `frameworks` is the share of imports and frameworks.

    `held` names the candidate that a publication hold kept back, and who placed the hold, when and why.
    """

    published: bool = False
    release_id: str | None = None
    fingerprint: str | None = None
    folder: str | None = None
    as_at: str | None = None
    held: dict[str, Any] | None = None
    departments: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    without_contract: list[dict[str, Any]] = field(default_factory=list)
    not_brought_in: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed_rules: list[dict[str, Any]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self), default=str)


class RefreshFailedError(OversightError):
    """A step of the refresh failed; `summary` has the results of the steps before it."""

    def __init__(self, message: str, summary: Summary) -> None:
        super().__init__(message)
        self.summary = summary


class RefreshRefusedError(GateRefusedError):
    """The gate or publication refused the candidate; `summary` has the failed rules."""

    def __init__(self, message: str, summary: Summary) -> None:
        super().__init__(message)
        self.summary = summary


def run_refresh(
    settings: Settings,
    submissions: Path | None = None,
    as_at: datetime | None = None,
    progress: Callable[[str], None] = _log.info,
) -> Summary:
    """Land (or pull), screen, build, gate and publish.

    Raise RefreshLockedError while another refresh runs, RefreshRefusedError if the gate or publication refuses,
    RefreshFailedError if a step fails, OversightError for anything else; the current release stays.
    """
    try:
        run = _execute(settings, submissions, as_at, progress)
    except Exception as error:
        # No step failed, so the job's hook has sent nothing: the lock is held, a contract is invalid, the disk is full.
        message = str(error) if isinstance(error, OversightError) else f"{type(error).__name__}: {error}"
        notify(settings, {"event": "refresh_failed", "run_id": None, "step": None, "message": message})
        raise
    if run.failure is not None:
        raise _error(settings, run.summary, run.failure)
    return run.summary


@dataclass(frozen=True)
class _Failure:
    """The first step that failed: the class of its error, and the message."""

    name: str
    message: str


@dataclass(frozen=True)
class _Run:
    """A run of the job: its summary, and its failure if it has one."""

    summary: Summary
    failure: _Failure | None


def _execute(
    settings: Settings, submissions: Path | None, as_at: datetime | None, progress: Callable[[str], None]
) -> _Run:
    """Run the job under the lock and summarise it."""
    start = time.perf_counter()
    # Frameworks create millions of long-lived objects; checking them at every collection takes seconds.
    gc.set_threshold(100_000, 50, 50)
    from expectations.worker import gate_worker

    with refresh_lock(settings), listening(progress) as times, gate_worker():
        progress("starting")
        for folder in (settings.dagster_home, settings.logs, settings.build):
            folder.mkdir(parents=True, exist_ok=True)
        result = _run_job(settings, submissions, as_at)
        summary = _summarise(settings, _recorded_values(result))
        summary.seconds = _seconds(times, time.perf_counter() - start)
        return _Run(summary, None if result.success else _failure(result))


def prepare_dagster_home(settings: Settings) -> None:
    """Copy the project's `dagster.yaml` to Dagster's folder below OVERSIGHT_HOME."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["OVERSIGHT_HOME"] = str(settings.root)


def _run_job(settings: Settings, submissions: Path | None, as_at: datetime | None) -> "dg.ExecuteInProcessResult":
    """Run the job in this process."""
    prepare_dagster_home(settings)
    import dagster as dg
    import sqlalchemy

    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", _disable_fsync)

    from orchestration.defs.assembly import build_definitions

    job = build_definitions(settings).resolve_job_def("refresh")
    config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {
            "landing__receipts": {"config": {"submissions": str(submissions.absolute()) if submissions else None}},
            "build_inputs": {"config": {"as_at": as_at.isoformat() if as_at else None}},
        },
    }
    with dg.DagsterInstance.get() as instance:
        return job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)


def _disable_fsync(connection: Any, _: object) -> None:
    """Speed up SQLite: Dagster commits each of a thousand events, and no release depends on those lost in a crash."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def _failure(result: "dg.ExecuteInProcessResult") -> _Failure:
    """Return the first failed step. Raise OversightError if the run failed before any step."""
    from orchestration.defs.failures import root_cause

    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            _log.error("step %s failed: %s", event.step_key, error.to_string() if error else "")
            return _Failure(*root_cause(error)) if error else _Failure("", f"step {event.step_key} failed")
    raise OversightError("The run failed before its first step; see the run on Dagster's pages for the reason.")


def _error(settings: Settings, summary: Summary, failure: _Failure) -> OversightError:
    """Return the error of the failed step, with its message and exit code."""
    if summary.failed_rules:
        rules = "1 rule" if len(summary.failed_rules) == 1 else f"{len(summary.failed_rules)} rules"
        return RefreshRefusedError(
            f"The gate refused the candidate because {rules} failed, first '{summary.failed_rules[0]['rule']}'; the "
            f"current release is unchanged, and the verdict is in {settings.candidates}.",
            summary,
        )
    if failure.name == "GateRefusedError":
        return RefreshRefusedError(failure.message, summary)
    first_line = ((failure.message or failure.name).strip().splitlines() or ["the run failed"])[0]
    return RefreshFailedError(f"{first_line} (details in {settings.logs / 'oversight.log'})", summary)


def _recorded_values(result: "dg.ExecuteInProcessResult") -> dict[str, Any]:
    """Return what each step of this run recorded for the next, by asset key."""
    from orchestration.defs.values import recorded

    return {
        "/".join(event.asset_key.path): recorded(event.materialization.metadata)
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def _summarise(settings: Settings, values: Mapping[str, Any]) -> Summary:
    """Build the summary from the values that the steps recorded; steps that did not run have none."""
    arrivals, inputs = values.get("landing/receipts") or {}, values.get("landing/inputs") or {}
    publication = values.get("release/published")
    summary = Summary(
        **(publication or {}),
        departments=inputs.get("departments", []),
        refused=inputs.get("refused", []),
        without_contract=arrivals.get("without_contract", []),
        not_brought_in=arrivals.get("not_brought_in", []) + inputs.get("refused_references", []),
        notes=list(arrivals.get("notes", [])),
    )
    candidate = values.get("release/candidate")
    if candidate and not publication:
        summary.failed_rules = _failed_rules(settings, candidate)
    if summary.held:
        why = f" ({summary.held['reason']})" if summary.held["reason"] else ""
        summary.notes.append(
            f"publication is on hold since {summary.held['since']} by {summary.held['by']}{why}: {summary.release_id} "
            f"is still the current release, and {summary.held['candidate']} has passed the gate; publish either by "
            "name to lift the hold"
        )
    return summary


def _failed_rules(settings: Settings, candidate: str) -> list[dict[str, Any]]:
    """Return the critical rules that `candidate` failed; none if the gate did not reach a verdict."""
    from orchestration.warehouse.store.verdict import VERDICT, read_verdict

    folder = settings.candidates / candidate
    if not (folder / VERDICT).exists():
        return []
    return [asdict(rule) for rule in read_verdict(folder).failed if rule.severity == "critical"]


def _seconds(times: Mapping[str, float], total: float) -> dict[str, float]:
    """Return seconds by step, in total (with imports before the command), and for imports and frameworks."""
    # Only the time that dbt reports for its nodes counts as work; the rest of dbt's time is framework.
    nodes = times.get("dbt nodes", 0.0)
    steps = {name: seconds for name, seconds in times.items() if name != "dbt nodes"}
    work = sum(steps.values()) - max(0.0, times.get("dbt", 0.0) - nodes)
    imports = max(0.0, _process_age() - total)
    seconds = {name: round(seconds, 2) for name, seconds in steps.items()}
    seconds["total"] = round(total + imports, 2)
    seconds["frameworks"] = round(total + imports - work, 2)
    return seconds


def _process_age() -> float:
    """Return the age of this process in seconds, so that imports before the command count; 0 if it is unknown."""
    try:
        ticks = float(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        return uptime - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0
