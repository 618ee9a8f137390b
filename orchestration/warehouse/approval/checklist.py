"""The checklist of a draft: errors to resolve and warnings to acknowledge before it is published.

Contains the findings, and the digest that a signature is bound to. Not here: signatures (`signoff`), and the conditions
for publication (`publication_checks`).

An *error* prevents publication; some errors are resolved by a note from a person who signs. A *warning* must be
acknowledged by each person who signs. All findings except temporary ones are part of the digest: if it changes, the
signatures are void.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from orchestration.contracts.load import load_contracts
from orchestration.contracts.publication import Publication
from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.inflow import read_inflow
from orchestration.warehouse.approval.unusual_revisions import measure_revisions
from orchestration.warehouse.store.candidate import DATABASE, read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release, names_in
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.verdict import Verdict, passing_verdict

DISCLOSURE = "disclosure"
"""The suite of the verdict that contains the disclosure audit."""


@dataclass(frozen=True)
class Finding:
    """One item of a checklist: its code, severity, message and cases.

    `noted_by` is the role whose note resolves an error, `anybody` for any person who signs, or None if no note can
    resolve it. A finding that is not `lasting` is temporary: it must be acknowledged, but signatures remain valid when
    it changes.
    """

    code: str
    severity: Literal["error", "warning"]
    says: str
    cases: tuple[str, ...] = ()
    noted_by: str | None = None
    lasting: bool = True


@dataclass(frozen=True)
class Checklist:
    """All findings about one draft, compared with the open release `before` (None for the first release).

    `fingerprint` is empty if the draft has no valid verdict.
    """

    release_id: str
    before: str | None
    fingerprint: str
    findings: tuple[Finding, ...]
    digest: str = field(default="")

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that prevent publication unless a note resolves them."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that must be acknowledged."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def as_dict(self) -> dict[str, Any]:
        """Return the checklist as a dictionary, for JSON."""
        return asdict(self)


def check(settings: Settings, rules: Publication, folder: Path) -> Checklist:
    """Return the checklist of the draft in `folder`, which may be a release whose publication was interrupted.

    Reads the whole draft and compares it with the previous open release; this takes seconds for a large draft.
    """
    release_id, before = folder.name, release_before(settings, folder)
    provenance = read_provenance(folder)
    findings, verdict = _gate_findings(settings, folder, provenance)
    if verdict is not None:
        findings += _figure_findings(settings, rules, folder, before)
        findings += _method_findings(settings, rules, provenance, before)
        findings += _return_findings(settings, folder, provenance, verdict)
    fingerprint = verdict.fingerprint if verdict else ""
    bound = {
        "release": release_id,
        "before": before,
        "fingerprint": fingerprint,
        "rules": rules.digest,
        "provenance": provenance,
        "findings": [asdict(finding) for finding in findings if finding.lasting],
    }
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True, default=str).encode()).hexdigest()
    return Checklist(release_id, before, fingerprint, tuple(findings), digest)


def release_before(settings: Settings, folder: Path) -> str | None:
    """Return the current open release, or the previous one if the release in `folder` is current."""
    current = current_release(settings, OPEN)
    if current != folder.name:
        return current
    before = read_manifest(folder).get("previous_release")
    return None if before is None else str(before)


def require_tier(folder: Path, tier: str) -> None:
    """Raise GateRefusedError unless the candidate in `folder` was built for `tier` (without a tier: restricted)."""
    own_tier = str(read_provenance(folder).get("tier") or TIER)
    if own_tier != tier:
        raise GateRefusedError(
            f"{folder.name} was built for the {own_tier} tier and cannot be published in the {tier} tier; publish it "
            f"in the {own_tier} tier, or build one for the {tier} tier."
        )


def _gate_findings(
    settings: Settings, folder: Path, provenance: Mapping[str, object]
) -> tuple[list[Finding], Verdict | None]:
    try:
        require_tier(folder, OPEN)
        verdict = passing_verdict(settings, folder, folder.name)
    except OversightError as error:
        return [Finding("gate", "error", str(error))], None
    findings = []
    if not any(suite.suite == DISCLOSURE and suite.expectations for suite in verdict.suites):
        says = f"The verdict on {folder.name} has no disclosure audit; run `oversight draft` again."
        findings.append(Finding("disclosure", "error", says))
    if not provenance.get("made_of"):
        says = f"{folder.name} does not name the restricted release it was built from; run `oversight draft` again."
        findings.append(Finding("source", "error", says))
    if unaudited := sorted({*names_in(settings.releases / OPEN)} - {*_names(provenance.get("earlier")), folder.name}):
        says = "Open releases that the disclosure audit does not cover were published; run `oversight draft` again."
        findings.append(Finding("disclosure.earlier", "error", says, tuple(unaudited)))
    if warnings := tuple(sorted(rule.rule for rule in verdict.failed)):
        findings.append(Finding("gate.warnings", "warning", "The gate gave warnings.", warnings))
    source, current = provenance.get("made_of"), current_release(settings)
    if source and current and str(source) < current:
        says = f"The draft was built from {source}, but the current restricted release is {current}."
        findings.append(Finding("draft.older", "warning", says, lasting=False))
    return findings, verdict


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _figure_findings(settings: Settings, rules: Publication, folder: Path, before: str | None) -> list[Finding]:
    last = settings.releases / OPEN / before / DATABASE if before else None
    limit = rules.open.large_revision
    revisions = measure_revisions(settings, folder / DATABASE, last, limit)
    findings = [
        Finding(
            f"revision.{revised.return_code}",
            "error",
            f"{revised.figures:,} published {'figure' if revised.figures == 1 else 'figures'} of {revised.measures:,} "
            f"{'measure' if revised.measures == 1 else 'measures'} of {revised.return_code} changed by more than "
            f"{limit:.0%}; explain why in a note.",
            (revised.largest,),
            noted_by="anybody",
        )
        for revised in revisions.large
    ]
    if revisions.removed:
        cases = tuple(f"{code} ({count:,})" for code, count in revisions.removed)
        findings.append(Finding("figures.gone", "warning", "Some published figures have no value in the draft.", cases))
    return findings


def _method_findings(
    settings: Settings, rules: Publication, provenance: Mapping[str, object], before: str | None
) -> list[Finding]:
    """Compare code and contracts with those of the previous open release; unknown ones count as changed."""
    if before is None:
        return []
    old = _full_provenance(settings, read_manifest(settings.releases / OPEN / before).get("provenance", {}))
    new = _full_provenance(settings, provenance)
    findings = []
    for name, verb in (("code", "has"), ("contracts", "have")):
        if old.get(name) is None or old.get(name) != new.get(name):
            findings.append(
                Finding(
                    f"method.{name}",
                    "error",
                    f"The {name} {verb} changed since {before}; describe the effect on the figures in a note.",
                    _changed_contracts(old, new) if name == "contracts" else (),
                    noted_by=rules.open.method_changes_noted_by,
                )
            )
    return findings


def _full_provenance(settings: Settings, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provenance of a draft, completed from that of the restricted release that it was built from."""
    source = provenance.get("made_of")
    folder = settings.releases / TIER / str(source)
    try:
        inherited = dict(read_manifest(folder).get("provenance", {})) if source else {}
    except OversightError:
        inherited = {}
    return {**inherited, **provenance}


def _changed_contracts(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = old.get("contract_versions") or {}, new.get("contract_versions") or {}
    return tuple(sorted(code for code in {*before, *after} if before.get(code) != after.get(code)))


def _return_findings(
    settings: Settings, folder: Path, provenance: Mapping[str, object], verdict: Verdict
) -> list[Finding]:
    """Return findings as of the day of the verdict, so that they do not change while a draft is being approved."""
    restricted = settings.releases / TIER / str(provenance.get("made_of")) / DATABASE
    source = restricted if restricted.is_file() else folder / DATABASE
    day = date.fromisoformat(verdict.checked_at[:10])
    inflow = read_inflow(settings, source, load_contracts(settings.contracts), day)
    kinds = (
        ("returns.missing", "Some returns with a contract have no figures.", inflow.missing),
        ("returns.late", "Some returns were overdue when the gate ran.", inflow.late),
        ("screening.warnings", "Some current submissions were accepted with warnings.", inflow.warnings),
    )
    return [Finding(code, "warning", says, cases) for code, says, cases in kinds if cases]
