"""The disclosure audit as a part of the gate, for candidates of the open tier.

Contains the inputs of the audit and its results as a verdict. Not here: the audit (`orchestration.disclosure.audit`).
"""

from orchestration.contracts.load import load_contracts
from orchestration.disclosure.audit import audit
from orchestration.foundation.database import attach, connect
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import DATABASE, Candidate, read_provenance
from orchestration.warehouse.store.catalogue import OPEN, TIER, names_in
from orchestration.warehouse.store.verdict import FailedRule, SuiteVerdict

DISCLOSURE = "disclosure"


def is_for_the_public(candidate: Candidate) -> bool:
    """Return whether the candidate is for the open tier."""
    return read_provenance(candidate.folder).get("tier") == OPEN


def disclosure_verdict(settings: Settings, candidate: Candidate) -> SuiteVerdict:
    """Audit the candidate as an intruder would, with all open releases, including those after its draft."""
    source = settings.releases / TIER / str(read_provenance(candidate.folder).get("made_of")) / DATABASE
    if not source.is_file():
        says = "The restricted release that the draft is based on exists."
        gone = FailedRule(f"{DISCLOSURE}.source_is_there", "critical", f"no {source.parent.name}", says=says)
        return SuiteVerdict(DISCLOSURE, "the candidate", 1, (gone,))
    before = [name for name in names_in(settings.releases / OPEN) if name != candidate.release_id]
    with connect(None, settings) as con:
        attach(con, source, "restricted")
        attach(con, candidate.database, "candidate")
        for number, name in enumerate(before):
            attach(con, settings.releases / OPEN / name / DATABASE, f"earlier_{number}")
        earlier = [f"earlier_{number}" for number in range(len(before))]
        rules = audit(con, load_contracts(settings.contracts), "restricted", "candidate", earlier)
    failed = tuple(
        FailedRule(
            f"{DISCLOSURE}.{rule.name}",
            "critical" if rule.is_critical else "warning",
            f"{rule.found:,} {'cell' if rule.found == 1 else 'cells'}",
            rule.sample,
            rule.says,
        )
        for rule in rules
        if rule.found
    )
    return SuiteVerdict(DISCLOSURE, "the candidate", len(rules), failed)
