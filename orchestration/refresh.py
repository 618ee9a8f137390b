"""A whole refresh: the Dagster job in process, and what a person or a script is told at its end.

Belongs here: running the job and gathering its summary. Does not belong here: any step of it.
"""

import gc
import json
import logging
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.locks import refresh_lock
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import listening
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.publishing.decision import latest_candidate_id

_log = logging.getLogger("oversight")


@dataclass
class Summary:
    """What a refresh did. `seconds` are wall-clock, by step; `frameworks` is the share of imports and frameworks.

    `held` says which candidate a hold kept from being published, and who holds since when and why.
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
        """One line of JSON."""
        return json.dumps(asdict(self), default=str)


def run_refresh(
    settings: Settings,
    submissions: Path | None = None,
    as_at: datetime | None = None,
    progress: Callable[[str], None] = _log.info,
) -> Summary:
    """Land (or pull), screen, build, gate and publish.

    Raises RefreshLockedError while another refresh runs, GateRefusedError if the gate or publication refuses
    (`summary` on the error says what was found), OversightError for anything else; the release in force stays.
    """
    try:
        summary, failure = _refreshed(settings, submissions, as_at, progress)
    except Exception as error:
        # No step has failed, so the hook of the job has told nobody: a held lock, a broken contract, a full disk.
        message = str(error) if isinstance(error, OversightError) else f"{type(error).__name__}: {error}"
        notify(settings, {"event": "refresh_failed", "run_id": None, "step": None, "message": message})
        raise
    if failure is not None:
        _raise_failure(settings, summary, failure)
    return summary


def _refreshed(
    settings: Settings, submissions: Path | None, as_at: datetime | None, progress: Callable[[str], None]
) -> tuple[Summary, "_Failure | None"]:
    """Run the job under the lock, and say what came of it."""
    begun = time.perf_counter()
    # Frameworks make millions of objects that stay: looking through them again and again takes seconds.
    gc.set_threshold(100_000, 50, 50)
    from expectations.worker import gate_worker

    with refresh_lock(settings), listening(progress) as times, gate_worker():
        progress("starting")
        for folder in (settings.dagster_home, settings.logs, settings.build):
            folder.mkdir(parents=True, exist_ok=True)
        for left in ("published.json", "arrivals.json", "inputs.json"):
            # What an earlier night left must not be told as this one's.
            (settings.build / left).unlink(missing_ok=True)
        before = latest_candidate_id(settings)
        failure = _run_job(settings, submissions, as_at)
        return _summarise(settings, times, time.perf_counter() - begun, before), failure


def prepare_dagster_home(settings: Settings) -> None:
    """Put the project's `dagster.yaml` where Dagster looks for it, below OVERSIGHT_HOME."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["OVERSIGHT_HOME"] = str(settings.root)


@dataclass(frozen=True)
class _Failure:
    """What the first step that failed raised: the class of the error and its message."""

    name: str
    message: str


def _run_job(settings: Settings, submissions: Path | None, as_at: datetime | None) -> _Failure | None:
    """Run the job; None if it succeeded. Raises OversightError if it failed before any step could tell."""
    prepare_dagster_home(settings)
    import dagster as dg
    import sqlalchemy

    sqlalchemy.event.listen(sqlalchemy.engine.Engine, "connect", _relax)

    from orchestration.defs.assembly import build_definitions
    from orchestration.defs.failures import deepest

    definitions = build_definitions(settings)
    job = definitions.resolve_job_def("refresh")
    config = {
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        "ops": {
            "landing__receipts": {"config": {"submissions": str(submissions.absolute()) if submissions else None}},
            "build_inputs": {"config": {"as_at": as_at.isoformat() if as_at else None}},
        },
    }
    with dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)
    if result.success:
        return None
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            _log.error("step %s failed: %s", event.step_key, error.to_string() if error else "")
            return _Failure(*deepest(error)) if error else _Failure("", f"step {event.step_key} failed")
    raise OversightError("The run failed before its first step; Dagster's pages show why.")


def _relax(connection: Any, _: object) -> None:
    """Dagster commits each of a thousand events; its history may lose the last of them in a power cut, and
    nothing that is released depends on it."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


def _raise_failure(settings: Settings, summary: Summary, failure: _Failure) -> None:
    """Raise what a step raised, in its own words and with its own exit code."""
    error: OversightError
    if summary.failed_rules:
        rules = "1 rule" if len(summary.failed_rules) == 1 else f"{len(summary.failed_rules)} rules"
        error = GateRefusedError(
            f"The gate refused the candidate: {rules} failed, first '{summary.failed_rules[0]['rule']}'. "
            f"The last release stays in force; the verdict lies in {settings.candidates}."
        )
    elif failure.name == "GateRefusedError":
        error = GateRefusedError(failure.message)
    else:
        error = OversightError(
            f"{_first_line(failure.message or failure.name)} (details in {settings.logs / 'oversight.log'})"
        )
    error.summary = summary  # type: ignore[attr-defined]
    raise error


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["the run failed"])[0]


def _summarise(settings: Settings, times: dict[str, float], total: float, earlier: str | None) -> Summary:
    from orchestration.warehouse.store.verdict import VERDICT

    summary = Summary()
    # dbt's own time for its nodes is work; the rest of what it takes is the framework's.
    nodes = times.get("dbt nodes", 0.0)
    steps = {name: seconds for name, seconds in times.items() if name != "dbt nodes"}
    work = sum(steps.values()) - max(0.0, times.get("dbt", 0.0) - nodes)
    started = time.time() - total
    imports = max(0.0, started - _process_start())
    summary.seconds = {name: round(seconds, 2) for name, seconds in steps.items()}
    summary.seconds["total"] = round(total + imports, 2)
    summary.seconds["frameworks"] = round(total + imports - work, 2)
    published = settings.build / "published.json"
    if published.exists():
        for name, value in json.loads(published.read_text(encoding="utf-8")).items():
            setattr(summary, name, value)
    else:
        release_id = latest_candidate_id(settings)
        verdict = settings.candidates / str(release_id) / VERDICT
        if release_id and release_id != earlier and verdict.exists():
            found = json.loads(verdict.read_text(encoding="utf-8"))
            rules = [rule for suite in found["suites"] for rule in suite["failed"]]
            rules += found["dbt"]["failed"] if found["dbt"] else []
            summary.failed_rules = [rule for rule in rules if rule["severity"] == "critical"]
    arrived = settings.build / "arrivals.json"
    if arrived.exists():
        facts = json.loads(arrived.read_text(encoding="utf-8"))
        summary.without_contract = facts["without_contract"]
        summary.not_brought_in = facts["not_brought_in"]
        summary.notes = facts["notes"]
    if summary.held:
        why = f" ({summary.held['reason']})" if summary.held["reason"] else ""
        summary.notes.append(
            f"publication is held since {summary.held['since']} by {summary.held['by']}{why}: {summary.release_id} "
            f"stays in force, {summary.held['candidate']} passed the gate and waits; publish one of the two by its "
            "name to lift the hold"
        )
    inputs = settings.build / "inputs.json"
    if inputs.exists():
        summary.not_brought_in += json.loads(inputs.read_text(encoding="utf-8"))["refused_references"]
    _add_counts(settings, summary)
    return summary


def _process_start() -> float:
    """When this process began, in seconds of the epoch, so that imports before the command count too."""
    try:
        ticks = float(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        uptime = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        return time.time() - (uptime - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError):
        return time.time()


def _add_counts(settings: Settings, summary: Summary) -> None:
    """Counts by department and what was refused, from the build that the run made."""
    from orchestration.foundation.database import connect

    if not settings.build_database.exists() or not (settings.build / "inputs.json").exists():
        return
    with connect(settings.build_database, settings, read_only=True) as con:
        tables = {
            row[0]
            for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'landing'").fetchall()
        }
        if "submissions" not in tables:
            return
        found = con.execute(
            """SELECT department_code, count(DISTINCT return_code) AS returns, count(*) AS submissions,
                      count(*) FILTER (WHERE outcome = 'refused') AS refused,
                      coalesce(sum(observation_count) FILTER (WHERE outcome = 'accepted'), 0)::BIGINT AS observations
               FROM landing.submissions GROUP BY 1 ORDER BY 1"""
        )
        names = [column[0] for column in found.description or []]
        summary.departments = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        found = con.execute(
            """SELECT s.return_code, s.file_name, s.submission_key, s.error_count,
                      (SELECT list(m ORDER BY n DESC)[:3] FROM (
                          SELECT p.rule || ': ' || any_value(p.message) AS m, sum(p.occurrence_count) AS n
                          FROM landing.screening AS p
                          WHERE p.submission_key = s.submission_key AND p.severity = 'error'
                          GROUP BY p.rule)) AS reasons
               FROM landing.submissions AS s WHERE s.outcome = 'refused' ORDER BY s.received_at"""
        )
        names = [column[0] for column in found.description or []]
        summary.refused = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
