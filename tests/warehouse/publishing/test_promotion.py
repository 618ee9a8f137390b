"""Publication requires a passing verdict on the exact candidate, and readers see one release or the next."""

import dataclasses
import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from orchestration.foundation import locks
from orchestration.foundation.database import connect
from orchestration.foundation.errors import GateRefusedError, OversightError, RefreshLockedError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import keep_as_at, publish, rollback
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.catalogue import current_release, new_release_id, releases, resolve_release
from orchestration.warehouse.store.verdict import FailedRule, SuiteVerdict, read_verdict, write_verdict
from tests.expectations import small_warehouse
from tests.expectations.small_warehouse import passed_candidate as passed

COUNT = "SELECT count(*) FROM marts.fct_observation"
FEWER = "DELETE FROM marts.fct_observation WHERE observation_key = 9"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


def ask(settings: Settings, folder: Path, query: str = COUNT) -> list[tuple[object, ...]]:
    with connect(folder / "warehouse.duckdb", settings, read_only=True) as connection:
        return connection.execute(query).fetchall()


# ---------------------------------------------------------------- contents of a release


def test_a_release_is_complete_read_only_and_listed_in_its_manifest(settings: Settings) -> None:
    published = publish(settings, passed(settings, "r1"), provenance={"code": "abc123"})
    folder = settings.releases / "restricted" / "r1"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"warehouse.duckdb", "verdict.json", "changes.parquet", "parquet/fct_observation.parquet"} < names
    assert manifest["files"].keys() == names - {"manifest.json"}
    assert manifest["fingerprint"] == published.fingerprint
    assert manifest["provenance"]["code"] == "abc123"
    assert manifest["tables"]["marts.fct_observation"] == 10
    assert [submission["submission_key"][-8:] for submission in manifest["submissions"]][:2] == ["aaaaaaaa", "cccccccc"]
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o222 == 0 for path in [folder, *folder.rglob("*")])
    parquet = duckdb.sql(f"SELECT count(*) FROM '{folder}/parquet/fct_observation.parquet'").fetchall()
    assert parquet == [(10,)]


def test_the_pointer_is_a_relative_link_so_that_home_can_be_moved(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    settings.root.rename(settings.root.with_name("moved"))
    moved = Settings(home=settings.root.with_name("moved"))
    assert current_release(moved) == "r1"
    assert ask(moved, resolve_release(moved)) == [(10,)]
    assert (moved.current / "restricted" / "warehouse.duckdb").is_file()


def test_release_ids_sort_by_time_even_if_the_clock_is_set_back(settings: Settings) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    first = new_release_id(settings, noon, "0a1b2c3d4e5f")
    assert first == "20261123T120000Z-0a1b2c3d"
    publish(settings, passed(settings, first))
    assert new_release_id(settings, noon, "ffffffff") == "20261123T120001Z-ffffffff"
    assert new_release_id(settings, noon.replace(hour=3), "00000000") == "20261123T120001Z-00000000"
    (settings.candidates / "20261123T150000Z-aaaaaaaa").mkdir()
    assert new_release_id(settings, noon, "00000000") == "20261123T150001Z-00000000"


# ---------------------------------------------------------------- the verdict


def _refused(settings: Settings, release_id: str, message: str) -> None:
    """Assert that publishing `release_id` is refused and the old release stays current."""
    before = current_release(settings)
    with pytest.raises(GateRefusedError, match=message):
        publish(settings, release_id)
    assert current_release(settings) == before
    assert not (settings.releases / "restricted" / release_id).exists()
    assert read_audit(settings)[-1]["event"] == "refuse"


def test_a_candidate_without_a_verdict_is_refused_and_the_old_release_stays(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    small_warehouse.candidate(settings, "r2")
    _refused(settings, "r2", "r2 has no verdict; run the gate")


def test_a_candidate_altered_after_the_gate_is_refused(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    passed(settings, "r2")
    with connect(settings.candidates / "r2" / "warehouse.duckdb", settings) as connection:
        connection.execute("UPDATE marts.fct_observation SET value = 99 WHERE observation_key = 6")
    _refused(settings, "r2", "r2 has changed since the gate")


def test_a_failed_verdict_is_refused_naming_the_rules(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    folder = settings.candidates / passed(settings, "r2")
    failed = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "critical", "1 row"),))
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(failed,)))
    _refused(settings, "r2", r"The gate refused r2 \(dim_return.x\)")


def test_a_warning_does_not_stop_publication(settings: Settings) -> None:
    folder = settings.candidates / passed(settings, "r1")
    warned = SuiteVerdict("dim_return", "marts.dim_return", 1, (FailedRule("dim_return.x", "warning", "1 row"),))
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=(warned,)))
    assert publish(settings, "r1").moved


def test_a_verdict_without_checks_is_refused(settings: Settings) -> None:
    folder = settings.candidates / passed(settings, "r1")
    write_verdict(folder, dataclasses.replace(read_verdict(folder), suites=()))
    _refused(settings, "r1", "nothing was checked")


def test_another_candidates_verdict_is_refused(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    small_warehouse.candidate(settings, "r2", FEWER)
    other = settings.releases / "restricted" / "r1" / "verdict.json"
    (settings.candidates / "r2" / "verdict.json").write_bytes(other.read_bytes())
    _refused(settings, "r2", "The verdict beside r2 is about r1")


def test_a_copied_verdict_with_the_right_id_is_refused(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    candidate = small_warehouse.candidate(settings, "r2", FEWER)
    other = read_verdict(settings.releases / "restricted" / "r1")
    write_verdict(candidate.folder, dataclasses.replace(other, release_id="r2"))
    _refused(settings, "r2", "r2 has changed since the gate")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"release_id": "r1"', "cannot be read"),
        ("{}", "cannot be read"),
        (None, "its own results"),
    ],
)
def test_an_incomplete_or_forged_verdict_is_refused(settings: Settings, text: str | None, message: str) -> None:
    path = settings.candidates / passed(settings, "r1") / "verdict.json"
    if text is None:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["suites"][0]["failed"] = [dataclasses.asdict(FailedRule("x", "critical", ""))]
        text = json.dumps(content)
    path.unlink()
    path.write_text(text, encoding="utf-8")
    _refused(settings, "r1", message)


def test_a_candidate_that_does_not_exist_cannot_be_published(settings: Settings) -> None:
    with pytest.raises(OversightError, match="The restricted tier has no candidate or release r9"):
        publish(settings, "r9")
    with pytest.raises(UsageError, match="release id"):
        publish(settings, "../../etc")


# ---------------------------------------------------------------- readers


def test_an_open_reader_keeps_its_release_and_a_new_one_sees_the_next(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    passed(settings, "r2", FEWER)
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"""import duckdb
c = duckdb.connect({str(settings.current / "restricted" / "warehouse.duckdb")!r}, read_only=True)
print(c.execute({COUNT!r}).fetchone()[0], flush=True)
input()
print(c.execute({COUNT!r}).fetchone()[0], flush=True)""",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "10\n"
    with connect(resolve_release(settings) / "warehouse.duckdb", settings, read_only=True) as here:
        publish(settings, "r2")
        assert here.execute(COUNT).fetchall() == [(10,)]
        assert ask(settings, resolve_release(settings)) == [(9,)]
    assert reader.communicate("\n")[0] == "10\n"
    assert ask(settings, resolve_release(settings)) == [(9,)]


def test_before_the_first_release_there_is_nothing_to_read(settings: Settings) -> None:
    assert current_release(settings) is None
    assert releases(settings) == []
    with pytest.raises(OversightError, match="Nothing is published yet"):
        resolve_release(settings)


def test_a_release_is_found_by_name_in_any_folder(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2"))
    kept = keep_as_at(settings, passed(settings, "r3"), datetime(2025, 1, 1, tzinfo=UTC))
    assert resolve_release(settings, "r1") == settings.releases / "restricted" / "r1"
    assert resolve_release(settings).name == "r2"
    assert resolve_release(settings, "r3") == kept
    with pytest.raises(OversightError, match=r"[Rr]elease r9 does not exist"):
        resolve_release(settings, "r9")


# ---------------------------------------------------------------- as at a past time


def test_a_release_as_at_a_past_time_is_kept_without_moving_the_pointer(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    kept = keep_as_at(settings, passed(settings, "r2", FEWER), datetime(2025, 1, 1, tzinfo=UTC))
    manifest = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))
    assert (current_release(settings), kept) == ("r1", settings.as_at / "r2")
    assert manifest["as_at"] == "2025-01-01T00:00:00+00:00"
    assert [release.release_id for release in releases(settings)] == ["r1"]
    assert keep_as_at(settings, "r2", datetime(2025, 1, 1, tzinfo=UTC)) == kept


def test_a_release_as_at_a_past_time_needs_its_verdict_too(settings: Settings) -> None:
    small_warehouse.candidate(settings, "r1")
    with pytest.raises(GateRefusedError, match="r1 has no verdict"):
        keep_as_at(settings, "r1", datetime(2025, 1, 1, tzinfo=UTC))
    assert not settings.as_at.exists()


# ---------------------------------------------------------------- rollback


def test_a_rollback_makes_the_previous_release_current(settings: Settings) -> None:
    for name in ("r1", "r2", "r3"):
        publish(settings, passed(settings, name))
    assert rollback(settings).release_id == "r2"
    assert rollback(settings).release_id == "r1"
    with pytest.raises(OversightError, match="There is no earlier release to roll back to"):
        rollback(settings)
    assert rollback(settings, "r3").previous == "r1"
    assert [line["event"] for line in read_audit(settings)] == ["publish"] * 3 + ["rollback"] * 3
    assert [release.release_id for release in releases(settings) if release.is_current] == ["r3"]


def test_a_release_that_was_rolled_back_can_be_published_again_by_name(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2"))
    rollback(settings)
    assert publish(settings, "r2", lifts_hold=True).moved
    assert current_release(settings) == "r2"


def test_an_older_release_becomes_current_only_by_a_rollback(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2"))
    with pytest.raises(GateRefusedError, match="r1 is older than the current release r2; run `oversight rollback r1`"):
        publish(settings, "r1")


@pytest.mark.parametrize(
    ("release_id", "message"),
    [("r9", "Release r9 does not exist"), ("r2", "already the current release"), ("..", "release id")],
)
def test_a_rollback_needs_an_earlier_release(settings: Settings, release_id: str, message: str) -> None:
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2"))
    with pytest.raises(OversightError, match=message):
        rollback(settings, release_id)
    assert current_release(settings) == "r2"


def _damage(folder: Path, name: str, content: bytes | None) -> None:
    for path in (folder, (folder / name).parent):
        path.chmod(0o755)
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("manifest.json", b'{"release_id": "r1", "files": {"ware', "The manifest of release r1 cannot be read"),
        ("manifest.json", None, "The release r1 has no manifest"),
        ("parquet/dim_return.parquet", b"other", "parquet/dim_return.parquet"),
        ("changes.parquet", None, "changes.parquet is missing"),
        ("more.txt", b"more", "more.txt is not in its manifest"),
    ],
)
def test_a_damaged_release_is_refused_and_the_current_release_stays(
    settings: Settings, name: str, content: bytes | None, message: str
) -> None:
    publish(settings, passed(settings, "r1"))
    publish(settings, passed(settings, "r2"))
    _damage(settings.releases / "restricted" / "r1", name, content)
    with pytest.raises(OversightError, match=message):
        rollback(settings)
    assert current_release(settings) == "r2"
    assert [release.complete for release in releases(settings)] == [name != "manifest.json", True]


# ---------------------------------------------------------------- one at a time


def test_a_second_publication_waits_and_is_then_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_WAIT_SECONDS", 0.1)
    passed(settings, "r1")
    settings.releases.mkdir(parents=True)
    with (
        FileLock(settings.releases / ".publish.lock"),
        pytest.raises(RefreshLockedError, match="Another publication is running, so r1 was not changed"),
    ):
        publish(settings, "r1")
    assert publish(settings, "r1").moved
