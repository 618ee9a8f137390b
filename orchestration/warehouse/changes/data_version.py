"""The number that data have from release to release: major, minor, patch.

Belongs here: what makes which part of the number go up. Does not belong here: finding what changed (`changes`).
"""

from pathlib import Path

from orchestration.foundation.errors import OversightError
from orchestration.warehouse.changes.change_list import Changes
from orchestration.warehouse.store.manifest import read_manifest

FIRST = "1.0.0"


def last_version(releases: Path) -> str | None:
    """The highest version of any release in a folder of them, in force or not: after a rollback none is given twice."""
    versions = []
    for folder in releases.glob("[!.]*"):
        try:
            version = read_manifest(folder).get("data_version")
        except OversightError:  # a torn manifest tells nothing
            continue
        if version:
            versions.append(tuple(int(part) for part in str(version).split(".")))
    return ".".join(map(str, max(versions))) if versions else None


def next_version(previous: str | None, changes: Changes) -> str:
    """The version after `previous`: a new major where something was withdrawn or redefined, so that what rests on it
    has to be looked at; a new minor where figures were added or revised; a new patch where the same figures are only
    computed, described or joined better. Without a release before that has a number, the first.
    """
    if previous is None:
        return FIRST
    major, minor, patch = (int(part) for part in previous.split("."))
    if changes.by_kind.get("withdrawn") or changes.redefined or changes.dropped:
        return f"{major + 1}.0.0"
    if changes.by_kind:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
