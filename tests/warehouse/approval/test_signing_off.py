"""Approval requires two people, each signing as themselves for exactly the draft and checklist that they saw."""

import dataclasses
import hashlib
import json
import os
import pwd
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
import yaml

from orchestration.foundation.errors import GateRefusedError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval import signoff
from orchestration.warehouse.approval.checklist import Finding
from orchestration.warehouse.approval.publication_checks import approved
from orchestration.warehouse.approval.signoff import approvals_file, signed, unsettled, withdraw
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.store import audit
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.sealing import append_line
from tests.warehouse.approval.approval_fixtures import (
    HEAD,
    LEAD,
    TRIPLED,
    approve,
    checked,
    draft,
    public,
    rules_of,
    settings_in,
    signs,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_in(tmp_path)
    draft(settings, "r1")
    return settings


def is_approved(settings: Settings, release_id: str = "r1") -> bool:
    try:
        approved(settings, rules_of(settings), checked(settings, release_id))
    except GateRefusedError:
        return False
    return True


# ---------------------------------------------------------------- who signs


def test_both_roles_must_sign(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with pytest.raises(GateRefusedError, match="r1 is not approved: head_of_profession must sign;"):
        approved(settings, rules_of(settings), checked(settings, "r1"))
    signs(settings, "bea", HEAD, "r1")
    assert is_approved(settings)


def test_only_a_person_with_the_role_signs_for_it(settings: Settings) -> None:
    with pytest.raises(GateRefusedError, match="bea does not have the role lead_statistician"):
        signs(settings, "bea", LEAD, "r1")
    with pytest.raises(UsageError, match="'minister' is not a signing role for the open tier"):
        signs(settings, "ada", "minister", "r1")
    assert not approvals_file(settings, "r1").exists()


def test_a_person_with_both_roles_signs_once_only(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with pytest.raises(GateRefusedError, match="Ada has already signed r1 as lead_statistician; each role"):
        signs(settings, "ada", HEAD, "r1")
    with pytest.raises(GateRefusedError, match="Ada has already signed r1 as lead_statistician; one signature"):
        signs(settings, "cy", LEAD, "r1")


def test_the_signature_of_a_person_who_has_left_the_role_is_void(settings: Settings) -> None:
    approve(settings, "r1")
    path = settings.contracts / "publication.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("login: bea", "login: eve"), encoding="utf-8")
    assert not is_approved(settings)


def test_the_environment_does_not_determine_who_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LOGIN_UID", Path("/nowhere"))
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "ada")
    assert audit.user() == pwd.getpwuid(os.getuid()).pw_name


def test_the_login_account_signs_even_after_a_change_of_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid != os.getuid())
    monkeypatch.setattr(audit, "LOGIN_UID", tmp_path / "loginuid")
    audit.LOGIN_UID.write_text(str(other.pw_uid), encoding="ascii")
    assert audit.user() == pwd.getpwuid(other.pw_uid).pw_name
    audit.LOGIN_UID.write_text("4294967295", encoding="ascii")  # the value of a process without a login
    assert audit.user() == pwd.getpwuid(os.getuid()).pw_name


# ---------------------------------------------------------------- what a signature is for


def test_a_signature_is_recorded_in_the_file_and_in_the_audit_log(
    settings: Settings,
) -> None:
    signature = signs(settings, "ada", LEAD, "r1")
    checklist = checked(settings, "r1")
    [line] = [json.loads(line) for line in approvals_file(settings, "r1").read_text(encoding="utf-8").splitlines()]
    assert (line["by"], line["name"], line["role"], line["at"]) == ("ada", "Ada", LEAD, signature.at)
    assert (line["fingerprint"], line["checklist"]) == (checklist.fingerprint, checklist.digest)
    entry = read_audit(settings)[-1]
    assert (entry["event"], entry["release_id"], entry["checklist"]) == ("approve", "r1", checklist.digest)


def test_a_signature_is_void_once_the_checklist_changes(settings: Settings) -> None:
    approve(settings, "r1")
    path = settings.contracts / "publication.yml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules["open"]["pre_release_access"]["hours"] = 3
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(GateRefusedError, match=r"\(2 signatures are void: for other figures or another checklist"):
        approved(settings, rules_of(settings), checked(settings, "r1"))
    approve(settings, "r1")
    assert is_approved(settings)


def test_a_signature_is_void_once_another_release_is_public(settings: Settings) -> None:
    draft(settings, "r2")
    approve(settings, "r2")
    assert is_approved(settings, "r2")
    approve(settings, "r1")
    publish(settings, "r1", "open")
    assert not is_approved(settings, "r2")


def test_a_line_written_by_hand_is_not_a_signature(settings: Settings) -> None:
    signature = signs(settings, "ada", LEAD, "r1")
    forged = {**vars(signature), "kind": "approve", "by": "bea", "role": HEAD}
    append_line(approvals_file(settings, "r1"), forged)
    assert [signature.by for signature in signed(settings, "r1")] == ["ada"]
    assert not is_approved(settings)


def test_a_recorded_signature_without_the_role_is_not_valid(settings: Settings) -> None:
    signature = signs(settings, "ada", LEAD, "r1")
    path = approvals_file(settings, "r1")
    append_line(path, {**vars(signature), "kind": "approve", "by": "mallory", "role": HEAD})
    digest = hashlib.sha256(path.read_bytes().splitlines()[-1]).hexdigest()
    audit.record(settings, "approve", tier="open", release_id="r1", line_sha256=digest)
    assert [signature.by for signature in signed(settings, "r1")] == ["ada", "mallory"]
    assert not is_approved(settings)


def test_a_note_from_another_role_resolves_nothing_at_publication_either(settings: Settings) -> None:
    method = Finding("method.code", "error", "Other code.", noted_by=HEAD)
    checklist = dataclasses.replace(checked(settings, "r1"), findings=(method,))
    signature = signs(settings, "ada", LEAD, "r1")
    noted = dataclasses.replace(signature, notes={"method.code": "Faster."})
    assert unsettled(checklist, [noted]) == [method]
    assert unsettled(checklist, [dataclasses.replace(noted, role=HEAD)]) == []


def test_an_incomplete_line_does_not_affect_later_ones(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with approvals_file(settings, "r1").open("a", encoding="utf-8") as file:
        file.write('{"kind": "appr')
    signs(settings, "bea", HEAD, "r1")
    assert is_approved(settings)


def test_a_signature_interrupted_before_the_audit_line_can_be_repeated(settings: Settings) -> None:
    with mock.patch.object(signoff, "record", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        signs(settings, "ada", LEAD, "r1")
    assert signed(settings, "r1") == []
    approve(settings, "r1")
    assert is_approved(settings)


# ---------------------------------------------------------------- what the checklist requires


def test_each_person_who_signs_must_acknowledge_every_warning(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", "DELETE FROM marts.fct_observation WHERE observation_key = 4")
    with pytest.raises(GateRefusedError, match=r"r2 has warnings that you have not acknowledged \(figures\.gone\)"):
        signs(settings, "ada", LEAD, "r2")
    signs(settings, "ada", LEAD, "r2", acknowledged=("figures.gone",))
    with pytest.raises(GateRefusedError, match="have not acknowledged"):
        signs(settings, "bea", HEAD, "r2")
    with pytest.raises(UsageError, match=r"has no 'figures\.lost'"):
        signs(settings, "bea", HEAD, "r2", acknowledged=("figures.gone", "figures.lost"))


def test_a_large_revision_needs_exactly_one_note(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", TRIPLED)
    code = "revision.dfe.children"
    with pytest.raises(GateRefusedError, match=rf"cannot be signed with unresolved errors \({code}\); write a note"):
        signs(settings, "ada", LEAD, "r2")
    with pytest.raises(UsageError, match="is empty"):
        signs(settings, "ada", LEAD, "r2", notes={code: " "})
    signs(settings, "ada", LEAD, "r2", notes={code: "York counted again."})
    with pytest.raises(GateRefusedError, match="Ada has already written the note"):
        signs(settings, "bea", HEAD, "r2", notes={code: "Something else."})
    signs(settings, "bea", HEAD, "r2")
    assert is_approved(settings, "r2")


def test_only_the_right_role_writes_a_note_on_a_change_of_method(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", code="0ther")
    with pytest.raises(
        GateRefusedError, match=r"'method\.code' cannot be resolved by a note from lead_statistician; it needs"
    ):
        signs(settings, "ada", LEAD, "r2", notes={"method.code": "Faster."})
    signs(settings, "bea", HEAD, "r2", notes={"method.code": "Faster; the figures are the same."})
    signs(settings, "ada", LEAD, "r2")
    assert is_approved(settings, "r2")


def test_a_draft_with_an_error_that_no_note_resolves_cannot_be_signed(settings: Settings) -> None:
    draft(settings, "r2", made_of=None)
    with pytest.raises(GateRefusedError, match=r"cannot be signed with unresolved errors \(source\); fix the cause"):
        signs(settings, "ada", LEAD, "r2")
    with pytest.raises(GateRefusedError, match="'source' cannot be resolved by a note from lead_statistician; fix"):
        signs(settings, "ada", LEAD, "r2", notes={"source": "Never mind."})


# ---------------------------------------------------------------- day of publication


def test_the_first_to_sign_chooses_the_day_for_all(settings: Settings) -> None:
    monday = datetime(2026, 3, 23, 12, tzinfo=UTC)
    signature = signs(settings, "ada", LEAD, "r1", at=monday, on=date(2026, 3, 30))
    assert signature.publish_at == "2026-03-30T08:30:00Z"
    with pytest.raises(GateRefusedError, match="Ada has signed for publication on Monday 30 March 2026 at 9:30am"):
        signs(settings, "bea", HEAD, "r1", at=monday, on=date(2026, 3, 31))
    assert signs(settings, "bea", HEAD, "r1", at=monday).publish_at == signature.publish_at


def test_the_default_day_is_the_next_time_of_publication(settings: Settings) -> None:
    signature = signs(settings, "ada", LEAD, "r1", at=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert signature.publish_at == "2026-03-29T08:30:00Z"


def test_a_time_that_has_passed_cannot_be_chosen(settings: Settings) -> None:
    monday = datetime(2026, 3, 23, 12, tzinfo=UTC)
    with pytest.raises(GateRefusedError, match=r"Monday 23 March 2026 at 9:30am .* has passed; choose a later day"):
        signs(settings, "ada", LEAD, "r1", at=monday, on=monday.date())
    signs(settings, "ada", LEAD, "r1", at=monday)
    with pytest.raises(GateRefusedError, match="has passed; withdraw the approval"):
        signs(settings, "bea", HEAD, "r1", at=monday + timedelta(days=1))


# ---------------------------------------------------------------- withdrawal


def test_a_withdrawal_cancels_all_signatures_and_the_draft_can_be_signed_again(settings: Settings) -> None:
    approve(settings, "r1")
    with mock.patch.object(signoff, "user", return_value="cy"):
        assert withdraw(settings, rules_of(settings), "r1", "York telephoned.") == 2
        with pytest.raises(GateRefusedError, match="r1 has no signatures"):
            withdraw(settings, rules_of(settings), "r1", "Again.")
    assert not is_approved(settings)
    assert read_audit(settings)[-1]["reason"] == "York telephoned."
    approve(settings, "r1")
    assert is_approved(settings)


def test_withdrawn_signatures_stay_cancelled_when_their_lines_are_restored(settings: Settings) -> None:
    approve(settings, "r1")
    lines = approvals_file(settings, "r1").read_bytes()
    with mock.patch.object(signoff, "user", return_value="ada"):
        withdraw(settings, rules_of(settings), "r1", "York telephoned.")
    approvals_file(settings, "r1").write_bytes(lines)
    assert not is_approved(settings)


def test_only_people_with_a_role_withdraw_and_only_unpublished_drafts(settings: Settings) -> None:
    approve(settings, "r1")
    mallory, ada = (mock.patch.object(signoff, "user", return_value=login) for login in ("mallory", "ada"))
    with mallory, pytest.raises(GateRefusedError, match="mallory has no role"):
        withdraw(settings, rules_of(settings), "r1", "For fun.")
    publish(settings, "r1", "open")
    with ada, pytest.raises(GateRefusedError, match="r1 is already public"):
        withdraw(settings, rules_of(settings), "r1", "Too late.")


def test_the_approval_of_one_draft_does_not_count_for_another(settings: Settings) -> None:
    approve(settings, "r1")
    draft(settings, "r2")
    approvals_file(settings, "r2").write_bytes(approvals_file(settings, "r1").read_bytes())
    assert not is_approved(settings, "r2")
    assert public(settings, "r3").is_dir()
