"""Pins: releases that are never pruned, by whom and why.

Belongs here: setting, reading and taking away a pin. Does not belong here: what else keeps a release (`retention`).

A pin lies beside the releases as `pins/<tier>/<release_id>.json`. One that cannot be read still pins: whoever set it
wanted the release kept.
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
    """Since when (UTC), by whom and why a release is kept for good."""

    release_id: str
    at: str
    by: str
    reason: str

    @property
    def in_words(self) -> str:
        """As part of a sentence."""
        return f"pinned since {self.at} by {self.by} ({self.reason})"


def pins(settings: Settings, tier: str = TIER) -> dict[str, Pin]:
    """Every pin of the tier, by release id."""
    return {path.stem: _read(path) for path in sorted((settings.pins / tier).glob("[!.]*.json"))}


def pin(settings: Settings, release_id: str, reason: str, tier: str = TIER) -> Pin:
    """Keep the release from ever being pruned; a pin that stands gives way to this one. On disk when this returns.

    Raises `UsageError` without a reason, `OversightError` if there is no such release.
    """
    if not reason.strip():
        raise UsageError("A pin needs a reason: say why the release is kept, others will want to know.")
    with publication_lock(settings, release_id):
        folder = settings.releases / tier / safe_id(release_id)
        if not folder.is_dir():
            raise OversightError(
                f"There is no release {release_id} in the tier {tier}: choose one of `oversight releases`."
            )
        made = Pin(release_id, clock.timestamp(), user(), reason.strip())
        # Killed after the file the release is kept all the same, and the same command says so in the log.
        write_json(_file(settings, tier, release_id), asdict(made))
        record(settings, "pin", tier=tier, release_id=release_id, reason=made.reason)
    return made


def unpin(settings: Settings, release_id: str, tier: str = TIER) -> Pin:
    """Take the pin away; returns it. Raises `OversightError` if there is none."""
    with publication_lock(settings, release_id):
        path = _file(settings, tier, safe_id(release_id))
        if not path.is_file():
            raise OversightError(
                f"The release {release_id} of the tier {tier} is not pinned: `oversight releases` shows the pins."
            )
        stood = _read(path)
        # Before the file: no pin goes without a line that says who took it away.
        record(settings, "unpin", tier=tier, release_id=release_id, since=stood.at, reason=stood.reason)
        path.unlink()
    return stood


def _file(settings: Settings, tier: str, release_id: str) -> Path:
    return settings.pins / tier / f"{release_id}.json"


def _read(path: Path) -> Pin:
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Pin(path.stem, "an unknown time", "somebody", f"{path} cannot be read")
