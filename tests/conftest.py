"""What every room's tests may use: the folder of real returns, and a refreshed sample."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from filelock import FileLock
from xdist.scheduler import LoadScopeScheduling

from orchestration.foundation.settings import PROJECT_ROOT, Settings
from tests.warm import run_command

REAL_RETURNS = Path(os.environ.get("OVERSIGHT_RETURNS", PROJECT_ROOT.parent / "shared" / "returns"))


@pytest.fixture(scope="session")
def real_returns() -> Path:
    """Folder of the real returns; skips where it is not beside the repository."""
    if not (REAL_RETURNS / "SUBMISSIONS.tsv").is_file():
        pytest.skip(f"the real returns are not at {REAL_RETURNS}")
    return REAL_RETURNS


@dataclass
class Home:
    """An installation with a state of its own, driven by the command line as a user would.

    Where it is not warm, each command is an interpreter of its own, with its imports and the process of the gate.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    is_warm: bool = True

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`oversight` with these words; with `check`, a failure shows what it printed."""
        environment = {**os.environ, "OVERSIGHT_HOME": str(self.root), "COLUMNS": "160", **self.environment}
        if self.is_warm:
            done = run_command(words, environment, PROJECT_ROOT)
        else:
            command = [sys.executable, "-m", "orchestration", *words]
            done = subprocess.run(
                command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
            )
        if check and done.returncode != 0:
            pytest.fail(f"oversight {' '.join(words)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def refresh(self, *words: str, check: bool = True) -> dict[str, object]:
        """`oversight refresh --format json`; the summary, with the exit code beside it."""
        done = self.run("refresh", "--format", "json", *words, check=check)
        summary: dict[str, object] = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}
        return {**summary, "exit_code": done.returncode, "said": done.stderr}

    def rows(self, query: str, *words: str) -> list[dict[str, object]]:
        """Rows of a query to the release in force."""
        done = self.run("sql", query, "--format", "json", *words)
        return [json.loads(line) for line in done.stdout.splitlines()]

    @property
    def settings(self) -> Settings:
        return Settings(home=self.root)


_ONE_ROOM = "tests/real_returns/"


class ByRoom(LoadScopeScheduling):
    """Tests that share an expensive home run in one process: those of a file, and all those of the real returns.

    pytest-xdist 3.8 has marks for that, which pytest 9.2 does not let it see.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _ONE_ROOM if file.startswith(_ONE_ROOM) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByRoom:
    """How tests are dealt out to processes."""
    return ByRoom(config, log)


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first process that asks for it makes, and every other process of this run shares."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    with FileLock(shared / f"{name}.lock"):
        done, folder = shared / f"{name}.done", shared / name
        if not done.exists():
            # A test that failed to make it leaves a part behind.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list of a sample, written once."""
    from orchestration.sample import write_sample

    return made_once(tmp_path_factory, "sample", write_sample) / "SUBMISSIONS.tsv"


@pytest.fixture(scope="session")
def published(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home in which the sample was refreshed and published once; tests only read it, or copy it."""

    def refresh(folder: Path) -> None:
        summary = Home(folder).refresh("--submissions", str(sample))
        assert summary["published"], summary
        (folder / "first-refresh.json").write_text(json.dumps(summary), encoding="utf-8")

    return Home(made_once(tmp_path_factory, "published", refresh))
