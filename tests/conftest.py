"""What every room's tests may use: the folder of real returns, and a refreshed sample."""

import csv
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
from tests.sizes import FULL
from tests.warm import run_command

# Two processes share two processors, so each works on one; `make slow` takes the default.
if not FULL:
    os.environ.setdefault("OVERSIGHT_THREADS", "1")

SMALL_RETURNS = (
    "dfe.children_looked_after",
    "dfe.lait",
    "ho.police_workforce",
    "mhclg.revenue_outturn_ro3",
    "ons.healthy_life_expectancy",
)
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

    @property
    def first_refresh(self) -> dict[str, object]:
        """The summary of the refresh that made this home."""
        return dict(json.loads((self.root / "first-refresh.json").read_text(encoding="utf-8")))

    def copy(self, root: Path) -> "Home":
        """Return a copy of this home in a folder that does not exist yet."""
        shutil.copytree(self.root, root, symlinks=True)
        return Home(root)


_ONE_ROOM = "tests/real_returns/"


class ByRoom(LoadScopeScheduling):
    """Tests that share an expensive home run in one process: those of a file, and all those of the real returns.

    pytest-xdist 3.8 has marks for that, which pytest 9.2 does not let it see.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _ONE_ROOM if file.startswith(_ONE_ROOM) else file


_LONGEST_FIRST = (
    _ONE_ROOM,
    "tests/end_to_end/test_open_tier.py",
    "tests/end_to_end/test_dagster_pages.py",
    "tests/end_to_end/test_as_at.py",
    "tests/end_to_end/test_refresh.py",
    "tests/end_to_end/",
    "tests/faults/",
    "tests/serving/",
)
"""Tests that take minutes, so that no process waits for the other at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests."""
    items.sort(
        key=lambda item: next(
            (place for place, start in enumerate(_LONGEST_FIRST) if item.nodeid.startswith(start)), len(_LONGEST_FIRST)
        )
    )


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


def write_list(sample: Path, target: Path, is_wanted: Callable[[dict[str, str]], bool]) -> Path:
    """Write a list of every reference of the sample and of the returns whose rows are wanted; return its path."""
    with sample.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        rows = [row for row in reader if row["kind"] == "reference" or is_wanted(row)]
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, reader.fieldnames or (), delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "file": str(sample.parent / row["file"])} for row in rows)
    return target


def _published(tmp_path_factory: pytest.TempPathFactory, name: str, submissions: Path) -> Home:
    """A home with one release of these submissions; tests only read it, or copy it."""

    def refresh(folder: Path) -> None:
        summary = Home(folder).refresh("--submissions", str(submissions))
        assert summary["published"], summary
        (folder / "first-refresh.json").write_text(json.dumps(summary), encoding="utf-8")

    return Home(made_once(tmp_path_factory, name, refresh))


@pytest.fixture(scope="session")
def published(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one release of the whole sample; tests only read it."""
    return _published(tmp_path_factory, "published", sample)


@pytest.fixture(scope="session")
def small_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of a few returns of the sample, with revisions and with a unit cost."""

    def write(folder: Path) -> None:
        write_list(sample, folder / "SUBMISSIONS.tsv", lambda row: row["return_code"] in SMALL_RETURNS)

    return made_once(tmp_path_factory, "small-sample", write) / "SUBMISSIONS.tsv"


@pytest.fixture(scope="session")
def small(small_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one release of a few returns; tests read it, or copy it and refresh the copy."""
    return _published(tmp_path_factory, "small", small_sample)


@pytest.fixture
def copied(small: Home, tmp_path: Path) -> Home:
    """A copy of the small home, to be changed."""
    return small.copy(tmp_path / "home")
