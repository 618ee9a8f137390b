"""docs/security.md names a test for every threat, each of which exists; and what it says of packages is so."""

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


def test_every_package_is_pinned_with_its_hashes() -> None:
    text = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(packages) > 100
    assert [line.split()[0] for line in packages if "==" not in line or "--hash=sha256:" not in line] == []
    assert "--require-hashes" in (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
