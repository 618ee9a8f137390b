"""A rollback holds: the nights build and gate, and nothing is published until somebody says so by name."""

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


def test_the_night_after_a_rollback_moves_no_pointer_and_keeps_its_candidate(settings: Settings) -> None:
    passed(settings, "r3", OTHER)
    came = publish_candidate(settings, "r3")
    assert (came.published, came.release_id, current_release(settings)) == (False, "r1", "r1")
    assert came.held is not None
    assert came.held["candidate"] == "r3"
    assert came.held["reason"] == "half the trusts are missing"
    assert latest_candidate_id(settings) == "r3"


def test_every_further_night_is_held_too(settings: Settings) -> None:
    for name in ("r3", "r4"):
        publish_candidate(settings, passed(settings, name, OTHER))
    assert current_release(settings) == "r1"
    assert [(one["release_id"], one["current"]) for one in read_audit(settings)[-2:]] == [("r3", "r1"), ("r4", "r1")]


def test_a_night_that_finds_the_numbers_in_force_is_a_night_without_news(settings: Settings) -> None:
    passed(settings, "r3")
    came = publish_candidate(settings, "r3")
    assert (came.published, came.held, latest_candidate_id(settings)) == (False, None, None)


def test_a_candidate_that_the_gate_refused_is_refused_under_a_hold_as_well(settings: Settings) -> None:
    folder = settings.candidates / passed(settings, "r3", OTHER)
    failed = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "critical", "1 row"),))
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(failed,)))
    with pytest.raises(GateRefusedError, match=r"dim_return\.x"):
        publish_candidate(settings, "r3")
    assert standing_hold(settings, TIER) is not None


def test_who_went_back_when_and_why_is_on_record(settings: Settings) -> None:
    hold = standing_hold(settings, TIER)
    assert hold is not None
    assert (hold.by, hold.reason, hold.release_id, hold.before) == (user(), "half the trusts are missing", "r1", "r2")
    line = read_audit(settings)[-1]
    assert (line["event"], line["holds"], line["reason"]) == ("rollback", True, hold.reason)
    assert hold.in_words == f"held since {hold.at} by {hold.by} (half the trusts are missing)"


def test_a_person_who_publishes_the_waiting_candidate_lifts_the_hold(settings: Settings) -> None:
    passed(settings, "r3", OTHER)
    publish_candidate(settings, "r3")
    assert publish(settings, "r3", lifts_hold=True).moved
    assert standing_hold(settings, TIER) is None
    assert [one["event"] for one in read_audit(settings)[-3:]] == ["hold_back", "publish", "lift_hold"]
    passed(settings, "r4")
    assert publish_candidate(settings, "r4").published


def test_a_person_who_publishes_the_release_in_force_lets_the_nights_go_on_from_there(settings: Settings) -> None:
    done = publish(settings, "r1", lifts_hold=True)
    assert (done.moved, standing_hold(settings, TIER)) == (False, None)
    passed(settings, "r3", OTHER)
    assert publish_candidate(settings, "r3").published


def test_a_publication_that_is_refused_lifts_nothing(settings: Settings) -> None:
    passed(settings, "r0")
    with pytest.raises(GateRefusedError, match=r"r0 is older than r1"):
        publish(settings, "r0", lifts_hold=True)
    assert standing_hold(settings, TIER) is not None


def test_going_back_further_holds_for_the_new_reason(settings: Settings) -> None:
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


def test_killed_before_the_pointer_moved_the_hold_stands_already(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
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
