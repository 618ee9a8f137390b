"""Is everything that was ever published still what it was? Every file, the chain of releases, and the audit log.

Belongs here: looking, and saying in sentences what is wrong. Does not belong here: mending it (see the runbook), or
what a release must hold (`manifest`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestration.errors import OversightError
from orchestration.settings import Settings
from orchestration.warehouse.audit import audit_log, audit_problems, line_digests, read_audit
from orchestration.warehouse.chain import manifest_digest
from orchestration.warehouse.manifest import manifest_problems, read_manifest


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
    announced = _announced(settings)
    for tier in _folders(settings.releases):
        for folder in _folders(tier):
            yield _release(settings, folder, tier.name, announced.get((tier.name, folder.name)), lines)
    for of_tier, release_id in announced:
        # A release as at a past time, which has no tier, may be deleted: it can be made again.
        if of_tier is not None and not (gone := settings.releases / of_tier / release_id).is_dir():
            said = f"it was published, says the audit log, but {gone} is gone"
            yield Finding(f"{of_tier}/{release_id}", "no files", (said,))
    for folder in _folders(settings.as_at):
        yield _release(settings, folder, None, announced.get((None, folder.name)), lines)
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


def _release(settings: Settings, folder: Path, tier: str | None, announced: str | None, lines: list[str]) -> Finding:
    """One release: its files, its manifest as the audit log has it, and its link to the one before."""
    what = f"{tier or 'as_at'}/{folder.name}"
    try:
        manifest = read_manifest(folder)
        problems = manifest_problems(folder)
        if announced is not None and manifest_digest(folder) != announced:
            problems.append("its manifest is not the one that was published, says the audit log")
        if tier and manifest.get("chain"):
            problems += _chain_problems(settings, tier, manifest["chain"], lines)
    except (OversightError, OSError) as error:
        return Finding(what, "unknown", (str(error),))
    except (KeyError, TypeError) as error:
        return Finding(what, "unknown", (f"its manifest has not the form of one ({error!r})",))
    return Finding(what, _counted(len(manifest["files"]), "file"), tuple(problems))


def _chain_problems(settings: Settings, tier: str, chain: dict[str, str | None], lines: list[str]) -> Iterator[str]:
    after = chain["after"]
    if after is not None and manifest_digest(settings.releases / tier / after) != chain["manifest_sha256"]:
        yield f"the chain is broken before it: the manifest of {after} is not what it was when this release was sealed"
    if chain["audit_line_sha256"] is not None and chain["audit_line_sha256"] not in lines:
        yield "the audit log no longer holds the line that was its last when this release was sealed"


def _announced(settings: Settings) -> dict[tuple[str | None, str], str]:
    """The sha256 of each release's manifest by tier and id, as the audit log first had it: a release never changes, so
    whoever publishes an altered one again does not make it right."""
    found: dict[tuple[str | None, str], str] = {}
    for line in read_audit(settings):
        if line.get("event") in ("publish", "keep_as_at") and line.get("release_id") and line.get("manifest_sha256"):
            found.setdefault((line.get("tier"), line["release_id"]), line["manifest_sha256"])
    return found


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
