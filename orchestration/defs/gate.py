"""The gate as blocking asset checks on the candidate: one check for each suite, and one for dbt's tests.

Belongs here: showing the verdict. Does not belong here: making it (`expectations.gate`); publication itself
demands it again, so that a run of one asset alone cannot pass around the checks.
"""

import json
from collections.abc import Iterator

import dagster as dg

from expectations.suites import SUITE_NAMES
from orchestration.defs.release import CANDIDATE
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.progress import announce, timed


def gate_checks() -> dg.AssetChecksDefinition:
    """One step that runs every suite on the candidate, from outside and read-only."""

    @dg.multi_asset_check(
        name="gate",
        specs=[dg.AssetCheckSpec(name, asset=CANDIDATE, blocking=True) for name in SUITE_NAMES],
    )
    def gate(warehouse: Warehouse, lock: RefreshLock) -> Iterator[dg.AssetCheckResult]:
        from expectations.gate import run_gate
        from orchestration.warehouse.publication import current_database, latest_candidate

        settings = warehouse.settings
        announce("checking the candidate")
        with timed("gate"):
            candidate = latest_candidate(settings)
            results = settings.build / "dbt" / "run_results.json"
            dbt = json.loads(results.read_text(encoding="utf-8")) if results.exists() else None
            verdict = run_gate(settings, candidate, dbt, current_database(settings))
        for suite in verdict.suites:
            critical = [rule for rule in suite.failed if rule.severity == "critical"]
            yield dg.AssetCheckResult(
                asset_key=CANDIDATE,
                check_name=suite.suite,
                passed=not suite.failed,
                severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
                metadata={rule.rule: rule.observed for rule in suite.failed},
            )

    return gate
