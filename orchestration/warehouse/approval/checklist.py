"""The checklist of a draft: what is in the way of the public seeing it, and what those who sign must have seen.

Belongs here: the findings, and the digest that a signature is bound to. Does not belong here: signatures (`signoff`),
and whether publication goes on (`demands`).

An *error* stands in the way; some are settled by a note of somebody who signs. A *warning* has to be acknowledged by
everybody who signs. All but a finding of the moment is part of the digest: signatures are void once it changes.
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
from orchestration.warehouse.approval.inflow import looked_at
from orchestration.warehouse.approval.unusual_revisions import measured
from orchestration.warehouse.store.candidate import DATABASE, read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, current_release, names_in
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.verdict import Verdict, passing_verdict

DISCLOSURE = "disclosure"
"""The suite of the verdict that attacks the draft as an intruder would."""


@dataclass(frozen=True)
class Finding:
    """One line: its code, how bad it is, a sentence, and the cases behind it.

    `noted_by` says whose note settles an error: a role, `anybody` who signs, or None where no note helps. A finding
    that is not `lasting` is of the moment: it is acknowledged, and may change without making a signature void.
    """

    code: str
    severity: Literal["error", "warning"]
    says: str
    cases: tuple[str, ...] = ()
    noted_by: str | None = None
    lasting: bool = True


@dataclass(frozen=True)
class Checklist:
    """All findings about one draft, compared with the open release `before` (None: it is the first).

    `fingerprint` is empty where the gate's verdict cannot be believed.
    """

    release_id: str
    before: str | None
    fingerprint: str
    findings: tuple[Finding, ...]
    digest: str = field(default="")

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What stands in the way."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What has to be acknowledged."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def as_dict(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def check(settings: Settings, rules: Publication, folder: Path) -> Checklist:
    """The checklist of the draft in `folder`, which may be a release that was not wholly published.

    Reads the whole draft and compares it with the open release before: seconds for a large one.
    """
    release_id, before = folder.name, release_before(settings, folder)
    provenance = read_provenance(folder)
    findings, verdict = _of_the_gate(settings, folder, provenance)
    if verdict is not None:
        findings += _of_the_numbers(settings, rules, folder, before)
        findings += _of_the_method(settings, rules, provenance, before)
        findings += _of_the_returns(settings, folder, provenance, verdict)
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
    """The open release that the public has before the one in `folder`."""
    current = current_release(settings, OPEN)
    if current != folder.name:
        return current
    before = read_manifest(folder).get("previous_release")
    return None if before is None else str(before)


def demand_tier(folder: Path, tier: str) -> None:
    """Raise GateRefusedError unless the candidate in `folder` was made for `tier`; it says so, or is restricted."""
    made_for = str(read_provenance(folder).get("tier") or TIER)
    if made_for != tier:
        raise GateRefusedError(
            f"{folder.name} was made for tier {made_for} and never becomes a release of tier {tier}: publish it as "
            f"what it is, or make one of tier {tier}."
        )


def _of_the_gate(
    settings: Settings, folder: Path, provenance: Mapping[str, object]
) -> tuple[list[Finding], Verdict | None]:
    try:
        demand_tier(folder, OPEN)
        verdict = passing_verdict(settings, folder, folder.name)
    except OversightError as error:
        return [Finding("gate", "error", str(error))], None
    findings = []
    if not any(suite.suite == DISCLOSURE and suite.expectations for suite in verdict.suites):
        says = f"The verdict on {folder.name} has no disclosure audit: make the draft again."
        findings.append(Finding("disclosure", "error", says))
    if not provenance.get("made_of"):
        says = f"{folder.name} does not say which restricted release it was made of: make the draft again."
        findings.append(Finding("source", "error", says))
    if unseen := sorted({*names_in(settings.releases / OPEN)} - {*_listed(provenance.get("earlier")), folder.name}):
        says = "The disclosure audit did not know of open releases that came since: make the draft again."
        findings.append(Finding("disclosure.earlier", "error", says, tuple(unseen)))
    if warned := tuple(sorted(rule.rule for rule in verdict.failed)):
        findings.append(Finding("gate.warnings", "warning", "The gate warned of some rules.", warned))
    source, in_force = provenance.get("made_of"), current_release(settings)
    if source and in_force and str(source) < in_force:
        says = f"The draft was made of {source}; {in_force} is in force by now."
        findings.append(Finding("draft.older", "warning", says, lasting=False))
    return findings, verdict


def _listed(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _of_the_numbers(settings: Settings, rules: Publication, folder: Path, before: str | None) -> list[Finding]:
    last = settings.releases / OPEN / before / DATABASE if before else None
    limit = rules.open.large_revision
    found = measured(settings, folder / DATABASE, last, limit)
    findings = [
        Finding(
            f"revision.{one.return_code}",
            "error",
            f"{one.figures:,} published {'figure' if one.figures == 1 else 'figures'} of {one.measures:,} "
            f"{'measure' if one.measures == 1 else 'measures'} of {one.return_code} moved by more than {limit:.0%}: "
            "say why in a note.",
            (one.largest,),
            noted_by="anybody",
        )
        for one in found.large
    ]
    if found.gone:
        cases = tuple(f"{code} ({count:,})" for code, count in found.gone)
        findings.append(Finding("figures.gone", "warning", "Figures that are public now have no value here.", cases))
    return findings


def _of_the_method(
    settings: Settings, rules: Publication, provenance: Mapping[str, object], before: str | None
) -> list[Finding]:
    """Code and contracts against those of the open release before; what cannot be told counts as changed."""
    if before is None:
        return []
    then = _made_by(settings, read_manifest(settings.releases / OPEN / before).get("provenance", {}))
    made_by = _made_by(settings, provenance)
    findings = []
    for name, what in (("code", "code"), ("contracts", "contracts")):
        if then.get(name) is None or then.get(name) != made_by.get(name):
            findings.append(
                Finding(
                    f"method.{name}",
                    "error",
                    f"The {what} that made the figures {'is' if name == 'code' else 'are'} not what made those of "
                    f"{before}: say in a note what that does to them.",
                    _recontracted(then, made_by) if name == "contracts" else (),
                    noted_by=rules.open.method_changes_noted_by,
                )
            )
    return findings


def _made_by(settings: Settings, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft says of its making, and where it is silent, what the restricted release behind it says."""
    source = provenance.get("made_of")
    behind = settings.releases / TIER / str(source)
    try:
        said = dict(read_manifest(behind).get("provenance", {})) if source else {}
    except OversightError:
        said = {}
    return {**said, **provenance}


def _recontracted(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    old, new = then.get("contract_versions") or {}, now.get("contract_versions") or {}
    return tuple(sorted(code for code in {*old, *new} if old.get(code) != new.get(code)))


def _of_the_returns(
    settings: Settings, folder: Path, provenance: Mapping[str, object], verdict: Verdict
) -> list[Finding]:
    """As things stood on the day of the verdict, which does not change while people decide."""
    behind = settings.releases / TIER / str(provenance.get("made_of")) / DATABASE
    source = behind if behind.is_file() else folder / DATABASE
    found = looked_at(settings, source, load_contracts(settings.contracts), date.fromisoformat(verdict.checked_at[:10]))
    kinds = (
        ("returns.missing", "Returns that have a contract are missing.", found.missing),
        ("returns.late", "Returns were overdue when the gate looked.", found.late),
        ("screening.warnings", "Submissions in force were accepted with warnings.", found.warnings),
    )
    return [Finding(code, "warning", says, cases) for code, says, cases in kinds if cases]
