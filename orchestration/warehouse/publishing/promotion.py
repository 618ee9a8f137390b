"""Releases: how a candidate becomes what everybody reads, and how that is undone.

Belongs here: `publish`, `keep_as_at` and `rollback`. `publish` is the only road to publication, whoever starts it,
and it asks for a passing verdict on exactly this candidate and for what the tier demands (`approval`). Does not belong
here: judging (`expectations`), finding a release (`releases`), and what is inside the files of a release (`candidate`,
`changes`, `manifest`).

Every step before the pointer moves may be repeated: a publication that was killed is completed by publishing
the same id again, and blocks no other. The audit line is written just before the pointer, so that no move
goes unrecorded; a line without its move means a publication that was killed there.
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
    """A release in force: its folder, what was in force before, and whether the pointer moved just now.

    `changes` counts rows of changes.parquet by kind; empty after a rollback. With `held`, a hold kept the
    candidate where it is, and the other facts are those of the release that stays in force.
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
    """Publish the candidate `release_id`, or complete or repeat the publication of a release of that id.

    Recomputes the fingerprint and demands a passing verdict for exactly it; `provenance` is added to what
    `make_candidate` was told. What each tier asks besides, `approval.demands` says. While a hold stands the candidate
    is judged as ever and stays a candidate; with `lifts_hold`, which is a person's to say, it is published and the hold
    is over. Raises `GateRefusedError` without such a verdict or permission, or if a later release is in force;
    `OversightError` if there is no such candidate or release; `RefreshLockedError` while another publication runs. In
    each case the release in force stays.
    """
    final = settings.releases / tier / safe_id(release_id)
    with publication_lock(settings, release_id):
        current = current_release(settings, tier)
        hold = standing_hold(settings, tier)
        try:
            if current is not None and current > release_id:
                raise GateRefusedError(
                    f"{release_id} is older than {current}, which is in force: go back with "
                    f"`oversight rollback {release_id}` if it was published, or refresh."
                )
            folder = final if final.is_dir() else _candidate(settings, release_id, tier)
            require_permission(settings, tier, folder)
            if hold is not None and current is not None and not lifts_hold:
                return _kept_back(settings, release_id, tier, current, hold)
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
            # After the pointer: killed in between, the hold still stands and the same command lifts it.
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


def _kept_back(settings: Settings, release_id: str, tier: str, current: str, hold: Hold) -> Published:
    """Judge as publication would, and leave everything where it is, because of `hold`."""
    in_force = settings.releases / tier / current
    published = settings.releases / tier / release_id
    passing_verdict(settings, published if published.is_dir() else _candidate(settings, release_id, tier), release_id)
    record(settings, "hold_back", tier=tier, release_id=release_id, current=current, since=hold.at, reason=hold.reason)
    return Published(current, in_force, read_manifest(in_force)["fingerprint"], current, moved=False, held=hold)


def keep_as_at(
    settings: Settings, release_id: str, as_at: datetime, provenance: Mapping[str, object] | None = None
) -> Path:
    """Keep the candidate `release_id`, built from what was known at `as_at`; return its folder in `as_at/`.

    It is gated, sealed and listed as a release is, but no pointer moves. Raises as `publish` does.
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
    """Put the release `release_id`, or else the one that was in force before the present one, back in force.

    A hold keeps it there until somebody publishes by name. Its folder must be exactly what its manifest says. Raises
    `OversightError` if there is no such release, or it is damaged, or is in force already; `RefreshLockedError` while
    a publication runs.
    """
    with publication_lock(settings, release_id or "the release before"):
        current = current_release(settings, tier)
        if release_id is None:
            release_id = _in_force_before(settings, tier, current)
        if release_id is None:
            raise OversightError("There is no release before the one in force: nothing to go back to.")
        folder = settings.releases / tier / safe_id(release_id)
        if not folder.is_dir():
            raise OversightError(f"There is no release {release_id}: choose one of `oversight releases`.")
        if release_id == current:
            raise OversightError(f"The release {release_id} is in force already: nothing to roll back.")
        manifest = verify_manifest(folder)
        require_earlier_publication(settings, tier, folder)
        # First the hold: killed after it, nothing is published that somebody was about to take back.
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
    """Bring the candidate to `final`, complete and sealed, or prove what is there; return its verdict."""
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
        make = "oversight refresh" if tier == TIER else "oversight draft"
        raise OversightError(f"There is no candidate or release {release_id} of tier {tier}: run `{make}`.")
    return folder


def _complete(
    settings: Settings,
    folder: Path,
    verdict: Verdict,
    facts: Mapping[str, object],
    provenance: Mapping[str, object] | None,
) -> None:
    """Add to a candidate's folder what a release has besides; may be repeated after a kill at any point."""
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
    made_by = read_provenance(folder) | dict(provenance or {})
    said_before = _said_before(previous)
    changes = write_changes(
        settings, folder / DATABASE, previous, folder / CHANGES, differing(said_before.get("provenance", {}), made_by)
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
            "provenance": made_by,
        },
    )
    # Before the folder is moved into place: no release is ever in force without its signature.
    tier = str(facts["tier"] or "as_at")
    sign_manifest(settings, folder, f"release {verdict.release_id} tier {tier} fingerprint {verdict.fingerprint}")
    seal_files(folder, tier, settings.releases / tier if facts["tier"] else settings.as_at)


def _said_before(previous: Path | None) -> dict[str, Any]:
    """The manifest beside the database of the release before; empty where there is none or it is torn."""
    try:
        return read_manifest(previous.parent) if previous is not None else {}
    except OversightError:
        return {}


def _in_force_before(settings: Settings, tier: str, current: str | None) -> str | None:
    """The release that the one in force took over from, which a publication that was killed never was."""
    if current is None:
        return None
    try:
        before = read_manifest(settings.releases / tier / current).get("previous_release")
    except OversightError:  # a torn manifest may be the very reason to go back
        before = next((name for name in reversed(names_in(settings.releases / tier)) if name < current), None)
    return None if before is None else str(before)
