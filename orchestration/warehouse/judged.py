"""What the gate found, believed only about exactly what lies in a folder.

Belongs here: the demand for a passing verdict. Does not belong here: the verdict's shape (`verdict`), or who makes the
demand (`release`, `approval`).
"""

from pathlib import Path

from orchestration.errors import GateRefusedError
from orchestration.settings import Settings
from orchestration.warehouse.candidate import DATABASE
from orchestration.warehouse.fingerprint import fingerprint
from orchestration.warehouse.verdict import Verdict, read_verdict


def passing_verdict(settings: Settings, folder: Path, release_id: str) -> Verdict:
    """The verdict in `folder`; raises GateRefusedError unless it passes, on `release_id`, as it lies there now."""
    verdict = read_verdict(folder)
    if verdict.release_id != release_id:
        raise GateRefusedError(
            f"The verdict beside {release_id} is about {verdict.release_id}: run the gate on {release_id} itself."
        )
    if not verdict.passed:
        rules = ", ".join(rule.rule for rule in verdict.failed if rule.severity == "critical") or "nothing was checked"
        raise GateRefusedError(f"The gate refused {release_id} ({rules}): see {folder / 'verdict.json'}, then refresh.")
    if fingerprint(folder / DATABASE, settings).value != verdict.fingerprint:
        raise GateRefusedError(f"{release_id} is not what the gate saw (other fingerprint): run the gate again.")
    return verdict
