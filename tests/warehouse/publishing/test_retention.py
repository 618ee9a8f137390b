"""Old releases go by count and age, and never one that somebody needs; what is left of them keeps the record whole."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.defs import release as night
from orchestration.foundation.errors import OversightError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing import retention
from orchestration.warehouse.publishing.promotion import publish, rollback
from orchestration.warehouse.publishing.retention import prune
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.catalogue import names_in, new_release_id
from orchestration.warehouse.store.pins import pin, unpin
from orchestration.warehouse.store.query import ask
from orchestration.warehouse.store.read_lock import claimed, reading
from orchestration.warehouse.store.sealing import point
from tests.conftest import Home
from tests.faults import tiny

LATER = datetime.now(UTC) + timedelta(days=11)
ALL = ["r001", "r002", "r003", "r004", "r005"]


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("five") / "var"
    assert tiny.published(Settings(home=home), 1, 2, 3, 4, 5) == ALL
    return home


@pytest.fixture
def settings(five: Path, tmp_path: Path) -> Settings:
    """Five releases; two are kept whatever their age, and all of the last ten days."""
    shutil.copytree(five, tmp_path / "var", symlinks=True)
    return Settings(home=tmp_path / "var", keep_releases=2, keep_days=10)


def left(settings: Settings) -> list[str]:
    return names_in(settings.releases / "restricted")


def problems(settings: Settings) -> list[str]:
    return [problem for finding in verify_all(settings) for problem in finding.problems]


def why(settings: Settings, release_id: str) -> str | None:
    found = {one.release_id: one.kept_because for one in prune(settings, now=LATER, dry_run=True)}
    return found[release_id]


def test_a_release_goes_only_if_it_is_beyond_both_count_and_age(settings: Settings) -> None:
    prune(settings)
    assert left(settings) == ALL
    prune(settings.model_copy(update={"keep_releases": 5}), now=LATER)
    assert left(settings) == ALL
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


def test_a_dry_run_says_what_would_go_and_takes_nothing(settings: Settings) -> None:
    decided = prune(settings, now=LATER, dry_run=True)
    assert [one.release_id for one in decided if one.kept_because is None] == ["r001", "r002", "r003"]
    assert all(one.size_bytes > 0 for one in decided)
    assert left(settings) == ALL


def test_a_pinned_release_stays_until_the_pin_is_taken_away(settings: Settings) -> None:
    pin(settings, "r002", "evidence of the inquiry")
    prune(settings, now=LATER)
    assert left(settings) == ["r002", "r004", "r005"]
    assert "evidence of the inquiry" in str(why(settings, "r002"))
    unpin(settings, "r002")
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]
    said = [(line["event"], line["release_id"]) for line in read_audit(settings)]
    assert said[5:] == [("pin", "r002"), ("prune", "r001"), ("prune", "r003"), ("unpin", "r002"), ("prune", "r002")]


def test_a_pin_that_cannot_be_read_still_pins(settings: Settings) -> None:
    pin(settings, "r002", "evidence")
    torn = settings.pins / "restricted" / "r002.json"
    torn.chmod(0o644)
    torn.write_text('{"release_id": "r0', encoding="utf-8")
    prune(settings, now=LATER)
    assert "r002" in left(settings)


def test_a_pin_needs_a_reason_and_a_release(settings: Settings) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        pin(settings, "r002", "  ")
    with pytest.raises(OversightError, match="There is no release r009 in the tier restricted"):
        pin(settings, "r009", "evidence")
    with pytest.raises(OversightError, match="is not pinned"):
        unpin(settings, "r002")


def test_a_release_that_our_own_readers_read_stays(settings: Settings) -> None:
    with ask(settings, "SELECT 1", "r001"):
        prune(settings, now=LATER)
    assert left(settings) == ["r001", "r004", "r005"]
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not tell who holds DuckDB's lock")
def test_a_release_that_any_other_program_has_open_in_duckdb_stays(settings: Settings) -> None:
    path = settings.releases / "restricted" / "r001" / "warehouse.duckdb"
    code = f"import duckdb; con = duckdb.connect({str(path)!r}, read_only=True); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert why(settings, "r001") == "somebody has it open in DuckDB"
        prune(settings, now=LATER)
        other.communicate("\n")
    assert left(settings) == ["r001", "r004", "r005"]


def test_whoever_comes_while_a_release_is_pruned_is_told(settings: Settings) -> None:
    folder = settings.releases / "restricted" / "r001"
    with claimed(folder) as held_up, pytest.raises(OversightError, match="r001 has just been pruned"), reading(folder):
        assert held_up is None


def test_what_a_rollback_and_its_hold_need_stays(settings: Settings) -> None:
    rollback(settings, "r003", reason="wrong prices")
    # r002 is where one more step back would lead; r004 and r005 are what may be published again.
    prune(settings.model_copy(update={"keep_releases": 1}), now=LATER)
    assert left(settings) == ["r002", "r003", "r004", "r005"]
    assert rollback(settings).release_id == "r002"


def test_the_release_in_force_and_the_one_before_stay_whatever_the_settings_say(settings: Settings) -> None:
    prune(settings.model_copy(update={"keep_releases": 1, "keep_days": 0}), now=LATER)
    assert left(settings) == ["r004", "r005"]
    assert rollback(settings).release_id == "r004"


def test_nothing_goes_while_no_release_is_in_force(settings: Settings) -> None:
    (settings.current / "restricted").unlink()
    prune(settings, now=LATER)
    assert left(settings) == ALL


def test_what_was_altered_is_evidence_and_stays(settings: Settings) -> None:
    manifest = settings.releases / "restricted" / "r001" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"r001"', '"r001" '), encoding="utf-8")
    torn = settings.releases / "restricted" / "r002" / "manifest.json"
    torn.chmod(0o644)
    torn.write_text("{", encoding="utf-8")
    prune(settings, now=LATER)
    assert left(settings) == ["r001", "r002", "r004", "r005"]


def test_after_pruning_the_chain_is_whole_and_goes_on(settings: Settings) -> None:
    prune(settings, now=LATER)
    assert problems(settings) == []
    publish(settings, tiny.passed(settings, "r006", 6))
    assert problems(settings) == []


def test_what_is_left_of_a_pruned_release_is_watched_as_well(settings: Settings) -> None:
    prune(settings, now=LATER)
    remains = settings.pruned / "restricted" / "r002" / "manifest.json"
    was = remains.read_bytes()
    remains.chmod(0o644)
    remains.write_bytes(was.replace(b'"r002"', b'"r002" '))
    assert any("not the one that was published" in problem for problem in problems(settings))
    remains.unlink()
    assert any("it was pruned, and what should be left of it" in problem for problem in problems(settings))


def test_each_tier_is_pruned_by_itself(settings: Settings) -> None:
    prune(settings, "open", now=LATER)
    assert left(settings) == ALL


def test_a_night_whose_pruning_fails_has_published_all_the_same_and_tells(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, object]] = []

    def fails(*_: object) -> list[str]:
        raise OversightError("The release restricted/r001 cannot be pruned.")

    monkeypatch.setattr(retention, "prune_all", fails)
    monkeypatch.setattr(night, "notify", lambda _, message: told.append(message))
    night._keep_house(settings)
    assert told == [{"event": "pruning_failed", "message": "The release restricted/r001 cannot be pruned."}]


def test_the_commands_say_what_they_do(settings: Settings) -> None:
    home = Home(settings.root, {"OVERSIGHT_KEEP_RELEASES": "2", "OVERSIGHT_KEEP_DAYS": "0"})
    assert "inquiry" in home.run("pin", "r002", "--reason", "inquiry").stdout
    assert "inquiry" in home.run("releases").stdout
    assert "1 of 5 releases" not in home.run("prune", "--dry-run").stdout
    assert left(settings) == ALL
    said = home.run("prune").stdout
    assert "r001: removed" in said
    assert "r002: kept, pinned since" in said
    assert "2 of 5 releases of the tier restricted removed" in said
    assert "no longer pinned" in home.run("unpin", "r002").stdout
    assert "0 of 0 releases of the tier open" in home.run("prune", "--tier", "open").stdout
    assert "what it was" in home.run("verify").stdout


# ---------------------------------------------------------------- what the public has


def test_what_the_public_has_seen_stays_whatever_its_age(settings: Settings) -> None:
    shutil.copytree(settings.releases / "restricted", settings.releases / "open", symlinks=True)
    point(settings.current / "open", settings.releases / "open" / "r005")
    decided = prune(settings, "open", now=LATER)
    assert {one.kept_because for one in decided} == {
        "the public has seen it, and drafts are attacked with what it shows"
    }
    assert names_in(settings.releases / "open") == ALL


def test_the_release_that_a_draft_was_made_of_stays_until_the_draft_is_gone(settings: Settings) -> None:
    draft = settings.candidates_of("open") / "20260101T000000Z-00000000"
    draft.mkdir(parents=True)
    (draft / "provenance.json").write_text('{"made_of": "r002"}', encoding="utf-8")
    prune(settings, now=LATER)
    assert left(settings) == ["r002", "r004", "r005"]
    assert why(settings, "r002") == f"the draft {draft.name} was made of it"
    shutil.rmtree(draft)
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


def test_no_release_gets_the_id_of_a_draft_or_an_earlier_one(settings: Settings) -> None:
    draft = "20991231T235959Z-00000000"
    (settings.candidates_of("open") / draft).mkdir(parents=True)
    assert new_release_id(settings, datetime.now(UTC), "abcdef0123456789") > draft
