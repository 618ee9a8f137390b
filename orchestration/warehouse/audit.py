"""The audit log of publication: who moved the pointer, from where to where, and what was refused.

Belongs here: appending to and reading `releases/audit.jsonl`. Does not belong here: deciding anything.
"""

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.settings import Settings
from orchestration.warehouse.sealing import append_line


def audit_log(settings: Settings) -> Path:
    """Where the log lies: beside the releases, not in them."""
    return settings.releases / "audit.jsonl"


def record(settings: Settings, event: str, **facts: object) -> None:
    """Append one line: time (UTC), user, `event` and its facts. On disk when this returns."""
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    append_line(audit_log(settings), {"at": moment, "by": user(), "event": event, **facts})


def read_audit(settings: Settings) -> list[dict[str, Any]]:
    """Every line of the log, oldest first; a line torn by a loss of power is left out."""
    path = audit_log(settings)
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def user() -> str:
    """Who runs this, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"uid {os.getuid()}"
