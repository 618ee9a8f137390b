"""Faults other than kills: a full disk, a folder that cannot be written, a damaged candidate, a clock that jumps back.

Each is reported in one sentence, readers keep a whole release, and the next night ends where an undisturbed one would.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.foundation import clock
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import current_release, names_in, new_release_id
from tests.faults import tiny
from tests.faults.killing import STEPS, Undisturbed, failed_at, prepare
from tests.sizes import sized


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Undisturbed]:
    """An installation after two nights, and what its third would be."""
    base = tmp_path_factory.mktemp("others") / "base"
    return base, prepare(base)


@pytest.fixture
def home(usual: tuple[Path, Undisturbed], tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(usual[0], tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def problems(settings: Settings) -> list[str]:
    return [f"{one.what}: {problem}" for one in verify_all(settings) for problem in one.problems]


# Each of the other steps is one at which `test_killed_nights` kills.
@pytest.mark.parametrize("step", sized(list(STEPS)[::2], list(STEPS)))
def test_a_disk_that_is_full_at_a_named_step_costs_one_night(
    usual: tuple[Path, Undisturbed], tmp_path: Path, step: str
) -> None:
    base, undisturbed = usual
    fate = failed_at(step, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), base, tmp_path / "copy")
    assert fate.signal == -1, "the night ended by an error"
    assert fate.seen in (undisturbed.before, undisturbed.after)
    assert (fate.problems, fate.final) == ((), undisturbed.after)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with little room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk))
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(ballast: Path) -> None:
    """Write until nothing more goes onto the disk."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(1 << 16)):
            continue


def test_a_disk_that_is_really_full_costs_nights_until_there_is_room(
    usual: tuple[Path, Undisturbed], small_disk: Path
) -> None:
    shutil.copytree(usual[0], small_disk / "copy", symlinks=True)
    settings = tiny.settings_of(small_disk / "copy")
    before = current_release(settings)
    ballast = small_disk / "ballast"
    fill(ballast)
    with pytest.raises(Exception, match=r"(?i)no space|disk|write"):
        tiny.night(settings, tiny.NIGHTS)
    assert current_release(settings) == before
    assert problems(settings) == []
    ballast.unlink()
    tiny.night(settings, tiny.NIGHTS)
    assert current_release(settings) != before
    assert tiny.mark_of(settings, settings.releases / "restricted" / str(current_release(settings)))[0] == 30
    assert problems(settings) == []


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make `folder` read-only, for root too: permissions do not stop root, but a mount does."""
    if os.getuid() != 0:
        before = folder.stat().st_mode
        folder.chmod(0o500)
        yield
        folder.chmod(before)
        return
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here ({done.stderr.strip()})")


@pytest.mark.parametrize("name", ["landing", "build", "releases"])
def test_a_folder_that_cannot_be_written_is_named_and_readers_keep_theirs(home: Path, name: str) -> None:
    settings = tiny.settings_of(home)
    before = current_release(settings)
    with read_only(settings.root / name):
        with pytest.raises(Exception, match=rf"(?i)(read-only|permission denied).*{name}|{name}.*(read-only|denied)"):
            tiny.night(settings, tiny.NIGHTS)
        assert current_release(settings) == before
        assert tiny.mark_of(settings, settings.releases / "restricted" / str(before))[0] == 20
    tiny.night(settings, tiny.NIGHTS)
    assert current_release(settings) != before
    assert problems(settings) == []


def test_a_damaged_candidate_is_refused_and_the_next_night_makes_another(home: Path) -> None:
    settings = tiny.settings_of(home)
    before = current_release(settings)
    damaged = tiny.passed(settings, "29990101T000000Z-00000000", 99)
    database = settings.candidates / damaged / DATABASE
    content = bytearray(database.read_bytes())
    for place in range(3 * 4096, len(content)):
        content[place] ^= 0xFF
    database.write_bytes(bytes(content))
    with pytest.raises(OversightError, match=damaged):
        publish(settings, damaged)
    assert current_release(settings) == before
    assert problems(settings) == []
    tiny.night(settings, tiny.NIGHTS)
    assert current_release(settings) != before
    assert problems(settings) == []


def test_a_clock_that_jumps_back_loses_nothing_and_later_releases_stay_later(
    home: Path,
) -> None:
    settings = tiny.settings_of(home)
    before = str(current_release(settings))
    long_ago = clock.now() - timedelta(days=4000)
    next_id = new_release_id(settings, long_ago, "abcdef0123456789")
    assert next_id > before
    with clock.set_to(long_ago):
        tiny.night(settings, tiny.NIGHTS)
    after = str(current_release(settings))
    assert after > before
    assert names_in(settings.releases / "restricted")[-1] == after
    assert problems(settings) == []
