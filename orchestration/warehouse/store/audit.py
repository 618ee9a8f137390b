"""The audit log of publication: who moved the pointer, from where to where, and what was refused.

Belongs here: appending to and reading `releases/audit.jsonl`, and finding where it was altered. Does not belong here:
deciding anything.

Every line names the sha256 of the line before it, so that a line altered, removed or put in between is seen. What was
cut off at the end is not: for that, each release names the line that was last when it was sealed (`chain`).
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
"""Where Linux keeps who logged in, whoever they have become since; nobody but the administrator can change it."""

_PREVIOUS = "previous_line_sha256"


def audit_log(settings: Settings) -> Path:
    """Where the log lies: beside the releases, not in them."""
    return settings.releases / "audit.jsonl"


def record(settings: Settings, event: str, **facts: object) -> None:
    """Append one line: time (UTC), user, `event`, its facts and the line before. On disk when this returns."""
    settings.releases.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.releases / ".audit.lock"):
        moment = clock.timestamp()
        append_line(
            audit_log(settings),
            {"at": moment, "by": user(), "event": event, **facts, _PREVIOUS: last_line(settings)},
        )


def read_audit(settings: Settings) -> list[dict[str, Any]]:
    """Every line of the log, oldest first; a line torn by a loss of power is left out."""
    entries = (_entry(line) for line in _lines(settings))
    return [entry for entry in entries if entry is not None]


def announced_manifests(settings: Settings) -> dict[tuple[str | None, str], str]:
    """The sha256 of each release's manifest by tier and id, as the log first had it: a release never changes, so
    whoever publishes an altered one again does not make it right. Releases as at a past time have no tier."""
    found: dict[tuple[str | None, str], str] = {}
    for line in read_audit(settings):
        if line.get("event") in ("publish", "keep_as_at") and line.get("release_id") and line.get("manifest_sha256"):
            found.setdefault((line.get("tier"), line["release_id"]), line["manifest_sha256"])
    return found


def line_digests(settings: Settings) -> list[str]:
    """The sha256 of every line, torn ones too, oldest first."""
    return [_digest(line) for line in _lines(settings)]


def last_line(settings: Settings) -> str | None:
    """The sha256 of the last line; None before the first."""
    digests = line_digests(settings)
    return digests[-1] if digests else None


def audit_problems(settings: Settings) -> list[str]:
    """What is wrong with the log, a sentence each: lines that do not follow from the line before them.

    Lines at the beginning may name none: they are older than the chain. A torn line is no problem by itself, and what
    was written after it names it like any other.
    """
    problems = []
    chained = False
    before: str | None = None
    for number, line in enumerate(_lines(settings), 1):
        entry = _entry(line)
        if entry is not None:
            if _PREVIOUS in entry and entry[_PREVIOUS] != before:
                problems.append(
                    f"line {number} of {audit_log(settings)} does not follow from the line before it: "
                    "one of the two was altered, or a line between them was removed"
                )
            elif _PREVIOUS not in entry and chained:
                problems.append(f"line {number} of {audit_log(settings)} was not written by the warehouse")
            chained = chained or _PREVIOUS in entry
        before = _digest(line)
    return problems


def user() -> str:
    """Who runs this, as the system knows them.

    The account that logged in, so that several people who work as one account by `sudo` are told apart; where nobody
    logged in, the account itself. Never the environment: anybody can set `LOGNAME` to another's name.
    """
    for uid in (_logged_in(), os.getuid()):
        try:
            return pwd.getpwuid(uid).pw_name
        except (KeyError, OverflowError):  # nobody logged in, or a container runs as a user without a name
            continue
    return f"uid {os.getuid()}"


def _logged_in() -> int:
    try:
        return int(LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not Linux, or without its audit subsystem
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
