"""Is everything that was ever published still what it was? Every file, the chain of releases, and the audit log.

Belongs here: looking, and saying in sentences what is wrong. Does not belong here: mending it (see the runbook), or
what a release must hold (`manifest`).
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


@dataclass(frozen=True)
class Finding:
    """What was looked at (`restricted/<release_id>`, `as_at/<release_id>`, `audit log`, `pointer restricted`), how
    much of it there was, and the problems, a sentence each."""

    what: str
    extent: str
    problems: tuple[str, ...]


def verify_all(settings: Settings) -> Iterator[Finding]:
    """Look at every release of every tier, those as at a past time, each pointer and the audit log, one by one.

    Reads every byte once. Damage is reported, never raised; only where nothing was ever published, which may be the
    wrong folder, OversightError is.
    """
    if not _folders(settings.releases) and not audit_log(settings).exists():
        raise OversightError(f"Nothing is published in {settings.root} yet: run `oversight refresh`.")
    lines = line_digests(settings)
    announced = announced_manifests(settings)
    seal = _Seal(settings)
    for tier in _folders(settings.releases):
        for folder in _folders(tier):
            yield _release(settings, seal, folder, tier.name, announced.get((tier.name, folder.name)), lines)
    pruned = {
        (line.get("tier"), line.get("release_id")) for line in read_audit(settings) if line.get("event") == "prune"
    }
    for of_tier, release_id in announced:
        # A release as at a past time, which has no tier, may be deleted: it can be made again.
        if of_tier is None or (gone := settings.releases / of_tier / release_id).is_dir():
            continue
        if (of_tier, release_id) in pruned:
            yield _remains(settings, seal, of_tier, release_id, announced[of_tier, release_id], lines)
        else:
            said = f"it was published, says the audit log, but {gone} is gone"
            yield Finding(f"{of_tier}/{release_id}", "no files", (said,))
    for folder in _folders(settings.as_at):
        yield _release(settings, seal, folder, None, announced.get((None, folder.name)), lines)
    for link in sorted(settings.current.glob("[!.]*")):
        yield _pointer(settings, link)
    yield Finding("audit log", _counted(len(lines), "line"), tuple(audit_problems(settings)))


def _pointer(settings: Settings, link: Path) -> Finding:
    """The pointer of a tier: what it points at is there, and the audit log knows that it was put in force."""
    release_id = link.readlink().name if link.is_symlink() else ""
    problems = []
    if not link.is_dir():
        problems.append(f"{link} points at nothing: `oversight rollback RELEASE` to a whole one")
    moves = [line.get("release_id") for line in read_audit(settings) if line.get("event") in ("publish", "rollback")]
    if release_id not in moves:
        problems.append("the audit log does not say that it was ever put in force")
    return Finding(f"pointer {link.name}", release_id or "no link", tuple(problems))


class _Seal:
    """What is asked of signatures: that a key of the installation made them, where it names any.

    The chain of manifests lets one signature vouch for every release before it, so those sealed before releases were
    signed need none of their own.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = trusted_keys(settings)
        self._vouched: dict[str, str] = {}
        for folder in [*settings.releases.glob("*/[!.]*"), *settings.pruned.glob("*/[!.]*")] if self._keys else []:
            if self._problem(folder) == "":
                tier = folder.parent.name
                self._vouched[tier] = max(folder.name, self._vouched.get(tier, ""))

    def problems(self, folder: Path, tier: str | None) -> list[str]:
        """What is wrong with the signature of a release, a part of a sentence each."""
        if not self._keys:
            return []
        problem = self._problem(folder)
        if problem is None:
            if tier and folder.name < self._vouched.get(tier, ""):
                return []
            return ["it is not signed" + (", and nor is any release after it" if tier else "")]
        return [problem] if problem else []

    def _problem(self, folder: Path) -> str | None:
        """What is wrong with a signature; empty if nothing, None if there is no signature."""
        try:
            return signature_problem(folder, self._keys) or ""
        except OSError:
            return None


def _release(
    settings: Settings, seal: _Seal, folder: Path, tier: str | None, announced: str | None, lines: list[str]
) -> Finding:
    """One release: its files, its manifest as the audit log has it, its signature, its link to the one before."""
    what = f"{tier or 'as_at'}/{folder.name}"
    try:
        manifest = read_manifest(folder)
        problems = manifest_problems(folder)
        if announced is not None and manifest_digest(folder) != announced:
            problems.append("its manifest is not the one that was published, says the audit log")
        problems += seal.problems(folder, tier)
        if tier and manifest.get("chain"):
            problems += _chain_problems(settings, tier, manifest["chain"], lines)
    except (OversightError, OSError) as error:
        return Finding(what, "unknown", (str(error),))
    except (KeyError, TypeError) as error:
        return Finding(what, "unknown", (f"its manifest has not the form of one ({error!r})",))
    return Finding(what, _counted(len(manifest["files"]), "file"), tuple(problems))


def _remains(settings: Settings, seal: _Seal, tier: str, release_id: str, announced: str, lines: list[str]) -> Finding:
    """What is left of a release that was pruned: its manifest, which is a link of the chain."""
    folder = settings.pruned / tier / release_id
    problems: list[str] = []
    try:
        manifest = read_manifest(folder)
        if manifest_digest(folder) != announced:
            problems.append("its manifest is not the one that was published, says the audit log")
        problems += seal.problems(folder, tier)
        if manifest.get("chain"):
            problems += _chain_problems(settings, tier, manifest["chain"], lines)
    except (OversightError, OSError, KeyError, TypeError) as error:
        problems.append(f"it was pruned, and what should be left of it, {folder}, is not a manifest ({error})")
    return Finding(f"{tier}/{release_id}", "pruned, its manifest kept", tuple(problems))


def _chain_problems(settings: Settings, tier: str, chain: dict[str, str | None], lines: list[str]) -> Iterator[str]:
    after = chain["after"]
    if after is not None and manifest_digest(manifest_folder(settings, tier, after)) != chain["manifest_sha256"]:
        yield f"the chain is broken before it: the manifest of {after} is not what it was when this release was sealed"
    if chain["audit_line_sha256"] is not None and chain["audit_line_sha256"] not in lines:
        yield "the audit log no longer holds the line that was its last when this release was sealed"


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
