"""The verdict of the gate: what was checked, on which candidate, and whether it may be published.

Contains the parts of a verdict, its file, and when it passes. Not here: the checks (`expectations.gate`), and
publication (`publishing`).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from orchestration.foundation.errors import GateRefusedError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.fingerprint import fingerprint
from orchestration.warehouse.store.sealing import write_json

VERDICT = "verdict.json"

Severity = Literal["none", "warning", "critical"]


@dataclass(frozen=True)
class FailedRule:
    """A rule that failed: its name, severity, observed value, a few examples, and its description."""

    rule: str
    severity: Severity
    observed: str
    sample: tuple[Any, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class SuiteVerdict:
    """The result of one suite: its mart, the number of its expectations, and those that failed."""

    suite: str
    mart: str
    expectations: int
    failed: tuple[FailedRule, ...] = ()


@dataclass(frozen=True)
class DbtVerdict:
    """The dbt tests of the build: how many ran and which failed (severity `error` is critical)."""

    tests: int
    failed: tuple[FailedRule, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The verdict on one candidate, identified by its release id and fingerprint.

    `checked_at` is UTC in ISO 8601. `dbt` is None if the gate had no results of dbt.
    """

    release_id: str
    fingerprint: str
    suites: tuple[SuiteVerdict, ...]
    dbt: DbtVerdict | None
    gx_version: str
    duckdb_version: str
    checked_at: str

    @property
    def failed(self) -> tuple[FailedRule, ...]:
        """Every rule that failed, of every suite and of dbt, critical ones first."""
        rules = [rule for suite in self.suites for rule in suite.failed]
        rules += self.dbt.failed if self.dbt else ()
        return tuple(sorted(rules, key=lambda rule: rule.severity != "critical"))

    @property
    def max_severity(self) -> Severity:
        """The worst severity among the failed rules; `none` if nothing failed."""
        severities = {rule.severity for rule in self.failed}
        return "critical" if "critical" in severities else "warning" if severities else "none"

    @property
    def passed(self) -> bool:
        """True if something was checked and nothing critical failed."""
        return any(suite.expectations for suite in self.suites) and self.max_severity != "critical"

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as it is written to verdict.json."""
        return {
            "release_id": self.release_id,
            "fingerprint": self.fingerprint,
            "passed": self.passed,
            "max_severity": self.max_severity,
            "suites": [asdict(suite) for suite in self.suites],
            "dbt": asdict(self.dbt) if self.dbt else None,
            "gx_version": self.gx_version,
            "duckdb_version": self.duckdb_version,
            "checked_at": self.checked_at,
        }


def write_verdict(folder: Path, verdict: Verdict) -> Path:
    """Write `verdict` to `folder`/verdict.json in one step and return that path."""
    write_json(folder / VERDICT, verdict.as_dict())
    return folder / VERDICT


def read_verdict(folder: Path) -> Verdict:
    """Read the verdict beside a candidate or in a release.

    Raises `GateRefusedError` if it is missing, cannot be read, or has a value of `passed` that contradicts its
    results.
    """
    path = folder / VERDICT
    if not path.is_file():
        raise GateRefusedError(
            f"{folder.name} has no verdict; run the gate on it (`oversight refresh`) before publishing."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        verdict = _from_dict(content)
    except (ValueError, KeyError, TypeError) as error:
        raise GateRefusedError(f"The verdict {path} cannot be read ({error}); run the gate again.") from error
    if content.get("passed") is not verdict.passed:
        raise GateRefusedError(f"The verdict {path} contradicts its own results; run the gate again.")
    return verdict


def passing_verdict(settings: Settings, folder: Path, release_id: str) -> Verdict:
    """Return the verdict in `folder`. Raises GateRefusedError unless it passes `release_id` as it is now."""
    verdict = read_verdict(folder)
    if verdict.release_id != release_id:
        raise GateRefusedError(
            f"The verdict beside {release_id} is about {verdict.release_id}; run the gate on {release_id} itself."
        )
    if not verdict.passed:
        rules = ", ".join(rule.rule for rule in verdict.failed if rule.severity == "critical") or "nothing was checked"
        raise GateRefusedError(f"The gate refused {release_id} ({rules}): see {folder / 'verdict.json'}, then refresh.")
    if fingerprint(folder / DATABASE, settings).value != verdict.fingerprint:
        raise GateRefusedError(f"{release_id} has changed since the gate (different fingerprint); run the gate again.")
    return verdict


def _from_dict(content: Mapping[str, Any]) -> Verdict:
    return Verdict(
        release_id=str(content["release_id"]),
        fingerprint=str(content["fingerprint"]),
        suites=tuple(
            SuiteVerdict(suite["suite"], suite["mart"], int(suite["expectations"]), _rules(suite["failed"]))
            for suite in content["suites"]
        ),
        dbt=DbtVerdict(int(content["dbt"]["tests"]), _rules(content["dbt"]["failed"])) if content["dbt"] else None,
        gx_version=str(content["gx_version"]),
        duckdb_version=str(content["duckdb_version"]),
        checked_at=str(content["checked_at"]),
    )


def _rules(failed: list[dict[str, Any]]) -> tuple[FailedRule, ...]:
    return tuple(
        FailedRule(rule["rule"], rule["severity"], rule["observed"], tuple(rule["sample"]), rule["says"])
        for rule in failed
    )
