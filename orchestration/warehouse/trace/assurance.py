"""Assurance of the whole release: checks passed, versions used and approvals.

Contains these in lines of text. Not here: the verdict, the manifest and the sign-offs (`store`, `approval`).
"""

from datetime import datetime
from pathlib import Path

from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.signoff import signed
from orchestration.warehouse.store.catalogue import OPEN
from orchestration.warehouse.store.manifest import read_manifest
from orchestration.warehouse.store.verdict import read_verdict


def vouched(settings: Settings, folder: Path, tier: str) -> list[str]:
    """Yield lines about the release in `folder` of `tier`.

    Raises OversightError if its manifest cannot be read, GateRefusedError if its verdict cannot.
    """
    verdict, manifest = read_verdict(folder), read_manifest(folder)
    made = manifest["provenance"]
    tests = f" and {verdict.dbt.tests:,} dbt tests" if verdict.dbt else ""
    rules = f"{sum(suite.expectations for suite in verdict.suites):,} expectations{tests}"
    failed = ", ".join(rule.rule for rule in verdict.failed)
    return [
        f"release {folder.name}, fingerprint {verdict.fingerprint}",
        f"    checked {_moment(verdict.checked_at)} by {rules}: {f'warnings of {failed}' if failed else 'all passed'}",
        f"    built with version {made['version']}, code {made['code']}, contracts {made['contracts']}, "
        f"inputs {made['inputs']}",
        *_approved(settings, folder.name, manifest["fingerprint"], tier),
    ]


def _approved(settings: Settings, release_id: str, fingerprint: str, tier: str) -> list[str]:
    if tier != OPEN:
        return ["    published by the gate: this tier needs no approval"]
    return [
        f"    approved by {one.name} ({one.role}), {_moment(one.at)}"
        for one in signed(settings, release_id)
        if one.fingerprint == fingerprint
    ] or ["    no approval found in the audit log"]


def _moment(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%Y-%m-%d %H:%M} UTC"
