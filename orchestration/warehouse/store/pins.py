"""Pins: releases that are never pruned, with who pinned each and why.

Contains setting, reading and removing a pin. Not here: other reasons to keep a release (`publishing.retention`).

A pin is stored beside the releases as `pins/<tier>/<release_id>.json`. A pin that cannot be read still counts, since
its purpose was to keep the release.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.foundation import clock
from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.locks import publication_lock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.audit import record, user
from orchestration.warehouse.store.catalogue import TIER, safe_id
from orchestration.warehouse.store.sealing import write_json


@dataclass(frozen=True)
class Pin:
    """When (UTC), by whom and why a release was pinned."""

    release_id: str
    at: str
    by: str
    reason: str

    @property
    def in_words(self) -> str:
        """Return this as part of a sentence."""
        return f"pinned since {self.at} by {self.by} ({self.reason})"


def pins(settings: Settings, tier: str = TIER) -> dict[str, Pin]:
    """Return every pin of the tier, by release id."""
    return {path.stem: _read(path) for path in sorted((settings.pins / tier).glob("[!.]*.json"))}


def pin(settings: Settings, release_id: str, reason: str, tier: str = TIER) -> Pin:
    """Pin the release, replacing an older pin, so that it is never pruned; wait until it is on disk.

    Raises `UsageError` without a reason, `OversightError` if the release does not exist.
    """
    if not reason.strip():
        raise UsageError("A pin needs a reason; add --reason with why the release must be kept.")
    with publication_lock(settings, release_id):
        folder = settings.releases / tier / safe_id(release_id)
        if not folder.is_dir():
            raise OversightError(
                f"Release {release_id} does not exist in the {tier} tier; choose one that `oversight releases` lists."
            )
        made = Pin(release_id, clock.timestamp(), user(), reason.strip())
        # If the process is killed after the file, the release is pinned; repeating the command records it in the log.
        write_json(_file(settings, tier, release_id), asdict(made))
        record(settings, "pin", tier=tier, release_id=release_id, reason=made.reason)
    return made


def unpin(settings: Settings, release_id: str, tier: str = TIER) -> Pin:
    """Remove the pin and return it. Raises `OversightError` if the release is not pinned."""
    with publication_lock(settings, release_id):
        path = _file(settings, tier, safe_id(release_id))
        if not path.is_file():
            raise OversightError(
                f"Release {release_id} of the {tier} tier is not pinned; see `oversight releases` for the pins."
            )
        stood = _read(path)
        # Before the file: every removal of a pin is in the log.
        record(settings, "unpin", tier=tier, release_id=release_id, since=stood.at, reason=stood.reason)
        path.unlink()
    return stood


def _file(settings: Settings, tier: str, release_id: str) -> Path:
    return settings.pins / tier / f"{release_id}.json"


def _read(path: Path) -> Pin:
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Pin(path.stem, "an unknown time", "an unknown person", f"{path} cannot be read")
