"""The runbook on backups, run as it is written: what was backed up in the middle of publications comes back whole."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.catalogue import current_release, names_in
from orchestration.warehouse.store.pins import pin, pins
from tests.conftest import Home
from tests.faults import tiny

PAGE = (PROJECT_ROOT / "docs" / "runbooks" / "back-up-and-restore.md").read_text(encoding="utf-8")
BACK_UP, RESTORE, MAKE_THE_REST = re.findall(r"```sh\n(.*?)```", PAGE, re.S)


def follow(commands: str, home: Path, backup: Path) -> str:
    """Run commands of the page in a shell, as a person would; what they print."""
    here = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        env={**os.environ, "OVERSIGHT_HOME": str(home), "BACKUP": str(backup), "PATH": f"{here}:{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_backup_in_the_middle_of_publications_is_whole(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", threads=1, keep_releases=30)
    tiny.published(settings, 1, 2)
    (settings.build / "refresh.lock").touch()
    (settings.landing / "objects").mkdir(parents=True)
    (settings.landing / "receipts").mkdir()
    pin(settings, "r001", "evidence of the inquiry")
    taken = threading.Event()

    def publish_on() -> None:
        mark = 3
        while not taken.is_set() or mark < 5:
            tiny.published(settings, mark)
            mark += 1

    publishing = threading.Thread(target=publish_on)
    publishing.start()
    backups = []
    for number in range(4):
        backups.append(tmp_path / f"backup_{number}")
        follow(BACK_UP, settings.root, backups[-1])
    taken.set()
    publishing.join()
    in_force = []
    for number, backup in enumerate(backups):
        restored = Settings(home=tmp_path / f"restored_{number}")
        assert "Nothing published has been altered." in follow(RESTORE, restored.root, backup)
        assert current_release(restored) == names_in(restored.releases / "restricted")[-1]
        assert [one.reason for one in pins(restored, "restricted").values()] == ["evidence of the inquiry"]
        in_force.append(current_release(restored))
    assert in_force == sorted(in_force, key=str)
    assert in_force[-1] not in (None, "r001")


@pytest.mark.parametrize("lock", ["build/refresh.lock", "releases/.publish.lock"])
def test_a_backup_waits_for_whoever_changes_what_is_published(tmp_path: Path, lock: str) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    for folder in ("landing/objects", "landing/receipts", "build", "releases"):
        (home / folder).mkdir(parents=True)
    (home / "build" / "refresh.lock").touch()
    with FileLock(home / lock):
        waiting = threading.Thread(target=follow, args=(BACK_UP, home, backup))
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive()
        assert list(backup.glob("*.tar*")) == []
    waiting.join(30)
    assert len(list(backup.glob("*.tar"))) == 1


@pytest.mark.slow
def test_an_installation_that_is_lost_is_made_again_from_its_backup(copied: Home, tmp_path: Path) -> None:
    before = copied.rows("SELECT count(*) AS cells, sum(value) AS total FROM analysis.observations")
    follow(BACK_UP, copied.root, tmp_path / "backup")
    subprocess.run(["chmod", "-R", "u+w", str(copied.root)], check=True)
    shutil.rmtree(copied.root)
    moved = Home(tmp_path / "another machine")
    follow(RESTORE, moved.root, tmp_path / "backup")
    assert moved.rows("SELECT count(*) AS cells, sum(value) AS total FROM analysis.observations") == before
    assert "Nothing new" in follow(MAKE_THE_REST, moved.root, tmp_path / "backup")
    assert [finding.what for finding in verify_all(moved.settings) if finding.problems] == []
