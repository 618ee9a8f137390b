"""The checklist lists the errors to resolve and the warnings to acknowledge before a draft is published."""

import dataclasses
import json
from pathlib import Path

import pytest
import yaml

from orchestration.contracts.publication import load_publication
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.checklist import Checklist
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.store.verdict import FailedRule, SuiteVerdict, read_verdict, write_verdict
from tests.expectations.small_warehouse import passed_candidate
from tests.warehouse.approval.approval_fixtures import FEWER, TRIPLED, checked, draft, public, settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def codes(found: Checklist) -> list[str]:
    return [finding.code for finding in found.findings]


def message_of(found: Checklist, code: str) -> str:
    [finding] = [finding for finding in found.findings if finding.code == code]
    return "; ".join((finding.says, *finding.cases))


CONTRACT = """
return: {code}
name: A return
description: A return of one figure for each region.
department: {department}
owner: {{name: Statistics team, email: statistics@example.gov.uk}}
cadence: annual
due: {{months_after_period_end: 4}}
burden: {{hours_per_return: 1}}
waivers: {waivers}
measures:
  - {{code: {code}_count, name: Count, unit: people, value_type: count, domain: context, aggregation: sum,
     definition: People., period: {{kind: FY}}}}
layouts:
  - name: by region
    file: {{format: csv}}
    columns: {{year: {{meaning: Year}}, region: {{meaning: Region}}, people: {{meaning: People}}}}
    period: {{column: year}}
    locations: [{{code: region, levels: [region]}}]
    cells: [{{measure: {code}_count, value: people}}]
"""


def contract(settings: Settings, code: str, waivers: str = "[]") -> None:
    """Write the contract of an annual return, due four months after the end of its year."""
    department, name = code.split(".")
    path = settings.contracts / "returns" / department / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONTRACT.format(code=code, department=department, waivers=waivers), encoding="utf-8")


def test_a_first_draft_without_problems_has_an_empty_checklist(settings: Settings) -> None:
    draft(settings, "r1")
    found = checked(settings, "r1")
    assert (found.findings, found.before) == ((), None)


def test_no_note_resolves_a_missing_or_failed_verdict_or_an_altered_draft(settings: Settings) -> None:
    folder = draft(settings, "r1")
    with connect(folder / "warehouse.duckdb", settings) as connection:
        connection.execute("UPDATE marts.fct_observation SET value = 99 WHERE observation_key = 6")
    assert "r1 has changed since the gate" in message_of(checked(settings, "r1"), "gate")
    failed = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "critical", "1 row"),))
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(failed,)))
    assert "The gate refused r1" in message_of(checked(settings, "r1"), "gate")
    (folder / "verdict.json").unlink()
    found = checked(settings, "r1")
    assert "r1 has no verdict" in message_of(found, "gate")
    assert [(finding.severity, finding.noted_by) for finding in found.findings] == [("error", None)]


@pytest.mark.parametrize("suites", [(), (SuiteVerdict("disclosure", "marts.fct_observation", 0),)])
def test_a_missing_or_empty_disclosure_audit_is_an_error(settings: Settings, suites: tuple[SuiteVerdict, ...]) -> None:
    folder = draft(settings, "r1")
    other = SuiteVerdict("dim_return", "marts.dim_return", 1)
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(other, *suites)))
    assert codes(checked(settings, "r1")) == ["disclosure"]


def test_a_draft_that_does_not_name_its_source_is_refused(settings: Settings) -> None:
    draft(settings, "r1", made_of=None)
    assert codes(checked(settings, "r1")) == ["source"]


def test_warnings_of_the_gate_must_be_acknowledged(settings: Settings) -> None:
    folder = draft(settings, "r1")
    warned = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "warning", "1 row"),))
    suites = (*read_verdict(folder).suites, warned)
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=suites))
    assert message_of(checked(settings, "r1"), "gate.warnings") == "The gate gave warnings.; dim_return.x"


# ---------------------------------------------------------------- numbers


def test_a_revision_above_the_limit_is_an_error_until_a_note_explains_it(
    settings: Settings,
) -> None:
    public(settings, "r1")
    draft(settings, "r2", TRIPLED)
    found = checked(settings, "r2")
    assert codes(found) == ["revision.dfe.children"]
    assert found.errors[0].noted_by == "anybody"
    assert message_of(found, "revision.dfe.children") == (
        "1 published figure of 1 measure of dfe.children changed by more than 50%; explain why in a note.; "
        "dfe.in_school in E06000014, FY2022-23: 30 became 90"
    )


@pytest.mark.parametrize(("value", "is_large"), [("45", False), ("45.1", True), ("15", False), ("14.9", True)])
def test_the_limit_is_a_share_of_the_old_figure_up_or_down(settings: Settings, value: str, is_large: bool) -> None:
    public(settings, "r1")
    draft(settings, "r2", TRIPLED.replace("90", value))
    assert codes(checked(settings, "r2")) == (["revision.dfe.children"] if is_large else [])


def test_a_revision_from_zero_is_large(settings: Settings) -> None:
    public(settings, "r1", TRIPLED.replace("90", "0"))
    draft(settings, "r2", TRIPLED.replace("90", "0.001"))
    assert codes(checked(settings, "r2")) == ["revision.dfe.children"]


def test_removed_figures_must_be_acknowledged(settings: Settings) -> None:
    public(settings, "r1")
    suppressed = "UPDATE marts.fct_observation SET value = NULL, value_status = 'c' WHERE observation_key = 6"
    draft(settings, "r2", f"{suppressed}; DELETE FROM marts.fct_observation WHERE observation_key = 4")
    assert message_of(checked(settings, "r2"), "figures.gone").endswith("dfe.children (1); ons.life (1)")
    draft(settings, "r3", FEWER)  # it had no value before
    assert codes(checked(settings, "r3")) == []


# ---------------------------------------------------------------- method


def test_changed_code_or_contracts_are_errors_until_the_right_role_writes_a_note(
    settings: Settings,
) -> None:
    public(settings, "r1", contract_versions={"dfe.children": "1", "ons.life": "1"})
    draft(settings, "r2", code="0ther", contracts="0ther", contract_versions={"dfe.children": "2", "ons.life": "1"})
    found = checked(settings, "r2")
    assert [(finding.code, finding.noted_by) for finding in found.errors] == [
        ("method.code", "head_of_profession"),
        ("method.contracts", "head_of_profession"),
    ]
    assert message_of(found, "method.contracts").endswith("; dfe.children")


def test_an_unknown_method_counts_as_changed(settings: Settings) -> None:
    public(settings, "r1", code=None)
    draft(settings, "r2", code=None)
    assert codes(checked(settings, "r2")) == ["method.code"]


def test_a_draft_inherits_the_method_of_its_restricted_release(settings: Settings) -> None:
    publish(settings, passed_candidate(settings, "s1"), provenance={"code": "c0de"})
    folder = public(settings, "r1", made_of="s1")
    assert folder.is_dir()
    draft(settings, "r2", made_of="s1")
    path = settings.candidates_of("open") / "r2" / "provenance.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    del content["code"]
    path.write_text(json.dumps(content), encoding="utf-8")
    assert codes(checked(settings, "r2")) == []


# ---------------------------------------------------------------- returns


def test_returns_missing_or_late_on_the_day_of_the_verdict_are_named_unless_waived(
    settings: Settings,
) -> None:
    for name in ("dfe.children", "ons.life", "ons.nothing"):
        contract(settings, name)
    draft(settings, "r1")  # validated on 1 January 2026
    found = checked(settings, "r1")
    assert message_of(found, "returns.missing").endswith("; ons.nothing")
    assert message_of(found, "returns.late").endswith(
        "; dfe.children, due on 31 July 2024; ons.life, due on 31 July 2025"
    )
    contract(settings, "ons.life", "[{period_end: 2025-03-31, reason: A new system., granted_by: The centre}]")
    assert message_of(checked(settings, "r1"), "returns.late").endswith("; dfe.children, due on 31 July 2024")


def test_only_warnings_about_current_submissions_are_named(settings: Settings) -> None:
    warned = """INSERT INTO marts.fct_screening BY NAME
                SELECT submission_key, 1 AS problem_number, return_code, 'value.out_of_range' AS rule,
                       'warning' AS severity, 3 AS occurrence_count
                FROM marts.dim_submission WHERE return_code = 'dfe.children'"""
    draft(settings, "r1", warned)
    assert message_of(checked(settings, "r1"), "screening.warnings").endswith("; dfe.children, value.out_of_range (3)")


def test_a_draft_from_an_older_release_is_a_warning_that_keeps_signatures_valid(
    settings: Settings,
) -> None:
    publish(settings, passed_candidate(settings, "s1"))
    draft(settings, "r1", made_of="s1")
    before = checked(settings, "r1")
    publish(settings, passed_candidate(settings, "s2", FEWER))
    after = checked(settings, "r1")
    assert (codes(before), codes(after)) == ([], ["draft.older"])
    assert before.digest == after.digest


# ---------------------------------------------------------------- what a signature is bound to


def test_the_digest_depends_on_figures_previous_release_rules_and_provenance(
    settings: Settings,
) -> None:
    public(settings, "r1")
    folder = draft(settings, "r2")
    digests = {checked(settings, "r2").digest}
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    (folder / "provenance.json").write_text(json.dumps({**provenance, "made_of": "another"}), encoding="utf-8")
    digests.add(checked(settings, "r2").digest)
    path = settings.contracts / "publication.yml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules["open"]["pre_release_access"]["people"].append(
        {"name": "Ed", "role": "Adviser", "organisation": "Office", "reason": "Curious."}
    )
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    assert len(load_publication(settings.contracts).open.pre_release_access.people) == 2
    digests.add(checked(settings, "r2").digest)
    draft(settings, "r3", FEWER)
    digests.add(checked(settings, "r3").digest)
    assert len(digests) == 4
    same = checked(settings, "r3").digest
    assert checked(settings, "r3").digest == same
