"""Approval of a draft from the command line: checklist, signatures, pre-release access, publication, rollback."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
import yaml
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError, OversightError, UsageError
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.approval import signoff
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.store.audit import read_audit, user
from orchestration.warehouse.store.catalogue import current_release
from tests.warehouse.approval.approval_fixtures import (
    HEAD,
    LEAD,
    TRIPLED,
    approve,
    copy_of,
    draft,
    public,
    settings_in,
    signs,
)

MONDAY = datetime(2026, 3, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def with_drafts(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return a home with the open release r1, and a draft r2 that revises it."""
    settings = settings_in(tmp_path_factory.mktemp("drafts"))
    public(settings, "r1")
    draft(settings, "r2", f"{TRIPLED}; DELETE FROM marts.fct_observation WHERE observation_key = 4")
    return settings


@pytest.fixture
def settings(with_drafts: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = copy_of(with_drafts, tmp_path)
    monkeypatch.setenv("OVERSIGHT_HOME", str(settings.home))
    monkeypatch.setenv("OVERSIGHT_CONTRACTS", str(settings.contracts))
    return settings


def oversight(*words: str, by: str = "ada", at: datetime = MONDAY) -> tuple[str, BaseException | None]:
    """Return what the command printed, and the error that it raised."""
    with mock.patch.object(signoff, "user", return_value=by), clock.set_to(at):
        done = CliRunner().invoke(app, [*words], env={"COLUMNS": "160"})
    return done.stdout, done.exception


def printed_by(*words: str, by: str = "ada", at: datetime = MONDAY) -> str:
    """Return what the command printed; it must not fail."""
    printed, failure = oversight(*words, by=by, at=at)
    assert failure is None, failure
    return printed


def refused(*words: str, by: str = "ada", at: datetime = MONDAY) -> str:
    """Return the error of a command that ended with exit code 3."""
    failure = oversight(*words, by=by, at=at)[1]
    assert isinstance(failure, GateRefusedError), failure
    assert failure.exit_code == 3
    return str(failure)


SEEN = ("--acknowledge", "figures.gone")
NOTED = ("--note", "revision.dfe.children=York counted again = better.")


def test_a_draft_is_checked_signed_published_and_rolled_back(settings: Settings, tmp_path: Path) -> None:
    printed, failure = oversight("checklist")
    assert "Draft r2, compared with r1, which is public" in printed
    assert "error    revision.dfe.children: 1 published figure" in printed
    assert "dfe.in_school in E06000014, FY2022-23: 30 became 90" in printed
    assert "warning  figures.gone" in printed
    assert "unsigned lead_statistician, head_of_profession" in printed
    assert isinstance(failure, GateRefusedError)

    assert "cannot be signed with unresolved errors (revision.dfe.children)" in refused(
        "approve", "r2", "--role", LEAD, *SEEN
    )
    printed = printed_by("approve", "r2", "--role", LEAD, *SEEN, *NOTED, "--on", "2026-03-30")
    assert "Ada has signed r2 as Lead statistician.\nStill to sign: Head of profession." in printed
    assert "Monday 30 March 2026 at 9:30am (Europe/London)" in printed
    assert "r2 is waiting for the signature of head_of_profession" in printed_by("status")
    assert "is not approved" in refused("preview", "r2", str(tmp_path / "copy"), "--for", "Di")

    assert "each role must be signed by a different person" in refused("approve", "r2", "--role", HEAD, *SEEN)
    assert "Still to sign" not in printed_by("approve", "r2", "--role", HEAD, *SEEN, by="bea")
    printed = printed_by("checklist", "r2", "--tier", "open")
    assert "noted    revision.dfe.children" in printed
    assert "Ada: York counted again = better." in printed
    assert "signed   head_of_profession: Bea" in printed
    assert "r2 is signed and becomes public on Monday 30 March 2026 at 9:30am" in printed_by("status")

    with mock.patch("orchestration.warehouse.approval.publication_checks.last_recorded", return_value=None):
        assert "in 6 days, 20 hours and 30 minutes" in refused("publish", "r2", "--tier", "open")
    # Not earlier than the present: a clock behind the last line of the audit log is refused.
    late = max(datetime(2026, 3, 30, 8, 30, tzinfo=UTC), datetime.now(UTC) + timedelta(minutes=1))
    assert "Release r2 is now the current release" in printed_by("publish", "r2", "--tier", "open", at=late)
    assert current_release(settings, "open") == "r2"
    assert "r2" in printed_by("releases", "--tier", "open")
    assert "r2" not in printed_by("releases")
    assert "r2 is already public" in refused("withdraw-approval", "r2", "--reason", "Too late.")
    assert "oversight publish RELEASE --tier open" in printed_by(
        "rollback", "--tier", "open", "--reason", "York telephoned."
    )
    assert current_release(settings, "open") == "r1"
    assert "has already been published" in refused("approve", "r2", "--role", LEAD)


def test_the_checklist_as_json_has_every_finding_and_signature(settings: Settings) -> None:
    printed, failure = oversight("checklist", "r2", "--format", "json")
    result = json.loads(printed)
    assert isinstance(failure, GateRefusedError)
    assert result["unsettled"] == ["revision.dfe.children"]
    assert [(finding["code"], finding["severity"]) for finding in result["findings"]] == [
        ("revision.dfe.children", "error"),
        ("figures.gone", "warning"),
    ]
    printed_by("approve", "r2", "--role", LEAD, *SEEN, *NOTED)
    result = json.loads(printed_by("checklist", "r2", "--format", "json"))
    assert [(signature["by"], signature["role"]) for signature in result["signed"]] == [("ada", LEAD)]


def test_pre_release_access_is_for_named_people_in_set_hours_and_recorded(settings: Settings, tmp_path: Path) -> None:
    approve(settings, "r2", at=MONDAY)  # to be published on Tuesday at 9:30am
    copy = tmp_path / "for Di"
    moment = datetime(2026, 3, 24, 9, 30, tzinfo=UTC)
    early, late = moment - timedelta(hours=24, seconds=1), moment
    for present in (early, late):
        assert "Pre-release access to r2 is from Monday 23 March" in refused(
            "preview", "r2", str(copy), "--for", "Di", at=present
        )
    assert isinstance(oversight("preview", "r2", str(copy), "--for", "Eve")[1], UsageError)
    assert not copy.exists()
    assert "For Di only" in printed_by("preview", "r2", str(copy), "--for", "Di", at=moment - timedelta(seconds=1))
    drafted = settings.candidates_of("open") / "r2" / "warehouse.duckdb"
    assert (copy / "warehouse.duckdb").read_bytes() == drafted.read_bytes()
    entry = read_audit(settings)[-1]
    assert (entry["event"], entry["reader"], entry["release_id"]) == ("pre_release_access", "Di", "r2")
    assert isinstance(oversight("preview", "r2", str(copy), "--for", "Di")[1], UsageError)  # the folder already exists


def test_an_approval_is_withdrawn_with_a_reason(settings: Settings) -> None:
    signs(settings, "ada", LEAD, "r2", acknowledged=SEEN[1:], notes={"revision.dfe.children": "York."})
    printed = printed_by("withdraw-approval", "r2", "--reason", "York telephoned.")
    assert printed == "Cancelled 1 signature on r2.\n"
    assert read_audit(settings)[-1]["reason"] == "York telephoned."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("checklist", "--tier", "restricted"), "need no approval"),
        (("approve", "r2", "--role", LEAD, "--on", "Monday"), "'Monday' is not a date"),
        (("approve", "r2", "--role", LEAD, "--note", "York"), "'York' is not a note"),
        (("approve", "r2", "--role", LEAD, "--acknowledge", "york"), "has no 'york'"),
        (("approve", "../r2", "--role", LEAD), "is not a release id"),
        (("withdraw-approval", "../r2", "--reason", "x"), "is not a release id"),
    ],
)
def test_invalid_options_are_named_in_the_error(settings: Settings, words: tuple[str, ...], message: str) -> None:
    failure = oversight(*words)[1]
    assert isinstance(failure, UsageError)
    assert message in str(failure)


def test_a_missing_draft_is_named_in_the_error(settings: Settings) -> None:
    assert "The open tier has no draft r9" in str(oversight("checklist", "r9")[1])
    approve(settings, "r2")
    publish(settings, "r2", "open")
    failure = oversight("checklist")[1]
    assert isinstance(failure, OversightError)
    assert "No draft is waiting for publication" in str(failure)


def test_a_person_signs_as_the_account_of_the_process_not_that_of_the_environment(settings: Settings) -> None:
    path = settings.contracts / "publication.yml"
    rules = yaml.safe_load(path.read_text(encoding="utf-8"))
    rules["roles"][HEAD]["people"] = [{"login": user(), "name": "The account of the tests"}]
    path.write_text(yaml.safe_dump(rules), encoding="utf-8")
    draft(settings, "r3")
    environment = {**os.environ, "LOGNAME": "ada", "USER": "ada"}
    as_ada, as_myself = (
        subprocess.run(
            [sys.executable, "-m", "orchestration", "approve", "r3", "--role", role],
            env=environment,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        for role in (LEAD, HEAD)
    )
    assert (as_ada.returncode, as_ada.stderr.count("\n")) == (3, 1)
    assert f"{user()} does not have the role lead_statistician" in as_ada.stderr
    assert (as_myself.returncode, as_myself.stderr) == (0, "")
    assert "The account of the tests has signed r3 as Head of profession." in as_myself.stdout
