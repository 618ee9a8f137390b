"""From a candidate to a release, or to the knowledge that there is nothing new.

Belongs here: choosing between publishing, keeping a release as at a past time, and doing nothing. Does not
belong here: what publication demands and how it is done (`release`).
"""

import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from orchestration.contracts.publication import load_publication
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.drafts import drafts
from orchestration.warehouse.publishing.promotion import Published, keep_as_at, publish
from orchestration.warehouse.store.candidate import read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release, resolve_release, safe_id
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.verdict import read_verdict


@dataclass(frozen=True)
class Publication:
    """What came of it: the release now in force (or kept), whether it is new, and its fingerprint.

    `held` names the candidate that a hold kept back, and who holds publication since when and why.
    """

    release_id: str
    published: bool
    fingerprint: str
    folder: str
    as_at: str | None = None
    held: dict[str, str | None] | None = None

    def as_dict(self) -> dict[str, object]:
        """For the JSON summary."""
        return asdict(self)


def latest_candidate_id(settings: Settings) -> str | None:
    """The id of the newest candidate on disk, or None."""
    found = sorted(path.parent.name for path in settings.candidates.glob("[!.]*/warehouse.duckdb"))
    return found[-1] if found else None


def current_database(settings: Settings, tier: str = TIER) -> Path | None:
    """The database of the release in force, or None before the first."""
    if current_release(settings, tier) is None:
        return None
    return resolve_release(settings, None, tier) / "warehouse.duckdb"


def publish_candidate(settings: Settings, release_id: str) -> Publication:
    """Publish the candidate `release_id` of the restricted tier.

    One that says the same as the release in force is dropped instead: a night without news publishes no new
    release. One built as at a past time is kept under `as_at/` and moves no pointer. Raises GateRefusedError
    without a passing verdict for exactly this candidate. While a hold stands the candidate stays one.
    """
    folder = settings.candidates / safe_id(release_id)
    if not folder.is_dir():
        # A publication that was killed after it moved the folder is completed by publishing the same id again.
        if (settings.releases / TIER / release_id).is_dir():
            return _came(release_id, publish(settings, release_id))
        raise OversightError(f"There is no candidate {release_id} to publish; run `oversight refresh`.")
    as_at = read_provenance(folder).get("as_at")
    if as_at:
        moment = datetime.fromisoformat(str(as_at))
        kept = keep_as_at(settings, release_id, moment)
        return Publication(release_id, False, read_verdict(kept).fingerprint, str(kept), str(as_at))
    current = current_release(settings)
    if current is not None:
        in_force = settings.releases / TIER / current
        verdict = read_verdict(folder)
        if verdict.passed and verdict.fingerprint == read_manifest(in_force)["fingerprint"]:
            shutil.rmtree(folder)
            return Publication(current, False, verdict.fingerprint, str(in_force))
    return _came(release_id, publish(settings, release_id))


def publish_approved(settings: Settings) -> Publication | None:
    """Publish the newest draft of the open tier that is signed and whose time has come; None if there is none.

    Raises GateRefusedError if that draft turns out not to be what was approved; an older one is no substitute. While a
    hold stands on the tier it waits.
    """
    due = [draft.release_id for draft in drafts(settings, load_publication(settings.contracts)) if draft.is_due]
    return _came(due[-1], publish(settings, due[-1], OPEN)) if due else None


def _came(release_id: str, done: Published) -> Publication:
    """What came of publishing `release_id`."""
    held = None
    if done.held is not None:
        held = {"candidate": release_id, "since": done.held.at, "by": done.held.by, "reason": done.held.reason}
    return Publication(done.release_id, held is None, done.fingerprint, str(done.folder), held=held)
