"""Decision whether a candidate becomes a release.

Contains the choice between publishing, keeping a release as at a past time, and doing nothing. Not here: the
publication itself (`promotion`) and its conditions (`approval`).
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
    """Outcome: the current release (or the release kept), whether it is new, and its fingerprint.

    `held` names the candidate that was not published because of a hold, and who placed the hold, when and why.
    """

    release_id: str
    published: bool
    fingerprint: str
    folder: str
    as_at: str | None = None
    held: dict[str, str | None] | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as a dictionary, for the JSON summary."""
        return asdict(self)


def latest_candidate_id(settings: Settings) -> str | None:
    """Return the id of the newest candidate on disk, or None."""
    release_ids = sorted(path.parent.name for path in settings.candidates.glob("[!.]*/warehouse.duckdb"))
    return release_ids[-1] if release_ids else None


def current_database(settings: Settings, tier: str = TIER) -> Path | None:
    """Return the database of the current release, or None before the first."""
    if current_release(settings, tier) is None:
        return None
    return resolve_release(settings, None, tier) / "warehouse.duckdb"


def publish_candidate(settings: Settings, release_id: str) -> Publication:
    """Publish the candidate `release_id` of the restricted tier.

    A candidate with the same content as the current release is deleted, and no release is published. A candidate built
    as at a past time is kept under `as_at/`, without moving a pointer. During a hold the candidate is kept and not
    published. Raises GateRefusedError without a passing verdict for this exact candidate.
    """
    folder = settings.candidates / safe_id(release_id)
    if not folder.is_dir():
        # If a publication was interrupted after it moved the folder, publishing the same id again completes it.
        if (settings.releases / TIER / release_id).is_dir():
            return _outcome(release_id, publish(settings, release_id))
        raise OversightError(f"The candidate {release_id} does not exist; run `oversight refresh` to build one.")
    as_at = read_provenance(folder).get("as_at")
    if as_at:
        moment = datetime.fromisoformat(str(as_at))
        kept = keep_as_at(settings, release_id, moment)
        return Publication(release_id, False, read_verdict(kept).fingerprint, str(kept), str(as_at))
    current = current_release(settings)
    if current is not None:
        current_folder = settings.releases / TIER / current
        verdict = read_verdict(folder)
        if verdict.passed and verdict.fingerprint == read_manifest(current_folder)["fingerprint"]:
            shutil.rmtree(folder)
            return Publication(current, False, verdict.fingerprint, str(current_folder))
    return _outcome(release_id, publish(settings, release_id))


def publish_approved(settings: Settings) -> Publication | None:
    """Publish the newest draft of the open tier that is signed and due; return None if there is none.

    Raises GateRefusedError if that draft is not the one that was approved; an older draft is not published instead.
    During a hold on the tier the draft is not published.
    """
    due = [draft.release_id for draft in drafts(settings, load_publication(settings.contracts)) if draft.is_due]
    return _outcome(due[-1], publish(settings, due[-1], OPEN)) if due else None


def _outcome(release_id: str, result: Published) -> Publication:
    held = None
    if (hold := result.held) is not None:
        held = {"candidate": release_id, "since": hold.at, "by": hold.by, "reason": hold.reason}
    return Publication(result.release_id, held is None, result.fingerprint, str(result.folder), held=held)
