"""Publication of a candidate as the current release, and rollback.

Contains `publish`, `keep_as_at` and `rollback`. `publish` is the only route to publication, and requires a passing
verdict on the exact candidate and the conditions of the tier (`approval`). Not here: the gate (`expectations`), finding
a release (`catalogue`), and the contents of its files (`candidate`, `changes`, `manifest`).

Every step before the pointer moves can be repeated: publishing the same id again completes an interrupted publication,
and an interrupted publication does not block another. The audit line is written just before the pointer moves, so that
no move is unrecorded; a line without its move shows a publication that was interrupted at that point.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.contracts.publication import load_publication
from orchestration.dictionary.page import DICTIONARY, write_dictionary
from orchestration.foundation import clock
from orchestration.foundation.atomic_files import make_folder
from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.locks import publication_lock
from orchestration.foundation.rights import let_through
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.prerelease import write_access_list
from orchestration.warehouse.approval.publication_checks import require_earlier_publication, require_permission
from orchestration.warehouse.changes.causes import differing
from orchestration.warehouse.changes.change_list import write_changes
from orchestration.warehouse.changes.data_version import last_version, next_version
from orchestration.warehouse.changes.release_notes import NOTES, write_notes
from orchestration.warehouse.publishing.parquet import write_parquet
from orchestration.warehouse.store.audit import record
from orchestration.warehouse.store.candidate import DATABASE, read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release, names_in, safe_id
from orchestration.warehouse.store.chain import manifest_digest, next_link
from orchestration.warehouse.store.hold import Hold, lift_hold, place_hold, standing_hold
from orchestration.warehouse.store.manifest import MANIFEST, SIGNATURE, read_manifest, verify_manifest, write_manifest
from orchestration.warehouse.store.sealing import move_folder, point, seal_files, seal_folders
from orchestration.warehouse.store.signing import sign_manifest
from orchestration.warehouse.store.verdict import Verdict, passing_verdict

CHANGES = "changes.parquet"
PARQUET = "parquet"


@dataclass(frozen=True)
class Published:
    """The current release: its folder, the previous release, and whether this call moved the pointer.

    `changes` counts rows of changes.parquet by kind; it is empty after a rollback. If `held` is set, the candidate was
    not published because of this hold, and the other fields describe the release that is still current.
    """

    release_id: str
    folder: Path
    fingerprint: str
    previous: str | None
    moved: bool
    changes: dict[str, int] = field(default_factory=dict)
    held: Hold | None = None


def publish(
    settings: Settings,
    release_id: str,
    tier: str = TIER,
    provenance: Mapping[str, object] | None = None,
    *,
    lifts_hold: bool = False,
) -> Published:
    """Publish the candidate `release_id`, or complete or repeat the publication of the release with that id.

    Recalculates the fingerprint and requires a passing verdict for it; `approval.publication_checks` has the other
    conditions of each tier. `provenance` is added to that of the candidate. During a hold the candidate is checked and
    kept, but not published; with `lifts_hold`, which only a person may set, it is published and the hold lifted.

    If it raises an error, the current release is unchanged: `GateRefusedError` without the verdict or another
    condition, or if a later release is current; `OversightError` if there is no such candidate or release;
    `RefreshLockedError` while another publication runs.
    """
    final = settings.releases / tier / safe_id(release_id)
    with publication_lock(settings, release_id):
        current = current_release(settings, tier)
        hold = standing_hold(settings, tier)
        try:
            if current is not None and current > release_id:
                raise GateRefusedError(
                    f"{release_id} is older than the current release {current}; run `oversight rollback {release_id}` "
                    "if it was published, or `oversight refresh` to build a newer candidate."
                )
            folder = final if final.is_dir() else _candidate(settings, release_id, tier)
            require_permission(settings, tier, folder)
            if hold is not None and current is not None and not lifts_hold:
                return _hold_back(settings, release_id, tier, current, hold)
            verdict = _ready(settings, release_id, final, {"tier": tier, "previous_release": current}, provenance)
        except GateRefusedError as error:
            record(settings, "refuse", tier=tier, release_id=release_id, current=current, reason=str(error))
            raise
        manifest = read_manifest(final)
        if current != release_id:
            record(
                settings,
                "publish",
                tier=tier,
                release_id=release_id,
                before=current,
                fingerprint=verdict.fingerprint,
                manifest_sha256=manifest_digest(final),
            )
            point(settings.current / tier, final)
        if hold is not None:
            # Lift the hold last: if the process dies before this, the same command can be repeated to lift it.
            record(settings, "lift_hold", tier=tier, release_id=release_id, since=hold.at, reason=hold.reason)
            lift_hold(settings, tier)
    return Published(
        release_id,
        final,
        verdict.fingerprint,
        current,
        current != release_id,
        dict(manifest.get("changes", {})),
    )


def _hold_back(settings: Settings, release_id: str, tier: str, current: str, hold: Hold) -> Published:
    """Check the verdict as publication does, and publish nothing because of `hold`."""
    current_folder = settings.releases / tier / current
    published = settings.releases / tier / release_id
    passing_verdict(settings, published if published.is_dir() else _candidate(settings, release_id, tier), release_id)
    record(settings, "hold_back", tier=tier, release_id=release_id, current=current, since=hold.at, reason=hold.reason)
    fingerprint = read_manifest(current_folder)["fingerprint"]
    return Published(current, current_folder, fingerprint, current, moved=False, held=hold)


def keep_as_at(
    settings: Settings, release_id: str, as_at: datetime, provenance: Mapping[str, object] | None = None
) -> Path:
    """Keep the candidate `release_id`, built as at the time `as_at`; return its folder in `as_at/`.

    Like a release it needs a passing verdict, gets a manifest and is made read-only, but no pointer moves. Raises the
    same errors as `publish`.
    """
    final = settings.as_at / safe_id(release_id)
    with publication_lock(settings, release_id):
        facts = {"tier": None, "as_at": as_at.astimezone(UTC).isoformat(), "previous_release": None}
        verdict = _ready(settings, release_id, final, facts, provenance)
        record(
            settings,
            "keep_as_at",
            release_id=release_id,
            as_at=facts["as_at"],
            fingerprint=verdict.fingerprint,
            manifest_sha256=manifest_digest(final),
        )
    return final


def rollback(
    settings: Settings, release_id: str | None = None, tier: str = TIER, reason: str | None = None
) -> Published:
    """Make the release `release_id`, by default the previous one, the current release again.

    A hold keeps it current until a person publishes a release by name. Its folder must match its manifest. Raises
    `OversightError` if there is no such release, or if it is damaged or already current; `RefreshLockedError` while a
    publication runs.
    """
    with publication_lock(settings, release_id or "the current release"):
        current = current_release(settings, tier)
        if release_id is None:
            release_id = _previous_release(settings, tier, current)
        if release_id is None:
            raise OversightError("There is no earlier release to roll back to.")
        folder = settings.releases / tier / safe_id(release_id)
        if not folder.is_dir():
            raise OversightError(f"Release {release_id} does not exist; choose one of `oversight releases`.")
        if release_id == current:
            raise OversightError(f"Release {release_id} is already the current release; choose an earlier one.")
        manifest = verify_manifest(folder)
        require_earlier_publication(settings, tier, folder)
        # Place the hold first: if the process dies here, no refresh can republish the figures being rolled back.
        hold = place_hold(settings, tier, release_id, current, reason)
        record(
            settings,
            "rollback",
            tier=tier,
            release_id=release_id,
            before=current,
            fingerprint=manifest["fingerprint"],
            holds=True,
            reason=hold.reason,
        )
        point(settings.current / tier, folder)
    return Published(release_id, folder, manifest["fingerprint"], current, moved=True, held=hold)


def _ready(
    settings: Settings,
    release_id: str,
    final: Path,
    facts: Mapping[str, object],
    provenance: Mapping[str, object] | None,
) -> Verdict:
    """Complete the candidate, move it to `final` and seal it, or verify what is there; return its verdict."""
    if final.is_dir():
        verify_manifest(final)
        verdict = passing_verdict(settings, final, release_id)
    else:
        candidate = _candidate(settings, release_id, str(facts["tier"] or TIER))
        verdict = passing_verdict(settings, candidate, release_id)
        _complete(settings, candidate, verdict, facts, provenance)
        move_folder(candidate, final)
    tier = str(facts["tier"] or "as_at")
    seal_folders(final, tier)
    make_folder(settings.current)
    let_through(tier, final.parent, settings.root, settings.releases, settings.current)
    return verdict


def _candidate(settings: Settings, release_id: str, tier: str = TIER) -> Path:
    folder = settings.candidates_of(tier) / release_id
    if not (folder / DATABASE).is_file():
        command = "oversight refresh" if tier == TIER else "oversight draft"
        raise OversightError(
            f"The {tier} tier has no candidate or release {release_id}; run `{command}` to build a candidate."
        )
    return folder


def _complete(
    settings: Settings,
    folder: Path,
    verdict: Verdict,
    facts: Mapping[str, object],
    provenance: Mapping[str, object] | None,
) -> None:
    """Add the other files of a release to the folder of a candidate; can be repeated after an interruption."""
    (folder / SIGNATURE).unlink(missing_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / CHANGES).unlink(missing_ok=True)
    (folder / NOTES).unlink(missing_ok=True)
    write_dictionary(settings, folder / DATABASE, folder / DICTIONARY, f"release {verdict.release_id}")
    if (folder / PARQUET).exists():
        shutil.rmtree(folder / PARQUET)
    write_parquet(settings, folder / DATABASE, folder / PARQUET)
    if facts["tier"] == OPEN:
        write_access_list(settings, load_publication(settings.contracts), folder)
    before = facts["previous_release"]
    previous = settings.releases / str(facts["tier"]) / str(before) / DATABASE if before else None
    if previous is not None and not previous.is_file():
        previous = None
    full_provenance = read_provenance(folder) | dict(provenance or {})
    previous_provenance = _previous_manifest(previous).get("provenance", {})
    changes = write_changes(
        settings, folder / DATABASE, previous, folder / CHANGES, differing(previous_provenance, full_provenance)
    )
    version = next_version(last_version(settings.releases / str(facts["tier"])), changes)
    if facts["tier"]:
        names = (verdict.release_id, previous.parent.name if previous is not None else None, version)
        write_notes(settings, folder, folder / DATABASE, folder / CHANGES, changes, *names)
    write_manifest(
        settings,
        folder,
        {
            "release_id": verdict.release_id,
            **facts,
            "fingerprint": verdict.fingerprint,
            "chain": next_link(settings, str(facts["tier"]), verdict.release_id).as_dict() if facts["tier"] else None,
            "sealed_at": clock.timestamp(),
            "data_version": version if facts["tier"] else None,
            "changes": changes.by_kind,
            "change_causes": changes.by_cause,
            "provenance": full_provenance,
        },
    )
    # Sign before the folder is moved, so that no release is ever current without its signature.
    tier = str(facts["tier"] or "as_at")
    sign_manifest(settings, folder, f"release {verdict.release_id} tier {tier} fingerprint {verdict.fingerprint}")
    seal_files(folder, tier, settings.releases / tier if facts["tier"] else settings.as_at)


def _previous_manifest(previous: Path | None) -> dict[str, Any]:
    """Return the manifest beside the database of the previous release; empty if there is none or it is damaged."""
    try:
        return read_manifest(previous.parent) if previous is not None else {}
    except OversightError:
        return {}


def _previous_release(settings: Settings, tier: str, current: str | None) -> str | None:
    """Return the release that was current before `current`; a release whose publication was interrupted never was."""
    if current is None:
        return None
    try:
        before = read_manifest(settings.releases / tier / current).get("previous_release")
    except OversightError:  # a damaged manifest may be the reason for the rollback
        before = next((name for name in reversed(names_in(settings.releases / tier)) if name < current), None)
    return None if before is None else str(before)
