"""Notification events for failed runs.

Contains finding the root cause below Dagster's wrappers, and the events that report it. Not here: sending events
(`orchestration.foundation.notify`), or when they are sent (`jobs`, `orchestration.refresh`).
"""

import re
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError

from orchestration.foundation.errors import GateRefusedError


def root_cause(error: Any) -> tuple[str, str]:
    """Return the class and message of the exception that a step raised, without Dagster's wrappers.

    `error` is Dagster's record of an exception (`SerializableErrorInfo`).
    """
    while error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    name = str(error.cls_name or "")
    # Dagster prefixes the message with the class as Python prints it, including the module.
    prefix = re.compile(rf"^[\w.]*{re.escape(name)}:\s*")
    return name, prefix.sub("", error.message.strip())


def step_failed_event(run_id: str, step: str, error: BaseException | None) -> dict[str, Any] | None:
    """Return the event for a failed step; None for the gate, which sends its own events."""
    if isinstance(error, DagsterAssetCheckFailedError):
        return None
    while isinstance(error, dg.DagsterError) and error.__cause__ is not None:
        error = error.__cause__
    message = str(error) if error else "the step failed; see the log for the reason"
    if isinstance(error, GateRefusedError):
        return {"event": "gate_refused", "release_id": None, "rule": step, "observed": message}
    return {"event": "refresh_failed", "run_id": run_id, "step": step, "message": message}


def run_failed_event(run_id: str | None, error: Any, message: str | None = None) -> dict[str, Any]:
    """Return the event for a run that failed outside its steps; `error` is Dagster's record of it, if it has one."""
    text = root_cause(error)[1] if error is not None else message
    return {"event": "refresh_failed", "run_id": run_id, "step": None, "message": text or "the run failed"}
