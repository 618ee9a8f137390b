"""Old releases are pruned by count and age unless they are needed; their manifests keep the record complete."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.defs import release as release_steps
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
    """Return settings of a home with five releases, which keep the newest two and those of the last ten days."""
    shutil.copytree(five, tmp_path / "var", symlinks=True)
    return Settings(home=tmp_path / "var", keep_releases=2, keep_days=10)


def left(settings: Settings) -> list[str]:
    return names_in(settings.releases / "restricted")


def problems(settings: Settings) -> list[str]:
    return [problem for finding in verify_all(settings) for problem in finding.problems]


def why(settings: Settings, release_id: str) -> str | None:
    reasons = {decision.release_id: decision.kept_because for decision in prune(settings, now=LATER, dry_run=True)}
    return reasons[release_id]


def test_a_release_is_pruned_only_if_it_is_beyond_both_count_and_age(settings: Settings) -> None:
    prune(settings)
    assert left(settings) == ALL
    prune(settings.model_copy(update={"keep_releases": 5}), now=LATER)
    assert left(settings) == ALL
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


def test_a_dry_run_lists_releases_and_removes_nothing(settings: Settings) -> None:
    decisions = prune(settings, now=LATER, dry_run=True)
    assert [each.release_id for each in decisions if each.kept_because is None] == ["r001", "r002", "r003"]
    assert all(decision.size_bytes > 0 for decision in decisions)
    assert left(settings) == ALL


def test_a_pinned_release_is_kept_until_it_is_unpinned(settings: Settings) -> None:
    pin(settings, "r002", "evidence of the inquiry")
    prune(settings, now=LATER)
    assert left(settings) == ["r002", "r004", "r005"]
    assert "evidence of the inquiry" in str(why(settings, "r002"))
    unpin(settings, "r002")
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]
    events = [(line["event"], line["release_id"]) for line in read_audit(settings)]
    assert events[5:] == [("pin", "r002"), ("prune", "r001"), ("prune", "r003"), ("unpin", "r002"), ("prune", "r002")]


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
    with pytest.raises(OversightError, match="Release r009 does not exist in the restricted tier"):
        pin(settings, "r009", "evidence")
    with pytest.raises(OversightError, match="is not pinned"):
        unpin(settings, "r002")


def test_a_release_in_use_by_the_warehouse_is_kept(settings: Settings) -> None:
    with ask(settings, "SELECT 1", "r001"):
        prune(settings, now=LATER)
    assert left(settings) == ["r001", "r004", "r005"]
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows the holder of DuckDB's lock")
def test_a_release_open_in_duckdb_in_another_program_is_kept(settings: Settings) -> None:
    path = settings.releases / "restricted" / "r001" / "warehouse.duckdb"
    code = f"import duckdb; con = duckdb.connect({str(path)!r}, read_only=True); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        assert "open in DuckDB" in str(why(settings, "r001"))
        prune(settings, now=LATER)
        other.communicate("\n")
    assert left(settings) == ["r001", "r004", "r005"]


def test_a_release_cannot_be_opened_while_it_is_pruned(settings: Settings) -> None:
    folder = settings.releases / "restricted" / "r001"
    with claimed(folder) as obstacle, pytest.raises(OversightError, match="r001 has just been pruned"), reading(folder):
        assert obstacle is None


def test_releases_that_a_rollback_and_its_hold_need_are_kept(settings: Settings) -> None:
    rollback(settings, "r003", reason="wrong prices")
    # A further rollback would return to r002; r004 and r005 may be published again.
    prune(settings.model_copy(update={"keep_releases": 1}), now=LATER)
    assert left(settings) == ["r002", "r003", "r004", "r005"]
    assert rollback(settings).release_id == "r002"


def test_the_current_and_the_previous_release_are_always_kept(settings: Settings) -> None:
    prune(settings.model_copy(update={"keep_releases": 1, "keep_days": 0}), now=LATER)
    assert left(settings) == ["r004", "r005"]
    assert rollback(settings).release_id == "r004"


def test_nothing_is_pruned_without_a_current_release(settings: Settings) -> None:
    (settings.current / "restricted").unlink()
    prune(settings, now=LATER)
    assert left(settings) == ALL


def test_an_altered_release_is_kept_as_evidence(settings: Settings) -> None:
    manifest = settings.releases / "restricted" / "r001" / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"r001"', '"r001" '), encoding="utf-8")
    torn = settings.releases / "restricted" / "r002" / "manifest.json"
    torn.chmod(0o644)
    torn.write_text("{", encoding="utf-8")
    prune(settings, now=LATER)
    assert left(settings) == ["r001", "r002", "r004", "r005"]


def test_after_pruning_the_chain_is_complete_and_continues(settings: Settings) -> None:
    prune(settings, now=LATER)
    assert problems(settings) == []
    publish(settings, tiny.passed(settings, "r006", 6))
    assert problems(settings) == []


def test_the_manifest_of_a_pruned_release_is_verified(settings: Settings) -> None:
    prune(settings, now=LATER)
    manifest = settings.pruned / "restricted" / "r002" / "manifest.json"
    content = manifest.read_bytes()
    manifest.chmod(0o644)
    manifest.write_bytes(content.replace(b'"r002"', b'"r002" '))
    assert any("not the one that was published" in problem for problem in problems(settings))
    manifest.unlink()
    assert any("it was pruned, but its manifest in" in problem for problem in problems(settings))


def test_each_tier_is_pruned_separately(settings: Settings) -> None:
    prune(settings, "open", now=LATER)
    assert left(settings) == ALL


def test_a_failure_of_pruning_is_notified_and_does_not_fail_the_refresh(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[dict[str, object]] = []

    def fails(*_: object) -> list[str]:
        raise OversightError("Release restricted/r001 cannot be pruned.")

    monkeypatch.setattr(retention, "prune_all", fails)
    monkeypatch.setattr(release_steps, "notify", lambda _, message: messages.append(message))
    release_steps._clean_up(settings)
    assert messages == [{"event": "pruning_failed", "message": "Release restricted/r001 cannot be pruned."}]


def test_the_commands_report_what_they_do(settings: Settings) -> None:
    home = Home(settings.root, {"OVERSIGHT_KEEP_RELEASES": "2", "OVERSIGHT_KEEP_DAYS": "0"})
    assert "inquiry" in home.run("pin", "r002", "--reason", "inquiry").stdout
    assert "inquiry" in home.run("releases").stdout
    assert "1 of 5 releases" not in home.run("prune", "--dry-run").stdout
    assert left(settings) == ALL
    output = home.run("prune").stdout
    assert "r001: deleted" in output
    assert "r002: kept, pinned since" in output
    assert "2 of 5 releases in the restricted tier deleted" in output
    assert "no longer pinned" in home.run("unpin", "r002").stdout
    assert "0 of 0 releases in the open tier" in home.run("prune", "--tier", "open").stdout
    assert "Nothing published has been altered" in home.run("verify").stdout


# ---------------------------------------------------------------- the open tier


def test_open_releases_are_kept_whatever_their_age(settings: Settings) -> None:
    shutil.copytree(settings.releases / "restricted", settings.releases / "open", symlinks=True)
    point(settings.current / "open", settings.releases / "open" / "r005")
    decisions = prune(settings, "open", now=LATER)
    assert {decision.kept_because for decision in decisions} == {"it is public, and drafts are audited against it"}
    assert names_in(settings.releases / "open") == ALL


def test_the_release_behind_a_draft_is_kept_until_the_draft_is_removed(settings: Settings) -> None:
    draft = settings.candidates_of("open") / "20260101T000000Z-00000000"
    draft.mkdir(parents=True)
    (draft / "provenance.json").write_text('{"made_of": "r002"}', encoding="utf-8")
    prune(settings, now=LATER)
    assert left(settings) == ["r002", "r004", "r005"]
    assert why(settings, "r002") == f"the draft {draft.name} was built from it"
    shutil.rmtree(draft)
    prune(settings, now=LATER)
    assert left(settings) == ["r004", "r005"]


def test_no_release_gets_the_id_of_a_draft_or_an_earlier_one(settings: Settings) -> None:
    draft = "20991231T235959Z-00000000"
    (settings.candidates_of("open") / draft).mkdir(parents=True)
    assert new_release_id(settings, datetime.now(UTC), "abcdef0123456789") > draft
