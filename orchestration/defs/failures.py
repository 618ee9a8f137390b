"""How a failure of the job reads to whoever is told of it.

Belongs here: finding what really went wrong under what Dagster wraps around it, and the event that says so.
Does not belong here: sending it (`orchestration.foundation.notify`), or when that happens (`jobs`,
`orchestration.refresh`).
"""

import re
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterAssetCheckFailedError

from orchestration.foundation.errors import GateRefusedError


def deepest(error: Any) -> tuple[str, str]:
    """Class and message of the exception that a step raised, without the framework's wrapping.

    `error` is what Dagster keeps of an exception (`SerializableErrorInfo`).
    """
    while error.cause is not None and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    name = str(error.cls_name or "")
    # Dagster prefixes the message with the class as Python prints it, module and all.
    prefix = re.compile(rf"^[\w.]*{re.escape(name)}:\s*")
    return name, prefix.sub("", error.message.strip())


def step_failed(run_id: str, step: str, error: BaseException | None) -> dict[str, Any] | None:
    """The event of a step that failed; None if it was the gate, which tells of its own refusals."""
    if isinstance(error, DagsterAssetCheckFailedError):
        return None
    while isinstance(error, dg.DagsterError) and error.__cause__ is not None:
        error = error.__cause__
    message = str(error) if error else "the step failed; the log says why"
    if isinstance(error, GateRefusedError):
        return {"event": "gate_refused", "release_id": None, "rule": step, "observed": message}
    return {"event": "refresh_failed", "run_id": run_id, "step": step, "message": message}


def beginning_failed(run_id: str | None, error: Any, message: str | None = None) -> dict[str, Any]:
    """The event of a run that failed outside its steps; `error` is what Dagster keeps of it, if anything."""
    said = deepest(error)[1] if error is not None else message
    return {"event": "refresh_failed", "run_id": run_id, "step": None, "message": said or "the run failed"}
