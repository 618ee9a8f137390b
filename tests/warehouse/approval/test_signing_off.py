"""Two people sign, each as themselves, for exactly what they saw; anything else is no approval."""

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


# ---------------------------------------------------------------- who


def test_both_roles_must_sign(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with pytest.raises(GateRefusedError, match="r1 is not approved: head_of_profession must sign;"):
        approved(settings, rules_of(settings), checked(settings, "r1"))
    signs(settings, "bea", HEAD, "r1")
    assert is_approved(settings)


def test_only_who_has_the_role_signs_for_it(settings: Settings) -> None:
    with pytest.raises(GateRefusedError, match="bea is not among the people of role lead_statistician"):
        signs(settings, "bea", LEAD, "r1")
    with pytest.raises(UsageError, match="'minister' does not sign for tier open"):
        signs(settings, "ada", "minister", "r1")
    assert not approvals_file(settings, "r1").exists()


def test_nobody_signs_twice_though_they_have_both_roles(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with pytest.raises(GateRefusedError, match="Ada has signed r1 as lead_statistician: nobody signs twice"):
        signs(settings, "ada", HEAD, "r1")
    with pytest.raises(GateRefusedError, match="Ada has signed r1 for lead_statistician: it needs no second one"):
        signs(settings, "cy", LEAD, "r1")


def test_who_has_left_the_role_by_the_time_of_publication_has_not_signed(settings: Settings) -> None:
    approve(settings, "r1")
    path = settings.contracts / "publication.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("login: bea", "login: eve"), encoding="utf-8")
    assert not is_approved(settings)


def test_the_environment_cannot_say_who_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LOGIN_UID", Path("/nowhere"))
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "ada")
    assert audit.user() == pwd.getpwuid(os.getuid()).pw_name


def test_who_logged_in_signs_whoever_they_have_become(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid != os.getuid())
    monkeypatch.setattr(audit, "LOGIN_UID", tmp_path / "loginuid")
    audit.LOGIN_UID.write_text(str(other.pw_uid), encoding="ascii")
    assert audit.user() == pwd.getpwuid(other.pw_uid).pw_name
    audit.LOGIN_UID.write_text("4294967295", encoding="ascii")  # nobody logged in
    assert audit.user() == pwd.getpwuid(os.getuid()).pw_name


# ---------------------------------------------------------------- for what


def test_a_signature_names_person_role_moment_draft_and_checklist_in_the_file_and_in_the_audit_log(
    settings: Settings,
) -> None:
    made = signs(settings, "ada", LEAD, "r1")
    found = checked(settings, "r1")
    [line] = [json.loads(line) for line in approvals_file(settings, "r1").read_text(encoding="utf-8").splitlines()]
    assert (line["by"], line["name"], line["role"], line["at"]) == ("ada", "Ada", LEAD, made.at)
    assert (line["fingerprint"], line["checklist"]) == (found.fingerprint, found.digest)
    entry = read_audit(settings)[-1]
    assert (entry["event"], entry["release_id"], entry["checklist"]) == ("approve", "r1", found.digest)


def test_a_signature_is_void_once_the_checklist_changes(settings: Settings) -> None:
    approve(settings, "r1")
    path = settings.contracts / "publication.yml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules["open"]["pre_release_access"]["hours"] = 3
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    with pytest.raises(GateRefusedError, match=r"\(2 signatures are void: about other numbers or another checklist"):
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


def test_a_line_that_was_written_by_hand_is_no_signature(settings: Settings) -> None:
    made = signs(settings, "ada", LEAD, "r1")
    forged = {**vars(made), "kind": "approve", "by": "bea", "role": HEAD}
    append_line(approvals_file(settings, "r1"), forged)
    assert [one.by for one in signed(settings, "r1")] == ["ada"]
    assert not is_approved(settings)


def test_a_line_of_somebody_without_the_role_is_no_signature_though_the_audit_log_knows_it(settings: Settings) -> None:
    made = signs(settings, "ada", LEAD, "r1")
    path = approvals_file(settings, "r1")
    append_line(path, {**vars(made), "kind": "approve", "by": "mallory", "role": HEAD})
    digest = hashlib.sha256(path.read_bytes().splitlines()[-1]).hexdigest()
    audit.record(settings, "approve", tier="open", release_id="r1", line_sha256=digest)
    assert [one.by for one in signed(settings, "r1")] == ["ada", "mallory"]
    assert not is_approved(settings)


def test_a_note_of_another_role_settles_nothing_at_publication_either(settings: Settings) -> None:
    method = Finding("method.code", "error", "Other code.", noted_by=HEAD)
    found = dataclasses.replace(checked(settings, "r1"), findings=(method,))
    made = signs(settings, "ada", LEAD, "r1")
    noted = dataclasses.replace(made, notes={"method.code": "Faster."})
    assert unsettled(found, [noted]) == [method]
    assert unsettled(found, [dataclasses.replace(noted, role=HEAD)]) == []


def test_a_line_torn_by_a_loss_of_power_hides_no_other(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r1")
    with approvals_file(settings, "r1").open("a", encoding="utf-8") as file:
        file.write('{"kind": "appr')
    signs(settings, "bea", HEAD, "r1")
    assert is_approved(settings)


def test_killed_before_the_audit_log_knew_the_signature_is_given_again(settings: Settings) -> None:
    with mock.patch.object(signoff, "record", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        signs(settings, "ada", LEAD, "r1")
    assert signed(settings, "r1") == []
    approve(settings, "r1")
    assert is_approved(settings)


# ---------------------------------------------------------------- what they saw


def test_every_warning_must_be_acknowledged_by_each_who_signs(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", "DELETE FROM marts.fct_observation WHERE observation_key = 4")
    with pytest.raises(GateRefusedError, match=r"r2 has warnings that you have not acknowledged: figures\.gone"):
        signs(settings, "ada", LEAD, "r2")
    signs(settings, "ada", LEAD, "r2", acknowledged=("figures.gone",))
    with pytest.raises(GateRefusedError, match="have not acknowledged"):
        signs(settings, "bea", HEAD, "r2")
    with pytest.raises(UsageError, match=r"has no 'figures\.lost'"):
        signs(settings, "bea", HEAD, "r2", acknowledged=("figures.gone", "figures.lost"))


def test_a_large_revision_needs_a_note_of_one_of_them_and_has_one_only(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", TRIPLED)
    code = "revision.dfe.children"
    with pytest.raises(GateRefusedError, match=rf"cannot be signed while {code} stands in the way: write a note"):
        signs(settings, "ada", LEAD, "r2")
    with pytest.raises(UsageError, match="is empty"):
        signs(settings, "ada", LEAD, "r2", notes={code: " "})
    signs(settings, "ada", LEAD, "r2", notes={code: "York counted again."})
    with pytest.raises(GateRefusedError, match="Ada has written the note"):
        signs(settings, "bea", HEAD, "r2", notes={code: "Something else."})
    signs(settings, "bea", HEAD, "r2")
    assert is_approved(settings, "r2")


def test_a_change_of_method_is_noted_by_its_own_role(settings: Settings) -> None:
    approve(settings, "r1")
    publish(settings, "r1", "open")
    draft(settings, "r2", code="0ther")
    with pytest.raises(
        GateRefusedError, match=r"'method\.code' is not settled by a note of lead_statistician, only of"
    ):
        signs(settings, "ada", LEAD, "r2", notes={"method.code": "Faster."})
    signs(settings, "bea", HEAD, "r2", notes={"method.code": "Faster; the figures are the same."})
    signs(settings, "ada", LEAD, "r2")
    assert is_approved(settings, "r2")


def test_what_no_note_settles_cannot_be_signed(settings: Settings) -> None:
    draft(settings, "r2", made_of=None)
    with pytest.raises(GateRefusedError, match="cannot be signed while source stands in the way: mend it"):
        signs(settings, "ada", LEAD, "r2")
    with pytest.raises(GateRefusedError, match="'source' is not settled by a note of lead_statistician: mend"):
        signs(settings, "ada", LEAD, "r2", notes={"source": "Never mind."})


# ---------------------------------------------------------------- for when


def test_the_first_to_sign_chooses_the_day_and_the_others_sign_for_it(settings: Settings) -> None:
    monday = datetime(2026, 3, 23, 12, tzinfo=UTC)
    made = signs(settings, "ada", LEAD, "r1", at=monday, on=date(2026, 3, 30))
    assert made.publish_at == "2026-03-30T08:30:00Z"
    with pytest.raises(GateRefusedError, match="Ada has signed for Monday 30 March 2026 at 09:30"):
        signs(settings, "bea", HEAD, "r1", at=monday, on=date(2026, 3, 31))
    assert signs(settings, "bea", HEAD, "r1", at=monday).publish_at == made.publish_at


def test_without_a_day_it_is_the_next_time_of_publication(settings: Settings) -> None:
    made = signs(settings, "ada", LEAD, "r1", at=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert made.publish_at == "2026-03-29T08:30:00Z"


def test_nobody_signs_for_a_time_that_is_past(settings: Settings) -> None:
    monday = datetime(2026, 3, 23, 12, tzinfo=UTC)
    with pytest.raises(GateRefusedError, match=r"Monday 23 March 2026 at 09:30 .* is past: choose a later day"):
        signs(settings, "ada", LEAD, "r1", at=monday, on=monday.date())
    signs(settings, "ada", LEAD, "r1", at=monday)
    with pytest.raises(GateRefusedError, match="is past: withdraw the approval"):
        signs(settings, "bea", HEAD, "r1", at=monday + timedelta(days=1))


# ---------------------------------------------------------------- taken back


def test_a_withdrawal_voids_all_signatures_and_the_draft_can_be_signed_anew(settings: Settings) -> None:
    approve(settings, "r1")
    with mock.patch.object(signoff, "user", return_value="cy"):
        assert withdraw(settings, rules_of(settings), "r1", "York telephoned.") == 2
        with pytest.raises(GateRefusedError, match="Nobody has signed r1"):
            withdraw(settings, rules_of(settings), "r1", "Again.")
    assert not is_approved(settings)
    assert read_audit(settings)[-1]["reason"] == "York telephoned."
    approve(settings, "r1")
    assert is_approved(settings)


def test_signatures_that_were_withdrawn_do_not_come_back_with_their_lines(settings: Settings) -> None:
    approve(settings, "r1")
    lines = approvals_file(settings, "r1").read_bytes()
    with mock.patch.object(signoff, "user", return_value="ada"):
        withdraw(settings, rules_of(settings), "r1", "York telephoned.")
    approvals_file(settings, "r1").write_bytes(lines)
    assert not is_approved(settings)


def test_only_people_of_the_rules_withdraw_and_nothing_that_is_public(settings: Settings) -> None:
    approve(settings, "r1")
    mallory, ada = (mock.patch.object(signoff, "user", return_value=login) for login in ("mallory", "ada"))
    with mallory, pytest.raises(GateRefusedError, match="mallory has no role"):
        withdraw(settings, rules_of(settings), "r1", "For fun.")
    publish(settings, "r1", "open")
    with ada, pytest.raises(GateRefusedError, match="r1 is public: go back"):
        withdraw(settings, rules_of(settings), "r1", "Too late.")


def test_a_draft_is_approved_for_itself_alone(settings: Settings) -> None:
    approve(settings, "r1")
    draft(settings, "r2")
    approvals_file(settings, "r2").write_bytes(approvals_file(settings, "r1").read_bytes())
    assert not is_approved(settings, "r2")
    assert public(settings, "r3").is_dir()
