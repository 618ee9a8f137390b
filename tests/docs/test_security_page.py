"""docs/security.md names an existing test for every threat, and describes the packages correctly."""

import ast
import re

import pytest

from orchestration.foundation.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = PAGE.partition("## Threats")[2].partition("## Rights")[0]
ROWS = [line for line in THREATS.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_the_page_has_the_threats_of_every_room() -> None:
    assert len(ROWS) > 25
    assert THREATS.count("### ") == 4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_threat_has_a_guard_and_a_test_that_exists(row: str) -> None:
    _, threat, guard, tests, _ = row.split("|")
    assert threat.strip()
    assert guard.strip()
    named = _TEST.findall(tests)
    assert named, f"no test proves the guard against: {threat}"
    for path, name in named:
        tree = ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def packages_of(lock: str) -> list[str]:
    """The lines of a lock file that name a package, each with its hashes."""
    text = (PROJECT_ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if re.match(r"[A-Za-z0-9-]", line)]


@pytest.mark.parametrize(
    ("lock", "least"),
    [("requirements.lock", 100), ("setup/requirements-dev.lock", 20), ("setup/requirements-uv.lock", 1)],
)
def test_every_package_is_pinned_with_its_hashes(lock: str, least: int) -> None:
    packages = packages_of(lock)
    assert len(packages) >= least
    assert [line.split()[0] for line in packages if "==" not in line or "--hash=sha256:" not in line] == []


def test_set_up_demands_the_hashes() -> None:
    assert (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8").count("pip install") == 1  # pip-audit, by itself
    assert '"--require-hashes"' in (PROJECT_ROOT / "setup" / "install.py").read_text(encoding="utf-8")


def test_what_a_refresh_needs_and_what_tests_need_besides_are_pinned_once() -> None:
    core, tools = ({line.partition("==")[0].partition("[")[0] for line in packages_of(lock)}
                   for lock in ("requirements.lock", "setup/requirements-dev.lock"))  # fmt: skip
    assert core & tools == set()
    assert {"dagster", "dbt-core", "duckdb", "great-expectations"} < core
    assert {"pytest", "ruff", "mypy", "playwright"} < tools
