"""The dbt models as assets, and the dbt run that makes them.

Belongs here: the translator and the dbt asset. Does not belong here: models (`dbt_project/`).
"""

import io
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.progress import announce, spent, timed
from orchestration.settings import PROJECT_ROOT, Settings

DBT_FOLDER = PROJECT_ROOT / "dbt_project"


class StarTranslator(DagsterDbtTranslator):
    """Groups models by layer; the rest follows dbt: key = [schema, model]."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer, which is the schema and the folder."""
        return str(dbt_resource_props.get("schema"))


def dbt_project() -> DbtProject:
    """The dbt project with its manifest, parsed now if nobody has (set-up does)."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER)
    if not project.manifest_path.exists():
        project.preparer.prepare(project)
    return project


def dbt_executable() -> str:
    """The dbt beside this Python, so that another one on PATH is never taken."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.exists() else "dbt"


def dbt_resource(project: DbtProject, settings: Settings) -> DbtCliResource:
    """dbt from the command line, with what it leaves behind kept below OVERSIGHT_HOME."""
    return DbtCliResource(
        project_dir=project,
        profiles_dir=str(DBT_FOLDER),
        dbt_executable=dbt_executable(),
        global_config_flags=["--no-use-colors", "--log-path", str(settings.logs / "dbt"), "--log-level-file", "info"],
    )


def star_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Every dbt model as an asset, its tests as asset checks, built by one `dbt build`."""
    translator = StarTranslator(DagsterDbtTranslatorSettings(enable_code_references=False))

    @dbt_assets(manifest=project.manifest_path, project=project, dagster_dbt_translator=translator, name="star_schema")
    def star_schema(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse, lock: RefreshLock
    ) -> Iterator[Any]:
        settings = warehouse.settings
        announce("building the star schema")
        os.environ["OVERSIGHT_BUILD_DATABASE"] = str(settings.build_database)
        target = settings.build / "dbt"
        target.mkdir(parents=True, exist_ok=True)
        (target / "run_results.json").unlink(missing_ok=True)
        parsed = project.manifest_path.parent / "partial_parse.msgpack"
        if parsed.exists() and not (target / parsed.name).exists():
            shutil.copy(parsed, target)
        # Great Expectations takes seconds to import; dbt is a process of its own meanwhile.
        ahead = threading.Thread(target=_import_gate, name="import-gate", daemon=True)
        ahead.start()
        with timed("dbt"):
            invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, target_path=target)
            # What dbt says goes to its log; on the screen it would drown what a person needs.
            with redirect_stdout(io.StringIO()):
                events = list(invocation.stream())
        yield from events
        spent("dbt framework", -_seconds_in_models(target))
        ahead.join()

    return star_schema


def _import_gate() -> None:
    import great_expectations  # noqa: F401 - imported ahead, for the gate


def _seconds_in_models(target: Path) -> float:
    """How long dbt's nodes ran, by its own account; the rest of its time is start and parsing."""
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    return float(results["elapsed_time"])
