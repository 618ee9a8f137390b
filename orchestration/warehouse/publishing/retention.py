"""Retention of releases, and pruning without a gap in the record.

Contains the choice of the releases of a tier to prune, and their removal. Not here: pins (`pins`), read locks
(`read_lock`), and the removal of candidates and other files (`cleanup`).

A release is pruned only if it is beyond both the count and the age in the settings and nothing needs it; open releases
are never pruned. Its manifest is kept in `pruned/<tier>/<release_id>/`, because it is a link in the chain of releases
and `oversight verify` compares it with the audit log. Every step can be repeated: keep the manifest, write the audit
line, rename the folder to a hidden name, so that readers no longer find it, and remove the files. The next pruning
removes what an interrupted one has left.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.foundation import clock
from orchestration.foundation.atomic_files import write_whole
from orchestration.foundation.errors import OversightError
from orchestration.foundation.locks import publication_lock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.audit import announced_manifests, record
from orchestration.warehouse.store.candidate import read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release, names_in
from orchestration.warehouse.store.chain import manifest_digest
from orchestration.warehouse.store.hold import standing_hold
from orchestration.warehouse.store.manifest import MANIFEST, SIGNATURE, read_manifest
from orchestration.warehouse.store.pins import pins
from orchestration.warehouse.store.read_lock import claimed
from orchestration.warehouse.store.sealing import move_folder

_GOING = ".going"


@dataclass(frozen=True)
class Decision:
    """One release: its size, whether it is beyond both count and age, and why it is kept (None: it is pruned)."""

    release_id: str
    size_bytes: int
    is_beyond: bool
    kept_because: str | None


def prune(
    settings: Settings, tier: str = TIER, now: datetime | None = None, *, dry_run: bool = False
) -> list[Decision]:
    """Prune the releases of the tier that are not kept; return the decision on each release, oldest first.

    With `dry_run` nothing is removed. `now` has a time zone. Raises `OversightError` if a folder cannot be removed,
    `RefreshLockedError` while a publication runs.
    """
    with publication_lock(settings, f"the {tier} tier"):
        if not dry_run:
            _finish(settings, tier)
        decisions = []
        for decision in _decisions(settings, tier, now or clock.now()):
            if decision.kept_because is None:
                folder = settings.releases / tier / decision.release_id
                with claimed(folder) as obstacle:
                    if obstacle is None and not dry_run:
                        _remove(settings, tier, folder)
                decision = replace(decision, kept_because=obstacle)
            decisions.append(decision)
    return decisions


def prune_all(settings: Settings) -> list[str]:
    """Prune every tier; return the releases that were pruned, as `tier/release_id`."""
    return [
        f"{tier}/{decision.release_id}"
        for tier in names_in(settings.releases)
        for decision in prune(settings, tier)
        if decision.kept_because is None
    ]


def _decisions(settings: Settings, tier: str, now: datetime) -> Iterator[Decision]:
    names = names_in(settings.releases / tier)
    newest = set(names[-settings.keep_releases :])
    oldest_day = now - timedelta(days=settings.keep_days)
    needed = _needed(settings, tier, names)
    announced = announced_manifests(settings)
    for name in names:
        folder = settings.releases / tier / name
        try:
            manifest = read_manifest(folder)
            size = sum(int(file["bytes"]) for file in manifest["files"].values())
            is_old = _sealed_at(manifest) < oldest_day
        except (OversightError, KeyError, TypeError, ValueError):
            yield Decision(name, 0, False, "it is damaged; see oversight verify")
            continue
        is_beyond = name not in newest and is_old
        if name in needed:
            reason = needed[name]
        elif not is_beyond:
            reason = "it is one of the newest" if name in newest else "it is not old enough"
        elif announced.get((tier, name), manifest_digest(folder)) != manifest_digest(folder):
            # Keep an altered release: it is evidence.
            reason = "its manifest is not the one that was published; see oversight verify"
        else:
            reason = None
        yield Decision(name, size, is_beyond, reason)


def _needed(settings: Settings, tier: str, names: list[str]) -> dict[str, str]:
    """Return the releases that are kept whatever their age, with the reason; all of them if none is current."""
    current = current_release(settings, tier)
    if tier == OPEN:
        # Never prune open releases: they stay public, and each draft is audited against all of them.
        return dict.fromkeys(names, "it is public, and drafts are audited against it")
    if current not in names:
        return dict.fromkeys(names, "this tier has no current release, so any release may be needed")
    needed = {name: "it is later than the current release" for name in names if name > str(current)}
    try:
        before = read_manifest(settings.releases / tier / str(current)).get("previous_release")
    except OversightError:
        before = next((name for name in reversed(names) if name < str(current)), None)
    needed[str(before)] = "it is the release before the current one"
    if hold := standing_hold(settings, tier):
        needed |= dict.fromkeys((hold.release_id, str(hold.before)), "the publication hold refers to it")
    for draft in settings.candidates_of(OPEN).glob("[!.]*"):
        needed[str(read_provenance(draft).get("made_of"))] = f"the draft {draft.name} was built from it"
    needed |= {name: pin.in_words for name, pin in pins(settings, tier).items()}
    return needed | {str(current): "it is the current release"}


def _sealed_at(manifest: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(manifest["sealed_at"])).astimezone(UTC)


def _remove(settings: Settings, tier: str, folder: Path) -> None:
    """Remove one release and keep its manifest."""
    kept_manifest = settings.pruned / tier / folder.name / MANIFEST
    hidden = folder.with_name(f".{folder.name}{_GOING}")
    try:
        if not kept_manifest.is_file():
            for name in (SIGNATURE, MANIFEST):
                if (folder / name).is_file():
                    content = (folder / name).read_bytes().decode()
                    write_whole(kept_manifest.parent, kept_manifest.with_name(name), content)
        record(settings, "prune", tier=tier, release_id=folder.name, manifest_sha256=manifest_digest(folder))
        move_folder(folder, hidden)
        remove_sealed(hidden)
    except OSError as error:
        raise OversightError(
            f"Release {tier}/{folder.name} cannot be pruned ({error.strerror or error}: {error.filename or hidden}); "
            "fix the cause, then run `oversight prune` to remove the rest of it."
        ) from error


def _finish(settings: Settings, tier: str) -> None:
    """Remove the folders that an interrupted pruning has renamed."""
    for hidden in (settings.releases / tier).glob(f".*{_GOING}"):
        remove_sealed(hidden)


def remove_sealed(folder: Path) -> None:
    """Remove a folder that may contain read-only folders."""
    for inner, _, _ in os.walk(folder):
        Path(inner).chmod(0o700)
    shutil.rmtree(folder)
