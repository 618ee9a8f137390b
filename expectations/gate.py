"""The gate: checks one candidate and writes the verdict that publication requires.

Contains running the suites, and reading their results and those of dbt. Not here: the expectations (`suites`), and
publication (`orchestration.warehouse.publishing.promotion`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.context import Marts, UnreadableMartError, marts_of
from expectations.disclosure import disclosure_verdict, is_for_the_public
from expectations.docs import write_docs
from expectations.previous_release import before
from expectations.suites import Suites, all_suites
from expectations.vocabulary import rule_of, sentence_of
from orchestration.foundation import clock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import Candidate
from orchestration.warehouse.store.fingerprint import fingerprint
from orchestration.warehouse.store.sealing import write_json
from orchestration.warehouse.store.verdict import DbtVerdict, FailedRule, Severity, SuiteVerdict, Verdict, write_verdict

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.datasource.fluent.interfaces import Batch

DBT_TESTS = "dbt-tests.json"

_SAMPLE = 5
_RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": _SAMPLE}


def run_gate(
    settings: Settings,
    candidate: Candidate,
    dbt_results: Mapping[str, Any] | None = None,
    previous: Path | None = None,
) -> Verdict:
    """Check `candidate`, write `verdict.json` and `data-docs/` beside it and return the verdict.

    `dbt_results` is the content of dbt's run_results.json for this build: a failed test of `error` severity
    is critical, and so is one that could not run. It is stored beside the candidate, so that a later run of the gate
    uses the same results. `previous` is the folder or DuckDB file of the current release, to compare with. An
    expectation that raised an error counts as a critical failure. The content of the candidate never raises an error;
    raises `OversightError` if the candidate cannot be opened.
    """
    known = before(_database(previous), settings) if previous is not None else None
    seen = fingerprint(candidate.database, settings).value
    suites = all_suites(known)
    judged = judge(settings, candidate.database, suites)
    if is_for_the_public(candidate):
        judged = (*judged, disclosure_verdict(settings, candidate))
    import great_expectations as gx

    verdict = Verdict(
        release_id=candidate.release_id,
        fingerprint=seen,
        suites=(*judged, _uncovered(candidate, [mart for mart, _ in suites])),
        dbt=_dbt(candidate.folder, dbt_results),
        gx_version=gx.__version__,
        duckdb_version=duckdb.__version__,
        checked_at=clock.timestamp(),
    )
    write_docs(candidate.folder, verdict, suites)
    write_verdict(candidate.folder, verdict)
    return verdict


def judge(settings: Settings, database: Path, suites: Suites) -> tuple[SuiteVerdict, ...]:
    """Run `suites` on a DuckDB file, read-only; return one verdict for each, in their order."""
    with marts_of(database, settings) as marts:
        return tuple(_judge(marts, mart, suite) for mart, suite in suites)


def _judge(marts: Marts, mart: str, suite: ExpectationSuite) -> SuiteVerdict:
    try:
        with marts.batch(mart) as batch:
            result = batch.validate(suite, result_format=_RESULT_FORMAT)
            failed = tuple(_failed_rule(batch, suite.name, one) for one in result.results if not one.success)
    except UnreadableMartError as error:
        message = f"{mart} cannot be read: {_first_line(str(error))}"
        failed = (FailedRule(f"{suite.name}.is_there", "critical", message, says=f"{mart} is in the candidate."),)
    return SuiteVerdict(suite.name, mart, len(suite.expectations), failed)


def _failed_rule(batch: Batch, suite: str, result: ExpectationValidationResult) -> FailedRule:
    configuration = result.expectation_config
    assert configuration is not None
    expectation = configuration.to_domain_obj()
    rule, says = f"{suite}.{rule_of(expectation)}", sentence_of(expectation)
    if message := _raised(result.exception_info):
        return FailedRule(rule, "critical", f"could not be checked: {message}", says=says)
    severity: Severity = "critical" if expectation.severity.value == "critical" else "warning"
    found = result.result
    if "unexpected_count" in found:
        observed = f"{found['unexpected_count']} of {found['element_count']} rows"
        sample = found.get("partial_unexpected_list", [])
    elif query := getattr(expectation, "unexpected_rows_query", None):
        observed = _counted(found["observed_value"], "row")
        sample = _rows(batch, query)
    else:
        observed = str(found.get("observed_value"))
        sample = []
    return FailedRule(rule, severity, observed, tuple(_plain(one) for one in sample[:_SAMPLE]), says)


def _rows(batch: Batch, query: str) -> list[Any]:
    """Return the rows of a query that should have none; Great Expectations stops at 200."""
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    again = UnexpectedRowsExpectation(unexpected_rows_query=query)
    return list(batch.validate(again, result_format="COMPLETE").result["details"]["unexpected_rows"])


def _raised(info: Mapping[str, Any] | None) -> str | None:
    """Return the first line of the error of an expectation: one record, or one for each metric that failed."""
    records = [info or {}, *(value for value in (info or {}).values() if isinstance(value, Mapping))]
    for record in records:
        if record.get("raised_exception"):
            return _first_line(str(record.get("exception_message")))
    return None


def _uncovered(candidate: Candidate, covered: Iterable[str]) -> SuiteVerdict:
    """Return the verdict on marts without a suite, which would be published unchecked."""
    unseen = tuple(sorted(set(candidate.tables) - set(covered)))
    says = "Every mart has a suite of expectations."
    failed = FailedRule("candidate.every_mart_has_a_suite", "critical", _counted(len(unseen), "mart"), unseen, says)
    return SuiteVerdict("candidate", "the candidate", 1, (failed,) if unseen else ())


def _dbt(folder: Path, results: Mapping[str, Any] | None) -> DbtVerdict | None:
    kept = folder / DBT_TESTS
    if results is not None:
        tests = [
            {name: result.get(name) for name in ("unique_id", "status", "failures", "message")}
            for result in results["results"]
            if str(result["unique_id"]).partition(".")[0] in ("test", "unit_test") or result["status"] == "error"
        ]
        write_json(kept, {"tests": tests})
    elif kept.is_file():
        tests = json.loads(kept.read_text(encoding="utf-8"))["tests"]
    else:
        return None
    failed = tuple(_dbt_rule(test) for test in tests if test["status"] not in ("pass", "success"))
    return DbtVerdict(len(tests), failed)


def _dbt_rule(test: Mapping[str, Any]) -> FailedRule:
    severity: Severity = "warning" if test["status"] == "warn" else "critical"
    count = _counted(test["failures"], "row") if test["failures"] else str(test["status"])
    message = _first_line(str(test["message"])) if test["message"] else ""
    return FailedRule(f"dbt.{test['unique_id']}", severity, count, says=message)


def _database(previous: Path) -> Path:
    return previous / "warehouse.duckdb" if previous.is_dir() else previous


def _plain(value: object) -> object:
    """Return a row or value in a form that JSON can represent."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no message"
