"""The chain of releases: each names the manifest of the one published before it, and the audit log of its time.

Belongs here: making the link that a manifest carries. Does not belong here: proving the chain (`verifying`).

A manifest holds the sha256 of every file of its release, so whoever holds the newest manifest holds them all: a file
altered in any earlier release, with its manifest altered to fit, breaks the chain there.
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

    Each is None where there was none: before the first release, or where the earlier manifest is missing.
    """

    after: str | None
    manifest_sha256: str | None
    audit_line_sha256: str | None

    def as_dict(self) -> dict[str, str | None]:
        """As it stands in the manifest under `chain`."""
        return asdict(self)


def next_link(settings: Settings, tier: str, release_id: str) -> Link:
    """The link that the release `release_id` carries, were it sealed now."""
    published = [line["release_id"] for line in read_audit(settings) if _is_publication(line, tier)]
    after = next((name for name in reversed(published) if name != release_id), None)
    # As it was announced: a manifest that is torn now is restored one day, and the chain must hold then.
    announced = announced_manifests(settings).get((tier, str(after)))
    digest = announced or (manifest_digest(manifest_folder(settings, tier, after)) if after else None)
    return Link(after, digest, last_line(settings))


def manifest_folder(settings: Settings, tier: str, release_id: str) -> Path:
    """Where the manifest of a release lies: in the release, or, once that was pruned, among what remains of those."""
    folder = settings.releases / tier / release_id
    return folder if folder.is_dir() else settings.pruned / tier / release_id


def manifest_digest(folder: Path) -> str | None:
    """The sha256 of the manifest in a release's folder; None if there is none."""
    path = folder / MANIFEST
    return sha256_of(path) if path.is_file() else None


def _is_publication(line: dict[str, object], tier: str) -> bool:
    return line.get("event") == "publish" and line.get("tier") == tier and bool(line.get("release_id"))
