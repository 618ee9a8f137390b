"""The hold: what keeps the nights from publishing after somebody went back to an earlier release.

Belongs here: placing, reading and lifting it. Does not belong here: what respects it (`release`), or how it
is told (`orchestration.commands`, `orchestration.defs`).

It lies beside the releases as `<tier>.hold.json`. A file that cannot be read still holds: whoever placed it
wanted nothing published.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.foundation import clock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.audit import user
from orchestration.warehouse.store.sealing import write_json


@dataclass(frozen=True)
class Hold:
    """Since when (UTC), by whom and why nothing is published, and what was in force before the way back.

    `release_id` is the release that was gone back to.
    """

    at: str
    by: str
    reason: str | None
    release_id: str
    before: str | None

    @property
    def in_words(self) -> str:
        """Who holds publication since when, and why, as part of a sentence."""
        why = f" ({self.reason})" if self.reason else ""
        return f"held since {self.at} by {self.by}{why}"


def hold_file(settings: Settings, tier: str) -> Path:
    """Where the hold of a tier lies while it stands."""
    return settings.releases / f"{tier}.hold.json"


def standing_hold(settings: Settings, tier: str) -> Hold | None:
    """The hold that stands, or None."""
    path = hold_file(settings, tier)
    try:
        return Hold(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return Hold("an unknown time", "somebody", f"{path} cannot be read", "", None)


def place_hold(settings: Settings, tier: str, release_id: str, before: str | None, reason: str | None) -> Hold:
    """Hold publication from now on; an older hold gives way. On disk when this returns."""
    moment = clock.timestamp()
    hold = Hold(moment, user(), (reason or "").strip() or None, release_id, before)
    write_json(hold_file(settings, tier), asdict(hold))
    return hold


def lift_hold(settings: Settings, tier: str) -> None:
    """Let the nights publish again."""
    hold_file(settings, tier).unlink(missing_ok=True)
