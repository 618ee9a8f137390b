"""Releases and the current one of each tier, for reading only.

Contains tiers, release ids, and finding a release's folder. Not here: publishing or rolling back (`publishing`), and
the files of a release.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.manifest import read_manifest

TIER = "restricted"
"""The tier of analysts and departments, the default of every command."""

OPEN = "open"
"""The tier of the public."""

_STAMP = "%Y%m%dT%H%M%SZ"
_SAFE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


@dataclass(frozen=True)
class ReleaseInfo:
    """One line of `oversight releases`: `complete` is false if the manifest is missing or damaged."""

    release_id: str
    folder: Path
    is_current: bool
    complete: bool
    fingerprint: str | None
    tables: dict[str, int]
    data_version: str | None = None


def new_release_id(settings: Settings, now: datetime, fingerprint_value: str) -> str:
    """Return an id such as `20261123T020000Z-0a1b2c3d`, later than every release, candidate and as-at release.

    `now` has a time zone. If the clock has moved back, the id has the second after the latest.
    """
    stamps = [stamp for name in _known_ids(settings) if (stamp := _stamp_of(name))]
    moment = now.astimezone(UTC).replace(microsecond=0)
    if stamps and moment <= max(stamps):
        moment = max(stamps) + timedelta(seconds=1)
    return f"{moment:{_STAMP}}-{fingerprint_value[:8]}"


def current_release(settings: Settings, tier: str = TIER) -> str | None:
    """Return the id of the current release; None before the first."""
    link = settings.current / tier
    return Path(link.readlink()).name if link.is_symlink() else None


def releases(settings: Settings, tier: str = TIER) -> list[ReleaseInfo]:
    """Return every release of the tier, oldest first, with the current one marked."""
    current = current_release(settings, tier)
    found = []
    for name in names_in(settings.releases / tier):
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
    """Return the folder of a release or as-at release, or of the current release, but never the pointer.

    Resolve it once per session: the folder never changes, the pointer may. Raises `OversightError` if nothing is
    published yet or the release does not exist.
    """
    if release_id is None:
        current = current_release(settings, tier)
        if current is None:
            raise OversightError("Nothing is published yet; run `oversight refresh`.")
        release_id = current
    for folder in (settings.releases / tier / safe_id(release_id), settings.as_at / release_id):
        if (folder / DATABASE).is_file():
            return folder
    raise OversightError(f"Release {release_id} does not exist; choose one that `oversight releases` lists.")


def safe_id(release_id: str) -> str:
    """Return `release_id` if it is a valid release id. Raises UsageError if not."""
    if not _SAFE_ID.fullmatch(release_id):
        raise UsageError(f"{release_id!r} is not a release id; choose one that `oversight releases` lists.")
    return release_id


def names_in(folder: Path) -> list[str]:
    """Return the names of the visible folders in `folder`, sorted; none if it does not exist."""
    return sorted(path.name for path in folder.glob("[!.]*") if path.is_dir())


def _known_ids(settings: Settings) -> list[str]:
    folders = [settings.candidates, settings.candidates_of(OPEN), settings.as_at]
    folders += [settings.releases / tier for tier in names_in(settings.releases)]
    return [path.name.removeprefix(".") for folder in folders for path in folder.glob("*") if path.is_dir()]


def _stamp_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
