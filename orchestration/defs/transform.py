"""The dbt models as assets, and the dbt run that makes them.

Belongs here: the translator, the dbt asset, and what dbt's events become. Does not belong here: models
(`dbt_project/`).

dbt runs inside this process with the manifest that set-up parsed: a process of its own would pay again for
its imports and for parsing, which takes longer than building the sample's star.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.errors import GateRefusedError, OversightError
from orchestration.progress import announce, spent, timed
from orchestration.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DBT_FOLDER = PROJECT_ROOT / "dbt_project"
ALL = "fqn:*"


class StarTranslator(DagsterDbtTranslator):
    """Groups models by layer; the rest follows dbt: key = [schema, model]."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer, which is the schema and the folder."""
        return str(dbt_resource_props.get("schema"))


def dbt_project() -> DbtProject:
    """The dbt project with its manifest, parsed now if nobody has (set-up does)."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER)
    if _is_stale(project.manifest_path):
        _parse()
    return project


def _parse() -> None:
    """Make the manifest, as set-up does; raises OversightError if the project does not parse."""
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(DBT_FOLDER), "--profiles-dir", str(DBT_FOLDER)]
    result = dbtRunner().invoke(["--quiet", "parse", "--no-partial-parse", *where])
    if not result.success:
        raise OversightError(f"The dbt project does not parse: {str(result.exception).splitlines()[0]}")


def _is_stale(manifest: Path) -> bool:
    """True if the manifest is missing or older than a model, macro or test that it was made from."""
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    sources = [path for folder in ("models", "macros", "tests") for path in (DBT_FOLDER / folder).rglob("*")]
    return any(path.stat().st_mtime > made for path in [*sources, DBT_FOLDER / "dbt_project.yml"] if path.is_file())


def star_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Every dbt model as an asset, its tests as asset checks, built by one `dbt build`."""
    translator = StarTranslator(DagsterDbtTranslatorSettings(enable_code_references=False))

    @dbt_assets(manifest=project.manifest_path, project=project, dagster_dbt_translator=translator, name="star_schema")
    def star_schema(context: dg.AssetExecutionContext, warehouse: Warehouse, lock: RefreshLock) -> Iterator[Any]:
        settings = warehouse.settings
        announce("building the star schema")
        target = settings.build / "dbt"
        target.mkdir(parents=True, exist_ok=True)
        (target / "run_results.json").unlink(missing_ok=True)
        manifest = json.loads(project.manifest_path.read_text(encoding="utf-8"))
        selected, _ = get_subset_selection_for_context(context, manifest, ALL, None, None, translator, None)
        with timed("dbt"):
            events, failure = _build(settings, project, target, selected)
        for event in events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            if message.is_result_event:
                yield from message.to_default_asset_events(manifest, translator, context, target, project)
        if failure is not None:
            raise failure

    return star_schema


def _build(
    settings: Settings, project: DbtProject, target: Path, selected: list[str]
) -> tuple[list[dict[str, Any]], OversightError | None]:
    """Run `dbt build`; its events as dictionaries, and what went wrong, in one sentence."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    os.environ["OVERSIGHT_BUILD_DATABASE"] = str(settings.build_database)
    events: list[dict[str, Any]] = []

    def keep(message: Any) -> None:
        if message.info.level != "debug":
            events.append(msg_to_dict(message))

    # dbt's loggers write out thousands of events that their level then drops, and its manifest is the one it was
    # given: together a quarter of its time. What is wanted of both is written below.
    words = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-write-json"]
    runner = dbtRunner(manifest=_manifest(project), callbacks=[keep])
    words += ["--log-path", str(settings.logs / "dbt"), "build"]
    words += ["--project-dir", str(DBT_FOLDER), "--profiles-dir", str(DBT_FOLDER), "--target-path", str(target)]
    words += ["--exclude-resource-type", "unit_test", *selected]
    try:
        result = runner.invoke(words)
    finally:
        _log(settings.logs / "dbt" / "dbt.log", events)
        # dbt keeps its connection for the next run; the candidate must be able to open the file read-only.
        reset_adapters()  # type: ignore[no-untyped-call]
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if result.result is None:
        said = str(result.exception or "its log says why").splitlines()[0]
        return events, OversightError(f"dbt could not start: {said} (log in {settings.logs / 'dbt'}).")
    result.result.write(str(target / "run_results.json"))  # type: ignore[union-attr]
    found = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    # The time of dbt's nodes is work; what it needs around them is the framework's.
    spent("dbt nodes", float(found["elapsed_time"]))
    return events, None if result.success else _failure(found["results"])


def _log(path: Path, events: list[dict[str, Any]]) -> None:
    """Add to dbt's log what it said, one line for each event that is no detail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.writelines(f"{e['info']['ts']} {e['info']['level']:5} {e['info']['msg']}\n" for e in events)


def _manifest(project: DbtProject) -> "Manifest | None":
    """The manifest as set-up parsed it, or None (dbt then parses) where set-up left none."""
    from dbt.contracts.graph.manifest import Manifest

    parsed = project.manifest_path.parent / "partial_parse.msgpack"
    if not parsed.exists():
        return None
    manifest = Manifest.from_msgpack(parsed.read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _failure(results: list[dict[str, Any]]) -> OversightError:
    """What to say of a build that did not succeed: broken SQL breaks, failing tests refuse."""
    broken = [r for r in results if r["status"] == "error"]
    if broken:
        message = " ".join(str(broken[0]["message"]).split())
        if "Out of Memory" in message:
            return OversightError(
                f"There was not enough memory to build {broken[0]['unique_id']}: set OVERSIGHT_MEMORY_LIMIT higher, to "
                "about 1.3 GB for each million of figures that are compared (docs/runbooks/not-enough-memory.md)."
            )
        return OversightError(f"dbt could not build {broken[0]['unique_id']}: {message[:300]}")
    failed = [r["unique_id"].split(".")[2] for r in results if r["status"] == "fail"]
    tests = "1 of dbt's tests" if len(failed) == 1 else f"{len(failed)} of dbt's tests"
    return GateRefusedError(
        f"{tests} failed, first '{failed[0] if failed else 'unknown'}'; the build was not taken further and the last "
        "release stays in force."
    )
