"""The gate as blocking asset checks on the candidate: one check per suite, and one for dbt's tests.

Contains the checks, which show the verdict. Not here: reaching the verdict (`expectations.gate`). Publication requires
the verdict again, so that a run of one asset alone cannot bypass the checks.
"""

import json
from collections.abc import Iterator, Sequence

import dagster as dg

from expectations.suites.names import suite_names
from orchestration.defs.release import CANDIDATE
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED
from orchestration.foundation.notify import notify
from orchestration.foundation.progress import announce, timed
from orchestration.warehouse.store.verdict import FailedRule

SUITES = suite_names()
OTHER_RULES = "whole_candidate"
"""The check for rules outside the suites: dbt's tests, and marts without a suite."""


def gate_checks() -> dg.AssetChecksDefinition:
    """Return the step that runs every suite on the candidate, which is attached read-only under another name."""

    @dg.multi_asset_check(
        name="gate",
        specs=[dg.AssetCheckSpec(name, asset=CANDIDATE, blocking=True) for name in (*SUITES, OTHER_RULES)],
        ins={"release_id": dg.AssetIn(CANDIDATE, input_manager_key=RECORDED)},
    )
    def gate(release_id: str, warehouse: Warehouse, lock: RefreshLock) -> Iterator[dg.AssetCheckResult]:
        from expectations.worker import judge_candidate
        from orchestration.warehouse.publishing.decision import current_database
        from orchestration.warehouse.store.candidate import open_candidate, read_provenance

        settings = warehouse.settings
        announce("checking the candidate")
        with timed("gate"):
            candidate = open_candidate(settings, release_id)
            results = settings.build / "dbt" / "run_results.json"
            dbt = json.loads(results.read_text(encoding="utf-8")) if results.exists() else None
            # A build as at a past time has fewer figures than the current release, so it is not compared with it.
            as_at = read_provenance(candidate.folder).get("as_at")
            verdict = judge_candidate(settings, candidate, dbt, None if as_at else current_database(settings))
        for name in SUITES:
            yield _result(name, [rule for suite in verdict.suites if suite.suite == name for rule in suite.failed])
        others = [rule for suite in verdict.suites if suite.suite not in SUITES for rule in suite.failed]
        yield _result(OTHER_RULES, others + list(verdict.dbt.failed if verdict.dbt else ()))
        if not verdict.passed:
            worst = verdict.failed[0]
            notify(settings, {"event": "gate_refused", "release_id": verdict.release_id, "rule": worst.rule,
                              "observed": worst.observed})  # fmt: skip

    return gate


def _result(name: str, failed: Sequence[FailedRule]) -> dg.AssetCheckResult:
    critical = any(rule.severity == "critical" for rule in failed)
    return dg.AssetCheckResult(
        asset_key=CANDIDATE,
        check_name=name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        metadata={rule.rule: rule.observed for rule in failed},
    )
