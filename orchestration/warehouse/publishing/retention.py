"""How long releases are kept, and how one is taken away without a gap in the record.

Belongs here: deciding which releases of a tier may go, and removing them. Does not belong here: pins (`pins`), who
reads a release (`in_use`), candidates and whatever else a night leaves (`leftovers`).

A release goes only if it is beyond both the count and the age of the settings and nothing needs it; one that is public
never does. Its manifest stays
in `pruned/<tier>/<release_id>/`: the chain of releases runs through it, and `oversight verify` compares it with the
audit log. Every step may be repeated: first the manifest, then the audit line, then one rename to a hidden name, by
which the release is gone for readers, then the files. What a kill leaves behind the next pruning removes.
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
    """One release: its bytes, whether it is beyond both count and age, and why it is kept (None: it goes)."""

    release_id: str
    size_bytes: int
    is_beyond: bool
    kept_because: str | None


def prune(
    settings: Settings, tier: str = TIER, now: datetime | None = None, *, dry_run: bool = False
) -> list[Decision]:
    """Remove every release of the tier that may go; returns what was decided on each, oldest first.

    With `dry_run` nothing is removed. `now` is aware. Raises `OversightError` if a folder cannot be removed,
    `RefreshLockedError` while a publication runs.
    """
    with publication_lock(settings, f"no release of the tier {tier}"):
        if not dry_run:
            _finish(settings, tier)
        decided = []
        for decision in _decisions(settings, tier, now or clock.now()):
            if decision.kept_because is None:
                folder = settings.releases / tier / decision.release_id
                with claimed(folder) as held_up:
                    if held_up is None and not dry_run:
                        _take_away(settings, tier, folder)
                decision = replace(decision, kept_because=held_up)
            decided.append(decision)
    return decided


def prune_all(settings: Settings) -> list[str]:
    """`prune` for every tier; returns what went, as `tier/release_id`."""
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
            yield Decision(name, 0, False, "it is damaged; oversight verify says how")
            continue
        is_beyond = name not in newest and is_old
        if name in needed:
            reason = needed[name]
        elif not is_beyond:
            reason = "it is among the newest" if name in newest else "it is not old enough"
        elif announced.get((tier, name), manifest_digest(folder)) != manifest_digest(folder):
            # What somebody altered is evidence.
            reason = "its manifest is not the one that was published; oversight verify says more"
        else:
            reason = None
        yield Decision(name, size, is_beyond, reason)


def _needed(settings: Settings, tier: str, names: list[str]) -> dict[str, str]:
    """Releases that are kept whatever their age, with the reason; all of them if none is in force."""
    current = current_release(settings, tier)
    if tier == OPEN:
        # Nobody can take back what the public has seen, and each draft is attacked with all of it.
        return dict.fromkeys(names, "the public has seen it, and drafts are attacked with what it shows")
    if current not in names:
        return dict.fromkeys(names, "no release of this tier is in force, so any may be needed")
    needed = {name: "it is later than the one in force" for name in names if name > str(current)}
    try:
        before = read_manifest(settings.releases / tier / str(current)).get("previous_release")
    except OversightError:
        before = next((name for name in reversed(names) if name < str(current)), None)
    needed[str(before)] = "a rollback would go back to it"
    if hold := standing_hold(settings, tier):
        needed |= dict.fromkeys((hold.release_id, str(hold.before)), "a hold is about it")
    for draft in settings.candidates_of(OPEN).glob("[!.]*"):
        needed[str(read_provenance(draft).get("made_of"))] = f"the draft {draft.name} was made of it"
    needed |= {name: pin.in_words for name, pin in pins(settings, tier).items()}
    return needed | {str(current): "it is in force"}


def _sealed_at(manifest: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(manifest["sealed_at"])).astimezone(UTC)


def _take_away(settings: Settings, tier: str, folder: Path) -> None:
    """Remove one release for good; its manifest stays."""
    remains = settings.pruned / tier / folder.name / MANIFEST
    hidden = folder.with_name(f".{folder.name}{_GOING}")
    try:
        if not remains.is_file():
            for name in (SIGNATURE, MANIFEST):
                if (folder / name).is_file():
                    write_whole(remains.parent, remains.with_name(name), (folder / name).read_bytes().decode())
        record(settings, "prune", tier=tier, release_id=folder.name, manifest_sha256=manifest_digest(folder))
        move_folder(folder, hidden)
        remove_sealed(hidden)
    except OSError as error:
        raise OversightError(
            f"The release {tier}/{folder.name} cannot be pruned ({error.strerror or error}: "
            f"{error.filename or hidden}): mend that, then run `oversight prune`, which removes what is left of it."
        ) from error


def _finish(settings: Settings, tier: str) -> None:
    """Remove what a pruning that was killed had hidden."""
    for hidden in (settings.releases / tier).glob(f".*{_GOING}"):
        remove_sealed(hidden)


def remove_sealed(folder: Path) -> None:
    """Remove a folder whose folders may be read-only."""
    for inner, _, _ in os.walk(folder):
        Path(inner).chmod(0o700)
    shutil.rmtree(folder)
