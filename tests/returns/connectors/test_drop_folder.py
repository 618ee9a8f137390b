"""Drop folder: complete files land and are moved away; everything else stays and is reported."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import Pulled, Source, pull
from orchestration.returns.landing.landing_area import Landing

JANUARY = datetime(2025, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", max_file_mb=1)


@pytest.fixture
def folder(settings: Settings) -> Path:
    folder = settings.drop_folder / "dfe.lait"
    folder.mkdir(parents=True)
    return folder


def drop(folder: Path, name: str, content: bytes = b"x", changed: datetime = JANUARY) -> Path:
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (changed.timestamp(), changed.timestamp()))
    return path


def take(settings: Settings, pattern: str = "*.csv") -> Pulled:
    (pulled,) = pull(settings, [Source("dfe.lait", "dfe", {"connector": "drop_folder", "pattern": pattern})])
    return pulled


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".taken")


def test_a_complete_file_lands_with_its_time_of_change_and_is_moved_not_deleted(
    settings: Settings, folder: Path
) -> None:
    drop(folder, "lait.csv", b"content")
    pulled = take(settings)
    (receipt,) = pulled.arrived
    assert (receipt.return_code, receipt.file_name, receipt.source) == ("dfe.lait", "lait.csv", "drop_folder")
    assert receipt.received_at == JANUARY
    assert Landing(settings).object_path(receipt.sha256).read_bytes() == b"content"
    assert names_in(folder) == []
    (taken,) = (folder / ".taken").iterdir()
    assert taken.name == f"20250101T120000Z.{receipt.sha256[:8]}.lait.csv"
    assert taken.read_bytes() == b"content"
    assert (pulled.failed, pulled.waiting, pulled.notes) == ([], [], [])
    assert take(settings).arrived == []


def test_files_land_oldest_first_whatever_their_names(settings: Settings, folder: Path) -> None:
    for name, month in (("c", 2), ("a", 6), ("e", 1), ("b", 4), ("f", 5), ("d", 3)):
        drop(folder, f"{name}.csv", name.encode(), JANUARY.replace(month=month))
    pulled = take(settings)
    assert [receipt.file_name[0] for receipt in pulled.arrived] == ["e", "c", "d", "b", "f", "a"]
    assert pulled.notes == []


@pytest.mark.parametrize("name", [".lait.csv", "~$lait.csv", "lait.csv.part", "lait.csv.tmp", "LAIT.CSV.CRDOWNLOAD"])
def test_unfinished_files_are_ignored(settings: Settings, folder: Path, name: str) -> None:
    drop(folder, name)
    pulled = take(settings, pattern="*")
    assert (pulled.arrived, pulled.failed) == ([], [])
    assert names_in(folder) == [name]


def test_a_file_just_written_waits_until_it_has_settled(settings: Settings, folder: Path) -> None:
    drop(folder, "lait.csv", changed=datetime.now(UTC))
    pulled = take(settings)
    assert (pulled.arrived, pulled.waiting) == ([], ["lait.csv"])
    assert names_in(folder) == ["lait.csv"]
    hasty = settings.model_copy(update={"settle_seconds": 0.05})
    time.sleep(0.1)
    assert [receipt.file_name for receipt in take(hasty).arrived] == ["lait.csv"]


def test_a_file_dated_in_the_future_is_reported_and_not_moved(settings: Settings, folder: Path) -> None:
    drop(folder, "lait.csv", changed=datetime.now(UTC).replace(year=2099))
    pulled = take(settings)
    assert "last changed in the future (2099-" in pulled.failed[0]
    assert names_in(folder) == ["lait.csv"]


def test_a_file_with_another_name_is_reported_and_not_moved(settings: Settings, folder: Path) -> None:
    drop(folder, "CLA_2024.CSV", b"right, whatever its capitals")
    drop(folder, "notes.docx", b"wrong")
    drop(folder, "Thumbs.db", b"left by a system")
    pulled = take(settings, pattern="Cla_*.csv")
    assert [receipt.file_name for receipt in pulled.arrived] == ["CLA_2024.CSV"]
    (failed,) = pulled.failed
    assert "notes.docx does not match the pattern of this return (Cla_*.csv)" in failed
    assert names_in(folder) == ["Thumbs.db", "notes.docx"]


def test_links_and_folders_are_reported_and_never_read(settings: Settings, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (folder / "link.csv").symlink_to(tmp_path / "secret")
    (folder / "folder.csv").mkdir()
    pulled = take(settings)
    assert sorted(sentence.split(" is ")[0].split("/")[-1] for sentence in pulled.failed) == [
        "folder.csv",
        "link.csv",
    ]
    assert not settings.landing.exists()


def test_a_file_over_the_limit_stays_and_the_next_one_lands(settings: Settings, folder: Path) -> None:
    drop(folder, "big.csv", b"x" * (2**20 + 1))
    drop(folder, "small.csv", b"x", JANUARY.replace(month=2))
    pulled = take(settings)
    assert [receipt.file_name for receipt in pulled.arrived] == ["small.csv"]
    assert "big.csv is larger than the 1 MB" in pulled.failed[0]
    assert names_in(folder) == ["big.csv"]


def test_after_an_interruption_between_landing_and_moving_the_next_refresh_moves_the_file(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(folder, "lait.csv")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", die)
        with pytest.raises(KeyboardInterrupt):
            take(settings)
    before = Landing(settings).receipts()
    assert len(before) == 1
    pulled = take(settings)
    assert pulled.arrived == []
    assert Landing(settings).receipts() == before
    assert names_in(folder) == []


def test_the_same_file_sent_twice_is_one_receipt_and_both_are_kept(settings: Settings, folder: Path) -> None:
    drop(folder, "lait.csv")
    take(settings)
    drop(folder, "lait.csv")
    assert take(settings).arrived == []
    assert len(list((folder / ".taken").iterdir())) == 2


def test_a_file_older_than_the_latest_submission_lands_as_an_earlier_version_with_a_note(
    settings: Settings, folder: Path
) -> None:
    drop(folder, "new.csv", b"new", JANUARY.replace(month=6))
    take(settings)
    drop(folder, "old.csv", b"old", JANUARY)
    pulled = take(settings)
    assert [receipt.received_at for receipt in pulled.arrived] == [JANUARY]
    assert "old.csv was last changed at 2025-01-01T12:00:00Z, before the latest submission" in pulled.notes[0]


def test_a_newer_file_with_the_same_name_that_arrives_during_landing_is_not_lost(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(folder, "lait.csv", b"old")
    rename = Path.rename

    def overtaken(path: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "rename", rename)
        path.unlink()
        drop(folder, "lait.csv", b"newer", JANUARY.replace(month=2))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    pulled = take(settings)
    assert (len(pulled.arrived), pulled.waiting) == (1, ["lait.csv"])
    assert (folder / "lait.csv").read_bytes() == b"newer"
    assert [receipt.received_at for receipt in take(settings).arrived] == [JANUARY.replace(month=2)]


@pytest.mark.parametrize("period", ["2022-23", "FY2022-23", "2024-Q4", "2024-03", "2024-03-31"])
def test_a_folder_named_after_a_period_gives_it_to_its_files(settings: Settings, folder: Path, period: str) -> None:
    (folder / period).mkdir()
    drop(folder, "b.csv", b"contains its period")
    drop(folder / period, "a.csv", b"does not contain it", JANUARY.replace(month=2))
    pulled = take(settings)
    assert [(receipt.file_name, receipt.period_hint) for receipt in pulled.arrived] == [
        ("b.csv", None),
        ("a.csv", period),
    ]
    assert pulled.failed == []
    assert [path.name.split(".", 2)[2] for path in (folder / period / ".taken").iterdir()] == ["a.csv"]
    assert take(settings).arrived == []


def test_a_folder_not_named_after_a_period_is_reported_with_a_remedy(settings: Settings, folder: Path) -> None:
    (folder / "last year").mkdir()
    drop(folder / "last year", "lait.csv")
    pulled = take(settings)
    assert pulled.arrived == []
    assert "or name a folder after the period of its files" in pulled.failed[0]


def test_a_file_sent_before_with_another_period_is_reported(settings: Settings, folder: Path) -> None:
    drop(folder, "lait.csv")
    take(settings)
    (folder / "2022-23").mkdir()
    drop(folder / "2022-23", "lait.csv")
    pulled = take(settings)
    assert pulled.arrived == []
    assert "copy it again without keeping its date" in pulled.failed[0]


def test_a_return_without_a_folder_gets_one(settings: Settings) -> None:
    pulled = take(settings)
    assert (pulled.arrived, pulled.failed) == ([], [])
    assert (settings.drop_folder / "dfe.lait").is_dir()


def test_a_drop_folder_that_is_not_mounted_is_reported_and_not_created(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "mount")
    pulled = take(settings)
    assert "does not exist; mount it" in pulled.failed[0]
    assert not (tmp_path / "mount").exists()
