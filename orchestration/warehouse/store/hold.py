"""The publication hold, which stops refreshes from publishing after a rollback.

Contains placing, reading and lifting it. Not here: where it takes effect (`publishing`), or how it is reported
(`orchestration.commands`, `orchestration.defs`).

It is stored beside the releases as `<tier>.hold.json`. A file that cannot be read is still a hold, since its purpose
was to stop publication.
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
    """When (UTC), by whom and why publication was put on hold, and the release that was current before.

    `release_id` is the release that was restored.
    """

    at: str
    by: str
    reason: str | None
    release_id: str
    before: str | None

    @property
    def in_words(self) -> str:
        """Return who put publication on hold, when and why, as part of a sentence."""
        why = f" ({self.reason})" if self.reason else ""
        return f"on hold since {self.at} by {self.by}{why}"


def hold_file(settings: Settings, tier: str) -> Path:
    """Return the path of the hold of a tier."""
    return settings.releases / f"{tier}.hold.json"


def standing_hold(settings: Settings, tier: str) -> Hold | None:
    """Return the current hold, or None."""
    path = hold_file(settings, tier)
    try:
        return Hold(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return Hold("an unknown time", "an unknown person", f"{path} cannot be read", "", None)


def place_hold(settings: Settings, tier: str, release_id: str, before: str | None, reason: str | None) -> Hold:
    """Put publication on hold, replacing an older hold; wait until it is on disk."""
    moment = clock.timestamp()
    hold = Hold(moment, user(), (reason or "").strip() or None, release_id, before)
    write_json(hold_file(settings, tier), asdict(hold))
    return hold


def lift_hold(settings: Settings, tier: str) -> None:
    """Lift the hold, so that refreshes publish again."""
    hold_file(settings, tier).unlink(missing_ok=True)
