"""A publication killed at any step leaves the old release current, and does not block the next publication."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.publishing import promotion
from orchestration.warehouse.publishing.promotion import publish, rollback
from orchestration.warehouse.store.catalogue import current_release, releases, resolve_release
from orchestration.warehouse.store.manifest import verify_manifest
from tests.expectations.small_warehouse import passed_candidate as passed
from tests.warehouse.publishing.test_promotion import FEWER, ask

STEPS = (
    "write_parquet",
    "write_changes",
    "write_manifest",
    "seal_files",
    "move_folder",
    "seal_folders",
    "record",
    "point",
)


class KilledError(BaseException):
    """Simulates a kill: the code under test does not catch it."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one release and a candidate."""
    settings = Settings(home=tmp_path_factory.mktemp("begun") / "var")
    publish(settings, passed(settings, "r1"))
    passed(settings, "r2", FEWER)
    return settings.root


# After one step is before the next, so only the last is killed on both sides.
@pytest.fixture(params=[*(f"before {step}" for step in STEPS), "after point"])
def killing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that makes the next publication die before or after one of its steps."""
    when, step = request.param.split()
    original = getattr(promotion, step)

    def dies(*arguments: object, **named: object) -> object:
        if when == "after":
            original(*arguments, **named)
        raise KilledError(step)

    def arm() -> None:
        monkeypatch.setattr(promotion, step, dies)

    return arm


def test_a_killed_publication_is_completed_or_passed_by(
    begun: Path, tmp_path: Path, killing: Callable[[], None], monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    settings = Settings(home=shutil.copytree(begun, tmp_path / "var", symlinks=True))
    killing()
    with pytest.raises(KilledError):
        publish(settings, "r2")
    monkeypatch.undo()
    moved_at_the_end = "after point" in request.node.name
    assert current_release(settings) == ("r2" if moved_at_the_end else "r1")
    assert ask(settings, resolve_release(settings)) == [(9 if moved_at_the_end else 10,)]

    other = Settings(home=shutil.copytree(settings.root, tmp_path / "other", symlinks=True))
    publish(settings, "r2")
    assert current_release(settings) == "r2"
    assert verify_manifest(resolve_release(settings))["previous_release"] == "r1"
    assert ask(settings, resolve_release(settings)) == [(9,)]

    published = publish(other, passed(other, "r3"))
    assert current_release(other) == "r3"
    assert all(release.complete for release in releases(other))
    assert rollback(other).release_id == published.previous


def test_a_pointer_that_was_created_but_not_moved_is_replaced(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    (settings.current / ".restricted.next").symlink_to("../releases/restricted/r0")
    publish(settings, passed(settings, "r2"))
    assert [path.name for path in settings.current.iterdir()] == ["restricted"]
    assert current_release(settings) == "r2"


def test_a_real_signal_leaves_the_old_release_and_frees_the_lock(settings: Settings) -> None:
    publish(settings, passed(settings, "r1"))
    passed(settings, "r2", FEWER)
    code = f"""
import os, signal
from pathlib import Path
from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing import promotion
promotion.write_manifest = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
promotion.publish(Settings(home=Path({str(settings.home)!r})), "r2")
"""
    killed = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, env=os.environ, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert current_release(settings) == "r1"
    assert publish(settings, "r2").moved
    assert ask(settings, resolve_release(settings)) == [(9,)]
