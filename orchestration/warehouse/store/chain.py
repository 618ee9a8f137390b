"""The chain of releases: each has the digests of the manifest before it and of the audit log of its time.

Contains the link in a manifest. Not here: proving the chain (`publishing.verification`).

A manifest has the sha256 of every file of its release, so the newest manifest protects all releases: a file altered in
an earlier release, with its manifest altered to match, breaks the chain there.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.audit import announced_manifests, last_line, read_audit
from orchestration.warehouse.store.manifest import MANIFEST
from orchestration.warehouse.store.sealing import sha256_of


@dataclass(frozen=True)
class Link:
    """The release published before in the same tier, the sha256 of its manifest, and that of the last audit line.

    Each is None before the first release, or if the earlier manifest is missing.
    """

    after: str | None
    manifest_sha256: str | None
    audit_line_sha256: str | None

    def as_dict(self) -> dict[str, str | None]:
        """Return the link as the manifest has it under `chain`."""
        return asdict(self)


def next_link(settings: Settings, tier: str, release_id: str) -> Link:
    """Return the link of the release `release_id` if it were sealed now."""
    published = [line["release_id"] for line in read_audit(settings) if _is_publication(line, tier)]
    after = next((name for name in reversed(published) if name != release_id), None)
    # As recorded: a manifest that is damaged now may be restored, and the chain must then be valid.
    announced = announced_manifests(settings).get((tier, str(after)))
    digest = announced or (manifest_digest(manifest_folder(settings, tier, after)) if after else None)
    return Link(after, digest, last_line(settings))


def manifest_folder(settings: Settings, tier: str, release_id: str) -> Path:
    """Return the path of a release's manifest: in the release, or in the folder of pruned releases."""
    folder = settings.releases / tier / release_id
    return folder if folder.is_dir() else settings.pruned / tier / release_id


def manifest_digest(folder: Path) -> str | None:
    """Return the sha256 of the manifest in a release's folder; None if it has none."""
    path = folder / MANIFEST
    return sha256_of(path) if path.is_file() else None


def _is_publication(line: dict[str, object], tier: str) -> bool:
    return line.get("event") == "publish" and line.get("tier") == tier and bool(line.get("release_id"))
