"""Integrity checks on everything published: files, the release chain and the audit log.

Contains the checks and the messages about problems. Not here: repairs (see the runbook), and the required contents of a
release (`manifest`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.audit import announced_manifests, audit_log, audit_problems, line_digests, read_audit
from orchestration.warehouse.store.chain import manifest_digest, manifest_folder
from orchestration.warehouse.store.manifest import manifest_problems, read_manifest
from orchestration.warehouse.store.signing import signature_problem, trusted_keys

_OTHER_MANIFEST = "its manifest is not the one that was published, according to the audit log"


@dataclass(frozen=True)
class Finding:
    """What was checked (`restricted/<release_id>`, `as_at/<release_id>`, `audit log`, `pointer restricted`), its
    extent, and its problems, one message each."""

    what: str
    extent: str
    problems: tuple[str, ...]


def verify_all(settings: Settings) -> Iterator[Finding]:
    """Check every release of every tier, releases as at a past time, each pointer and the audit log, one by one.

    Reads every byte once. Damage is reported, not raised. Raises OversightError only if nothing was ever published,
    because the folder may then be the wrong one.
    """
    if not _folders(settings.releases) and not audit_log(settings).exists():
        raise OversightError(
            f"Nothing is published in {settings.root} yet; check OVERSIGHT_HOME, or run `oversight refresh`."
        )
    lines = line_digests(settings)
    announced = announced_manifests(settings)
    signatures = _SignatureCheck(settings)
    for tier in _folders(settings.releases):
        for folder in _folders(tier):
            yield _release(settings, signatures, folder, tier.name, announced.get((tier.name, folder.name)), lines)
    pruned = {
        (line.get("tier"), line.get("release_id")) for line in read_audit(settings) if line.get("event") == "prune"
    }
    for of_tier, release_id in announced:
        # A release as at a past time, which has no tier, may be deleted: it can be built again.
        if of_tier is None or (folder := settings.releases / of_tier / release_id).is_dir():
            continue
        if (of_tier, release_id) in pruned:
            yield _pruned_release(settings, signatures, of_tier, release_id, announced[of_tier, release_id], lines)
        else:
            problem = f"the audit log shows it as published, but {folder} is missing"
            yield Finding(f"{of_tier}/{release_id}", "no files", (problem,))
    for folder in _folders(settings.as_at):
        yield _release(settings, signatures, folder, None, announced.get((None, folder.name)), lines)
    for link in sorted(settings.current.glob("[!.]*")):
        yield _pointer(settings, link)
    yield Finding("audit log", _counted(len(lines), "line"), tuple(audit_problems(settings)))


def _pointer(settings: Settings, link: Path) -> Finding:
    """Check the pointer of a tier: its target exists, and the audit log contains the move to it."""
    release_id = link.readlink().name if link.is_symlink() else ""
    problems = []
    if not link.is_dir():
        problems.append(f"{link} does not point to a release; run `oversight rollback RELEASE` with a complete one")
    moves = [line.get("release_id") for line in read_audit(settings) if line.get("event") in ("publish", "rollback")]
    if release_id not in moves:
        problems.append("the audit log does not show that it ever became the current release")
    return Finding(f"pointer {link.name}", release_id or "no link", tuple(problems))


class _SignatureCheck:
    """Check that releases are signed with a key of the installation, if it names any.

    Through the chain of manifests, one signature also proves every earlier release, so that releases older than the
    first signature need none of their own.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = trusted_keys(settings)
        self._latest_signed: dict[str, str] = {}
        for folder in [*settings.releases.glob("*/[!.]*"), *settings.pruned.glob("*/[!.]*")] if self._keys else []:
            if self._problem(folder) == "":
                tier = folder.parent.name
                self._latest_signed[tier] = max(folder.name, self._latest_signed.get(tier, ""))

    def problems(self, folder: Path, tier: str | None) -> list[str]:
        """Return the problems of the signature of a release."""
        if not self._keys:
            return []
        problem = self._problem(folder)
        if problem is None:
            if tier and folder.name < self._latest_signed.get(tier, ""):
                return []
            return ["it is not signed" + (", and no later release is signed" if tier else "")]
        return [problem] if problem else []

    def _problem(self, folder: Path) -> str | None:
        """Return the problem of a signature; empty if it is valid, None if there is no signature."""
        try:
            return signature_problem(folder, self._keys) or ""
        except OSError:
            return None


def _release(
    settings: Settings,
    signatures: _SignatureCheck,
    folder: Path,
    tier: str | None,
    announced: str | None,
    lines: list[str],
) -> Finding:
    """Check one release: its files, its manifest, its signature, and its link to the previous release."""
    what = f"{tier or 'as_at'}/{folder.name}"
    try:
        manifest = read_manifest(folder)
        problems = manifest_problems(folder)
        if announced is not None and manifest_digest(folder) != announced:
            problems.append(_OTHER_MANIFEST)
        problems += signatures.problems(folder, tier)
        if tier and manifest.get("chain"):
            problems += _chain_problems(settings, tier, manifest["chain"], lines)
    except (OversightError, OSError) as error:
        return Finding(what, "unknown", (str(error),))
    except (KeyError, TypeError) as error:
        return Finding(what, "unknown", (f"its manifest is not in the expected format ({error!r})",))
    return Finding(what, _counted(len(manifest["files"]), "file"), tuple(problems))


def _pruned_release(
    settings: Settings, signatures: _SignatureCheck, tier: str, release_id: str, announced: str, lines: list[str]
) -> Finding:
    """Check the manifest of a pruned release, which is still a link in the chain."""
    folder = settings.pruned / tier / release_id
    problems: list[str] = []
    try:
        manifest = read_manifest(folder)
        if manifest_digest(folder) != announced:
            problems.append(_OTHER_MANIFEST)
        problems += signatures.problems(folder, tier)
        if manifest.get("chain"):
            problems += _chain_problems(settings, tier, manifest["chain"], lines)
    except (OversightError, OSError, KeyError, TypeError) as error:
        problems.append(f"it was pruned, but its manifest in {folder} is missing or invalid ({error})")
    return Finding(f"{tier}/{release_id}", "pruned, manifest kept", tuple(problems))


def _chain_problems(settings: Settings, tier: str, chain: dict[str, str | None], lines: list[str]) -> Iterator[str]:
    after = chain["after"]
    if after is not None and manifest_digest(manifest_folder(settings, tier, after)) != chain["manifest_sha256"]:
        yield f"the chain is broken before it: the manifest of {after} has changed since this release was sealed"
    if chain["audit_line_sha256"] is not None and chain["audit_line_sha256"] not in lines:
        yield "the audit log no longer contains the line that was its last when this release was sealed"


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
