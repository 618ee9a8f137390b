"""No route to publication bypasses the gate, the signatures or the time of publication, whatever the defect of a draft."""

import hashlib
import json
import logging
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration import cli
from orchestration.defs.assembly import build_definitions
from orchestration.foundation.database import connect
from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.drafts import drafts
from orchestration.warehouse.approval.signoff import approvals_file
from orchestration.warehouse.publishing import promotion
from orchestration.warehouse.publishing.decision import publish_approved, publish_candidate
from orchestration.warehouse.publishing.promotion import publish, rollback
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.audit import audit_log, read_audit, record
from orchestration.warehouse.store.catalogue import current_release, resolve_release
from orchestration.warehouse.store.manifest import verify_manifest
from orchestration.warehouse.store.sealing import append_line
from tests.defs.publishing_alone import failure_of, publish_alone
from tests.expectations.small_warehouse import passed_candidate
from tests.warehouse.approval.approval_fixtures import (
    FEWER,
    HEAD,
    LEAD,
    approve,
    checked,
    copy_of,
    draft,
    public,
    rules_of,
    settings_in,
    signs,
)
from tests.warehouse.publishing.test_killed_publications import STEPS, KilledError


@pytest.fixture(scope="module")
def with_r1(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings of a home with r1 published in the open tier."""
    settings = settings_in(tmp_path_factory.mktemp("with_r1"))
    public(settings, "r1")
    return settings


@pytest.fixture(scope="module")
def with_r2_approved(with_r1: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return settings of a home that also has a draft r2, which two people signed and whose time has come."""
    settings = copy_of(with_r1, tmp_path_factory.mktemp("with_r2"))
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    return settings


@pytest.fixture
def settings(with_r1: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a separate home with r1, also used by commands and Dagster."""
    settings = copy_of(with_r1, tmp_path)
    monkeypatch.setenv("OVERSIGHT_HOME", str(settings.home))
    monkeypatch.setenv("OVERSIGHT_CONTRACTS", str(settings.contracts))
    return settings


# ---------------------------------------------------------------- defects of r2


def no_verdict(settings: Settings) -> None:
    folder = draft(settings, "r2", FEWER)
    approve(settings, "r2")
    (folder / "verdict.json").unlink()


def altered(settings: Settings, release_id: str = "r2") -> None:
    folder = draft(settings, release_id, FEWER)
    approve(settings, release_id)
    with connect(folder / "warehouse.duckdb", settings) as connection:
        connection.execute("UPDATE marts.fct_observation SET value = 99 WHERE observation_key = 6")


def verdict_of_another(settings: Settings) -> None:
    folder = draft(settings, "r2", FEWER)
    approve(settings, "r2")
    other = resolve_release(settings, "r1", "open") / "verdict.json"
    (folder / "verdict.json").unlink()
    (folder / "verdict.json").write_bytes(other.read_bytes())


def before_its_time(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2", at=datetime.now(UTC))


def not_approved(settings: Settings) -> None:
    draft(settings, "r2", FEWER)


def approved_by_one_role(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    signs(settings, "bea", HEAD, "r2")


def approved_by_one_person_in_two_roles(settings: Settings) -> None:
    """One person, with write access to the files and the audit log, forges the second signature."""
    draft(settings, "r2", FEWER)
    signature = signs(settings, "ada", LEAD, "r2")
    path = approvals_file(settings, "r2")
    append_line(path, {"kind": "approve", **vars(signature), "role": HEAD})
    line = path.read_bytes().splitlines()[-1]
    record(settings, "approve", tier="open", release_id="r2", line_sha256=hashlib.sha256(line).hexdigest())


def approval_of_another_fingerprint(settings: Settings) -> None:
    """After the signatures, the figures and their verdict are replaced by others that match each other."""
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    signed_folder = settings.candidates_of("open") / "r2"
    signed_folder.rename(signed_folder.with_name("gone"))
    draft(settings, "r2")


def restricted_as_open(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    path = settings.candidates_of("open") / "r2" / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"tier": "restricted"}), encoding="utf-8")


DEFECTS: dict[Callable[[Settings], None], tuple[str, bool]] = {
    no_verdict: ("r2 has no verdict", True),
    altered: ("r2 has changed since the gate", True),
    verdict_of_another: ("The verdict beside r2 is about r1", True),
    before_its_time: ("r2 becomes public on ", False),
    not_approved: ("r2 is not approved: lead_statistician and head_of_profession must sign", False),
    approved_by_one_role: ("r2 is not approved: lead_statistician must sign", False),
    approved_by_one_person_in_two_roles: ("r2 is not approved: head_of_profession must sign", True),
    approval_of_another_fingerprint: (r"must sign \(2 signatures are void", True),
    restricted_as_open: ("r2 was built for the restricted tier and cannot be published", True),
}
"""Each defect with the message of the refusal, and whether the scheduled job fails: it does nothing unless a draft is
signed and due."""

each_defect = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)


def oversight(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["oversight", *words])
    before = list(logging.getLogger().handlers)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        for handler in set(logging.getLogger().handlers) - set(before):
            logging.getLogger().removeHandler(handler)
            handler.close()
    return int(ended.value.code or 0)


def run_schedule(settings: Settings) -> dg.ExecuteInProcessResult:
    """Run the job of the schedule at the time of publication."""
    definitions = build_definitions(settings)
    schedule = definitions.resolve_schedule_def("opening")
    job = definitions.resolve_job_def(schedule.job_name)
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)


@each_defect
def test_no_route_publishes_a_defective_draft(
    settings: Settings,
    defect: Callable[[Settings], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    defect(settings)
    message, is_loud = DEFECTS[defect]
    with pytest.raises(GateRefusedError, match=message):
        publish(settings, "r2", "open")
    refused = read_audit(settings)[-1]
    assert (refused["event"], refused["release_id"], refused["tier"]) == ("refuse", "r2", "open")
    if is_loud:
        with pytest.raises(GateRefusedError, match=message):
            publish_approved(settings)
    else:
        assert publish_approved(settings) is None
    assert oversight(monkeypatch, "publish", "r2", "--tier", "open") == 3
    assert oversight(monkeypatch, "publish", "r2") == 1  # the restricted tier has no such candidate
    assert oversight(monkeypatch, "rollback", "r2", "--tier", "open") == 1
    assert "Traceback" not in capsys.readouterr().err
    assert run_schedule(settings).success is not is_loud
    assert current_release(settings, "open") == "r1"
    assert current_release(settings) is None
    assert not (settings.releases / "open" / "r2").exists()


def test_the_schedule_publishes_an_approved_draft(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    assert run_schedule(settings).success
    assert current_release(settings, "open") == "r2"
    assert run_schedule(settings).success
    assert [line["release_id"] for line in read_audit(settings) if line["event"] == "publish"] == ["r1", "r2"]


def test_the_command_publishes_an_approved_draft_during_a_refresh(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    monkeypatch.setattr("orchestration.foundation.locks.refresh_lock", None)  # calling it would fail
    assert oversight(monkeypatch, "publish", "r2", "--tier", "open") == 0
    assert current_release(settings, "open") == "r2"


def test_only_the_newest_approved_draft_is_published(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    folder = draft(settings, "r3")
    approve(settings, "r3")
    (folder / "verdict.json").unlink()
    with pytest.raises(GateRefusedError, match="r3 has no verdict"):
        publish_approved(settings)
    assert current_release(settings, "open") == "r1"


def test_a_newer_unsigned_draft_does_not_delay_an_approved_one(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    draft(settings, "r3")
    outcome = publish_approved(settings)
    assert outcome is not None
    assert outcome.release_id == "r2"


def test_an_open_draft_never_becomes_a_restricted_release(settings: Settings) -> None:
    folder = draft(settings, "r2", FEWER)
    settings.candidates.mkdir(parents=True, exist_ok=True)
    folder.rename(settings.candidates / "r2")
    with pytest.raises(
        GateRefusedError, match="r2 was built for the open tier and cannot be published in the restricted tier"
    ):
        publish_candidate(settings, "r2")
    with pytest.raises(GateRefusedError, match="r2 was built for the open tier"):
        publish(settings, "r2")
    alone = publish_alone("r2")
    assert not alone.success
    assert "built for the open tier" in failure_of(alone)
    assert (current_release(settings), current_release(settings, "open")) == (None, "r1")


def test_the_nightly_asset_publishes_nothing_in_the_open_tier(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    passed_candidate(settings, "r2")
    alone = publish_alone("r2")
    assert alone.success
    assert (current_release(settings), current_release(settings, "open")) == ("r2", "r1")


def test_a_restricted_release_among_the_open_ones_cannot_be_rolled_back_to(settings: Settings) -> None:
    publish(settings, passed_candidate(settings, "r0"))
    put = settings.releases / "open" / "r0"
    (settings.releases / "restricted" / "r0").rename(put)
    with pytest.raises(OversightError, match="does not show r0 as published and still approved"):
        rollback(settings, "r0", "open")
    with pytest.raises(GateRefusedError):
        publish(settings, "r0", "open")
    assert current_release(settings, "open") == "r1"


def test_a_public_release_altered_with_its_manifest_cannot_be_rolled_back_to(
    with_r2_approved: Settings, tmp_path: Path
) -> None:
    settings = copy_of(with_r2_approved, tmp_path)
    publish(settings, "r2", "open")
    manifest = settings.releases / "open" / "r1" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.chmod(0o644)
    manifest.write_text(json.dumps({**content, "sealed_at": "2026-01-01T00:00:00Z"}), encoding="utf-8")
    with pytest.raises(OversightError, match="does not show r1 as published and still approved"):
        rollback(settings, "r1", "open")
    assert current_release(settings, "open") == "r2"


def test_publications_and_refusals_of_signed_drafts_are_notified(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.jsonl"
    hook = f"import sys; open({str(heard)!r}, 'a').write(sys.stdin.read() + chr(10))"
    monkeypatch.setenv("OVERSIGHT_NOTIFY_COMMAND", shlex.join([sys.executable, "-c", hook]))
    assert run_schedule(settings).success  # nothing is waiting, so there is no notification
    assert not heard.exists()
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    assert run_schedule(settings).success
    altered(settings, "r3")
    assert not run_schedule(settings).success
    events = [json.loads(line) for line in heard.read_text(encoding="utf-8").splitlines()]
    assert [(event["event"], event["release_id"]) for event in events] == [
        ("open_published", "r2"),
        ("gate_refused", None),
    ]
    assert events[1]["rule"] == "publish_the_approved_draft"
    assert "r3 has changed since the gate" in events[1]["observed"]


def test_a_clock_behind_the_audit_log_publishes_nothing(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    line = {"at": "2999-01-01T00:00:00Z", "by": "ada", "event": "rollback", "tier": "restricted"}
    append_line(audit_log(settings), line)
    for _ in range(2):  # the recorded refusal must not make the wrong clock acceptable
        with pytest.raises(GateRefusedError, match="but the audit log has a line of 2999"):
            publish(settings, "r2", "open")
    assert (read_audit(settings)[-1]["event"], current_release(settings, "open")) == ("refuse", "r1")


def test_without_rules_nothing_is_published(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    (settings.contracts / "publication.yml").unlink()
    with pytest.raises(OversightError, match=r"publication\.yml"):
        publish(settings, "r2", "open")
    assert current_release(settings, "open") == "r1"


# ---------------------------------------------------------------- contents of an open release


def test_the_pre_release_access_list_is_published_and_safe_in_a_spreadsheet(
    settings: Settings,
) -> None:
    folder = resolve_release(settings, None, "open")
    text = (folder / "pre-release-access.csv").read_text(encoding="utf-8")
    assert text == (
        "name,role,organisation,reason,hours_before_publication\nDi,Minister,'=cmd|' /C calc'!A0,Answers for it.,24\n"
    )
    assert "pre-release-access.csv" in verify_manifest(folder)["files"]
    assert all(not finding.problems for finding in verify_all(settings))


# ---------------------------------------------------------------- rollback


def test_a_rollback_needs_no_approval_and_holds_the_schedule(settings: Settings) -> None:
    draft(settings, "r2", FEWER)
    approve(settings, "r2")
    publish(settings, "r2", "open")
    rollback(settings, tier="open", reason="York telephoned.")
    assert current_release(settings, "open") == "r1"
    assert publish_approved(settings) is None  # r2 was rolled back: only a person may publish it again
    draft(settings, "r3")
    approve(settings, "r3")
    outcome = publish_approved(settings)
    assert outcome is not None
    assert outcome.held is not None
    assert current_release(settings, "open") == "r1"
    assert publish(settings, "r2", "open", lifts_hold=True).moved
    assert current_release(settings, "open") == "r2"


def test_publishing_a_public_release_again_needs_no_approval_and_changes_nothing(settings: Settings) -> None:
    (settings.contracts / "publication.yml").unlink()
    assert not publish(settings, "r1", "open").moved


def test_the_checklist_of_a_public_release_is_the_one_that_was_signed(
    with_r2_approved: Settings, tmp_path: Path
) -> None:
    settings = copy_of(with_r2_approved, tmp_path)
    before = checked(settings, "r2")
    publish(settings, "r2", "open")
    assert checked(settings, "r2") == before


# ---------------------------------------------------------------- interrupted publications


@pytest.mark.parametrize("when", ["before write_access_list", *(f"before {step}" for step in STEPS), "after point"])
def test_the_next_scheduled_run_completes_an_interrupted_publication(
    with_r2_approved: Settings, tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copy_of(with_r2_approved, tmp_path)
    moment, step = when.split()
    original = getattr(promotion, step)

    def dies(*arguments: object, **named: object) -> None:
        if moment == "after":
            original(*arguments, **named)
        raise KilledError(step)

    with monkeypatch.context() as patched:
        patched.setattr(promotion, step, dies)
        with pytest.raises(KilledError):
            publish_approved(settings)
    assert current_release(settings, "open") == ("r2" if moment == "after" else "r1")
    assert (publish_approved(settings) is None) is (moment == "after")
    assert current_release(settings, "open") == "r2"
    assert verify_manifest(resolve_release(settings, None, "open"))["previous_release"] == "r1"
    assert publish_approved(settings) is None
    assert drafts(settings, rules_of(settings)) == []
    assert not publish(settings, "r2", "open").moved
