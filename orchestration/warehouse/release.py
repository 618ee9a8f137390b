"""Releases: how a candidate becomes what everybody reads, and how that is undone.

Belongs here: release ids, `publish`, `keep_as_at`, `rollback`, and finding a release. `publish` is the only
road to publication, whoever starts it, and it asks for a passing verdict on exactly this candidate. Does not
belong here: judging (`expectations`), and what is inside the files of a release (`candidate`, `changes`,
`manifest`).

Every step before the pointer moves may be repeated: a publication that was killed is completed by publishing
the same id again, and blocks no other. The audit line is written just before the pointer, so that no move
goes unrecorded; a line without its move means a publication that was killed there.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from orchestration.errors import GateRefusedError, OversightError, RefreshLockedError, UsageError
from orchestration.settings import Settings
from orchestration.warehouse.audit import record
from orchestration.warehouse.candidate import DATABASE, read_provenance
from orchestration.warehouse.causes import differing
from orchestration.warehouse.chain import manifest_digest, next_link
from orchestration.warehouse.changes import write_changes
from orchestration.warehouse.data_version import last_version, next_version
from orchestration.warehouse.fingerprint import fingerprint
from orchestration.warehouse.hold import Hold, lift_hold, place_hold, standing_hold
from orchestration.warehouse.manifest import MANIFEST, read_manifest, verify_manifest, write_manifest
from orchestration.warehouse.parquet import write_parquet
from orchestration.warehouse.release_notes import NOTES, write_notes
from orchestration.warehouse.sealing import move_folder, point, seal_files, seal_folders
from orchestration.warehouse.verdict import Verdict, read_verdict

TIER = "restricted"
CHANGES = "changes.parquet"
PARQUET = "parquet"

_PATIENCE_SECONDS = 30.0
_STAMP = "%Y%m%dT%H%M%SZ"
_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


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


@dataclass(frozen=True)
class ReleaseInfo:
    """One line of `oversight releases`: `complete` is false where the manifest is missing or torn."""

    release_id: str
    folder: Path
    is_current: bool
    complete: bool
    fingerprint: str | None
    tables: dict[str, int]
    data_version: str | None = None


def new_release_id(settings: Settings, now: datetime, fingerprint_value: str) -> str:
    """An id such as `20261123T020000Z-0a1b2c3d`, later than every release, candidate and as-at release.

    `now` is aware. Should the clock have gone back, the id takes the second after the latest.
    """
    stamps = [stamp for name in _known_ids(settings) if (stamp := _stamp_of(name))]
    moment = now.astimezone(UTC).replace(microsecond=0)
    if stamps and moment <= max(stamps):
        moment = max(stamps) + timedelta(seconds=1)
    return f"{moment:{_STAMP}}-{fingerprint_value[:8]}"


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
    `make_candidate` was told. While a hold stands the candidate is judged as ever and stays a candidate; with
    `lifts_hold`, which is a person's to say, it is published and the hold is over. Raises `GateRefusedError` without
    such a verdict, or if a later release is in force; `OversightError` if there is no such candidate or release;
    `RefreshLockedError` while another publication runs. In each case the release in force stays.
    """
    final = settings.releases / tier / _safe(release_id)
    with _publication(settings, release_id):
        current = current_release(settings, tier)
        hold = standing_hold(settings, tier)
        try:
            if current is not None and current > release_id:
                raise GateRefusedError(
                    f"{release_id} is older than {current}, which is in force: go back with "
                    f"`oversight rollback {release_id}` if it was published, or refresh."
                )
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
    _passing_verdict(settings, published if published.is_dir() else _candidate(settings, release_id), release_id)
    record(settings, "hold_back", tier=tier, release_id=release_id, current=current, since=hold.at, reason=hold.reason)
    return Published(current, in_force, read_manifest(in_force)["fingerprint"], current, moved=False, held=hold)


def keep_as_at(
    settings: Settings, release_id: str, as_at: datetime, provenance: Mapping[str, object] | None = None
) -> Path:
    """Keep the candidate `release_id`, built from what was known at `as_at`; return its folder in `as_at/`.

    It is gated, sealed and listed as a release is, but no pointer moves. Raises as `publish` does.
    """
    final = settings.as_at / _safe(release_id)
    with _publication(settings, release_id):
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
    with _publication(settings, release_id or "the release before"):
        current = current_release(settings, tier)
        if release_id is None:
            release_id = _in_force_before(settings, tier, current)
        if release_id is None:
            raise OversightError("There is no release before the one in force: nothing to go back to.")
        folder = settings.releases / tier / _safe(release_id)
        if not folder.is_dir():
            raise OversightError(f"There is no release {release_id}: choose one of `oversight releases`.")
        if release_id == current:
            raise OversightError(f"The release {release_id} is in force already: nothing to roll back.")
        manifest = verify_manifest(folder)
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


def current_release(settings: Settings, tier: str = TIER) -> str | None:
    """The id of the release in force; None before the first."""
    link = settings.current / tier
    return Path(link.readlink()).name if link.is_symlink() else None


def releases(settings: Settings, tier: str = TIER) -> list[ReleaseInfo]:
    """Every release of the tier, oldest first, the one in force marked."""
    current = current_release(settings, tier)
    found = []
    for name in _names_in(settings.releases / tier):
        folder = settings.releases / tier / name
        try:
            manifest = read_manifest(folder)
        except OversightError:
            found.append(ReleaseInfo(name, folder, name == current, False, None, {}))
        else:
            found.append(
                ReleaseInfo(
                    name,
                    folder,
                    name == current,
                    True,
                    manifest["fingerprint"],
                    manifest["tables"],
                    manifest.get("data_version"),
                )
            )
    return found


def resolve_release(settings: Settings, release_id: str | None = None, tier: str = TIER) -> Path:
    """The folder of a release or as-at release, or of the release in force: never the pointer itself.

    Resolve once per session: the folder behind it never changes, the pointer may. Raises `OversightError` if
    nothing is published yet or there is no such release.
    """
    if release_id is None:
        current = current_release(settings, tier)
        if current is None:
            raise OversightError("Nothing is published yet: run `oversight refresh`.")
        release_id = current
    for folder in (settings.releases / tier / _safe(release_id), settings.as_at / release_id):
        if (folder / DATABASE).is_file():
            return folder
    raise OversightError(f"There is no release {release_id}: choose one of `oversight releases`.")


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
        verdict = _passing_verdict(settings, final, release_id)
    else:
        candidate = _candidate(settings, release_id)
        verdict = _passing_verdict(settings, candidate, release_id)
        _complete(settings, candidate, verdict, facts, provenance)
        move_folder(candidate, final)
    seal_folders(final)
    return verdict


def _candidate(settings: Settings, release_id: str) -> Path:
    folder = settings.candidates / release_id
    if not (folder / DATABASE).is_file():
        raise OversightError(f"There is no candidate or release {release_id}: run `oversight refresh`.")
    return folder


def _passing_verdict(settings: Settings, folder: Path, release_id: str) -> Verdict:
    verdict = read_verdict(folder)
    if verdict.release_id != release_id:
        raise GateRefusedError(
            f"The verdict beside {release_id} is about {verdict.release_id}: run the gate on {release_id} itself."
        )
    if not verdict.passed:
        rules = ", ".join(rule.rule for rule in verdict.failed if rule.severity == "critical") or "nothing was checked"
        raise GateRefusedError(f"The gate refused {release_id} ({rules}): see {folder / 'verdict.json'}, then refresh.")
    if fingerprint(folder / DATABASE, settings).value != verdict.fingerprint:
        raise GateRefusedError(f"{release_id} is not what the gate saw (other fingerprint): run the gate again.")
    return verdict


def _complete(
    settings: Settings,
    folder: Path,
    verdict: Verdict,
    facts: Mapping[str, object],
    provenance: Mapping[str, object] | None,
) -> None:
    """Add to a candidate's folder what a release has besides; may be repeated after a kill at any point."""
    (folder / MANIFEST).unlink(missing_ok=True)
    (folder / CHANGES).unlink(missing_ok=True)
    (folder / NOTES).unlink(missing_ok=True)
    if (folder / PARQUET).exists():
        shutil.rmtree(folder / PARQUET)
    write_parquet(settings, folder / DATABASE, folder / PARQUET)
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
            "sealed_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "data_version": version if facts["tier"] else None,
            "changes": changes.by_kind,
            "change_causes": changes.by_cause,
            "provenance": made_by,
        },
    )
    seal_files(folder)


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
        before = next((name for name in reversed(_names_in(settings.releases / tier)) if name < current), None)
    return None if before is None else str(before)


@contextmanager
def _publication(settings: Settings, release_id: str) -> Iterator[None]:
    """Only one publication or rollback at a time."""
    settings.releases.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.releases / ".publish.lock", timeout=_PATIENCE_SECONDS):
            yield
    except Timeout as error:
        raise RefreshLockedError(
            f"Another publication is under way: {release_id} was not touched, try again when it has ended."
        ) from error


def _safe(release_id: str) -> str:
    if not _SAFE_ID.fullmatch(release_id):
        raise UsageError(f"{release_id!r} is no release id: choose one of `oversight releases`.")
    return release_id


def _names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _known_ids(settings: Settings) -> list[str]:
    folders = [settings.candidates, settings.as_at]
    folders += [settings.releases / tier for tier in _names_in(settings.releases)]
    return [name.removeprefix(".") for folder in folders for name in _names_in(folder)]


def _stamp_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
