"""After a rollback, refreshes still build and run the gate, but nothing is published until a person does so by name."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from orchestration.foundation.errors import GateRefusedError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing import promotion
from orchestration.warehouse.publishing.decision import latest_candidate_id, publish_candidate
from orchestration.warehouse.publishing.promotion import publish, rollback
from orchestration.warehouse.store.audit import read_audit, user
from orchestration.warehouse.store.catalogue import TIER, current_release
from orchestration.warehouse.store.hold import hold_file, standing_hold
from orchestration.warehouse.store.verdict import FailedRule, SuiteVerdict, read_verdict, write_verdict
from tests.expectations.small_warehouse import passed_candidate as passed
from tests.warehouse.publishing.test_promotion import FEWER

OTHER = "UPDATE marts.fct_observation SET value = 99 WHERE observation_key = 6"


@pytest.fixture(scope="module")
def rolled_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which r2 was found wrong and r1 is in force again."""
    settings = Settings(home=tmp_path_factory.mktemp("rolled-back") / "var")
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2", FEWER))
    rollback(settings, reason="half the trusts are missing")
    return settings.root


@pytest.fixture
def settings(rolled_back: Path, tmp_path: Path) -> Settings:
    """A copy of that home, to be changed."""
    return Settings(home=shutil.copytree(rolled_back, tmp_path / "var", symlinks=True))


def test_a_refresh_after_a_rollback_publishes_nothing_and_keeps_its_candidate(settings: Settings) -> None:
    passed(settings, "r3", OTHER)
    outcome = publish_candidate(settings, "r3")
    assert (outcome.published, outcome.release_id, current_release(settings)) == (False, "r1", "r1")
    assert outcome.held is not None
    assert outcome.held["candidate"] == "r3"
    assert outcome.held["reason"] == "half the trusts are missing"
    assert latest_candidate_id(settings) == "r3"


def test_every_further_refresh_is_held_too(settings: Settings) -> None:
    for name in ("r3", "r4"):
        publish_candidate(settings, passed(settings, name, OTHER))
    assert current_release(settings) == "r1"
    assert [(line["release_id"], line["current"]) for line in read_audit(settings)[-2:]] == [("r3", "r1"), ("r4", "r1")]


def test_a_refresh_with_the_current_figures_is_not_held(settings: Settings) -> None:
    passed(settings, "r3")
    outcome = publish_candidate(settings, "r3")
    assert (outcome.published, outcome.held, latest_candidate_id(settings)) == (False, None, None)


def test_a_candidate_that_the_gate_refused_is_refused_during_a_hold_too(settings: Settings) -> None:
    folder = settings.candidates / passed(settings, "r3", OTHER)
    failed = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "critical", "1 row"),))
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(failed,)))
    with pytest.raises(GateRefusedError, match=r"dim_return\.x"):
        publish_candidate(settings, "r3")
    assert standing_hold(settings, TIER) is not None


def test_the_hold_records_who_rolled_back_when_and_why(settings: Settings) -> None:
    hold = standing_hold(settings, TIER)
    assert hold is not None
    assert (hold.by, hold.reason, hold.release_id, hold.before) == (user(), "half the trusts are missing", "r1", "r2")
    line = read_audit(settings)[-1]
    assert (line["event"], line["holds"], line["reason"]) == ("rollback", True, hold.reason)
    assert hold.in_words == f"on hold since {hold.at} by {hold.by} (half the trusts are missing)"


def test_publishing_the_held_candidate_by_name_lifts_the_hold(settings: Settings) -> None:
    passed(settings, "r3", OTHER)
    publish_candidate(settings, "r3")
    assert publish(settings, "r3", lifts_hold=True).moved
    assert standing_hold(settings, TIER) is None
    assert [line["event"] for line in read_audit(settings)[-3:]] == ["hold_back", "publish", "lift_hold"]
    passed(settings, "r4")
    assert publish_candidate(settings, "r4").published


def test_publishing_the_current_release_by_name_lifts_the_hold(settings: Settings) -> None:
    done = publish(settings, "r1", lifts_hold=True)
    assert (done.moved, standing_hold(settings, TIER)) == (False, None)
    passed(settings, "r3", OTHER)
    assert publish_candidate(settings, "r3").published


def test_a_refused_publication_does_not_lift_the_hold(settings: Settings) -> None:
    passed(settings, "r0")
    with pytest.raises(GateRefusedError, match="r0 is older than the current release r1"):
        publish(settings, "r0", lifts_hold=True)
    assert standing_hold(settings, TIER) is not None


def test_a_second_rollback_replaces_the_reason_of_the_hold(settings: Settings) -> None:
    rollback(settings, "r2", reason="r1 was no better")
    hold = standing_hold(settings, TIER)
    assert hold is not None
    assert (hold.release_id, hold.reason) == ("r2", "r1 was no better")


def test_a_hold_that_cannot_be_read_still_holds(settings: Settings) -> None:
    path = hold_file(settings, TIER)
    path.chmod(0o644)
    path.write_text(json.dumps({"at": "2026"}), encoding="utf-8")
    passed(settings, "r3", OTHER)
    assert not publish_candidate(settings, "r3").published
    assert publish(settings, "r3", lifts_hold=True).moved


def test_the_hold_is_placed_before_the_pointer_moves(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings, "r2", lifts_hold=True)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(promotion, "point", dies)
        with pytest.raises(KeyboardInterrupt):
            rollback(settings)
    passed(settings, "r3", OTHER)
    assert not publish_candidate(settings, "r3").published
    assert current_release(settings) == "r2"
