"""The version of the data, from release to release: major, minor, patch.

Contains the rules that increase each part. Not here: finding the changes (`change_list`).
"""

from pathlib import Path

from orchestration.foundation.errors import OversightError
from orchestration.warehouse.changes.change_list import Changes
from orchestration.warehouse.store.manifest import read_manifest

FIRST = "1.0.0"


def last_version(releases: Path) -> str | None:
    """Return the highest version of any release in the folder, current or not, so that no version is used twice."""
    versions = []
    for folder in releases.glob("[!.]*"):
        try:
            version = read_manifest(folder).get("data_version")
        except OversightError:  # A damaged manifest has no version.
            continue
        if version:
            versions.append(tuple(int(part) for part in str(version).split(".")))
    return ".".join(map(str, max(versions))) if versions else None


def next_version(previous: str | None, changes: Changes) -> str:
    """Return the version after `previous`: a new major version if something was withdrawn or redefined, so that users
    must check what depends on it; a new minor version if figures were added or revised; a new patch version if the same
    figures are only calculated, described or joined differently. Without an earlier version, return the first.
    """
    if previous is None:
        return FIRST
    major, minor, patch = (int(part) for part in previous.split("."))
    if changes.by_kind.get("withdrawn") or changes.redefined or changes.dropped:
        return f"{major + 1}.0.0"
    if changes.by_kind:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
