"""The audit log of publication: who moved the pointer, from where to where, and what was refused.

Contains appending to and reading `releases/audit.jsonl`, and finding where it was altered. Not here: decisions
(`publishing`).

Every line has the sha256 of the line before it, so a line that was altered, removed or inserted is detected. A missing
end is not: for that, each release records the last line at the time it was sealed (`chain`).
"""

import hashlib
import json
import os
import pwd
from pathlib import Path
from typing import Any

from filelock import FileLock

from orchestration.foundation import clock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.sealing import append_line

LOGIN_UID = Path("/proc/self/loginuid")
"""Where Linux keeps the account that logged in, even after `sudo`; only the administrator can change it."""

_PREVIOUS = "previous_line_sha256"


def audit_log(settings: Settings) -> Path:
    """Return the path of the log: beside the releases, not in them."""
    return settings.releases / "audit.jsonl"


def record(settings: Settings, event: str, **facts: object) -> None:
    """Append one line and wait until it is on disk: time (UTC), user, `event`, its facts, digest of the line before."""
    settings.releases.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.releases / ".audit.lock"):
        moment = clock.timestamp()
        append_line(
            audit_log(settings),
            {"at": moment, "by": user(), "event": event, **facts, _PREVIOUS: last_line(settings)},
        )


def read_audit(settings: Settings) -> list[dict[str, Any]]:
    """Return every line of the log, oldest first, without lines that a loss of power left incomplete."""
    entries = (_entry(line) for line in _lines(settings))
    return [entry for entry in entries if entry is not None]


def announced_manifests(settings: Settings) -> dict[tuple[str | None, str], str]:
    """Return the sha256 of each release's manifest by tier and id, as first recorded: a release never changes, so
    publishing an altered one again does not make it valid. Releases as at a past time have no tier."""
    found: dict[tuple[str | None, str], str] = {}
    for line in read_audit(settings):
        if line.get("event") in ("publish", "keep_as_at") and line.get("release_id") and line.get("manifest_sha256"):
            found.setdefault((line.get("tier"), line["release_id"]), line["manifest_sha256"])
    return found


def line_digests(settings: Settings) -> list[str]:
    """Return the sha256 of every line, incomplete ones included, oldest first."""
    return [_digest(line) for line in _lines(settings)]


def last_line(settings: Settings) -> str | None:
    """Return the sha256 of the last line; None before the first."""
    digests = line_digests(settings)
    return digests[-1] if digests else None


def audit_problems(settings: Settings) -> list[str]:
    """Return the problems of the log, a sentence each: lines that do not have the digest of the line before them.

    The first lines may have none, since they are older than the chain. An incomplete line is not a problem in itself;
    the line after it has its digest like any other.
    """
    problems = []
    chained = False
    before: str | None = None
    for number, line in enumerate(_lines(settings), 1):
        entry = _entry(line)
        if entry is not None:
            if _PREVIOUS in entry and entry[_PREVIOUS] != before:
                problems.append(
                    f"line {number} of {audit_log(settings)} does not match the line before it: "
                    "one of them was altered, or a line between them was removed"
                )
            elif _PREVIOUS not in entry and chained:
                problems.append(f"line {number} of {audit_log(settings)} was not written by the warehouse")
            chained = chained or _PREVIOUS in entry
        before = _digest(line)
    return problems


def user() -> str:
    """Return the account that runs this process, as the system reports it.

    This is the account that logged in, which distinguishes people who use one account through `sudo`; without a login
    it is the account of the process. The environment is not used, because anyone can set `LOGNAME`.
    """
    for uid in (_logged_in(), os.getuid()):
        try:
            return pwd.getpwuid(uid).pw_name
        except (KeyError, OverflowError):  # No login, or a container that runs as a user without a name.
            continue
    return f"uid {os.getuid()}"


def _logged_in() -> int:
    try:
        return int(LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):  # Not Linux, or without its audit subsystem.
        return os.getuid()


def _lines(settings: Settings) -> list[bytes]:
    path = audit_log(settings)
    return [line for line in path.read_bytes().split(b"\n") if line] if path.is_file() else []


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
