"""The dbt models as assets.

Contains the translator, the dbt asset, and the conversion of dbt's events. Not here: the models (`dbt_project/`), or
running dbt (`orchestration.warehouse.build.star`).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.foundation.progress import announce, timed
from orchestration.foundation.settings import DBT_FOLDER
from orchestration.warehouse.build.star import ALL, build_star, is_stale, parse


class StarTranslator(DagsterDbtTranslator):
    """Groups of models by folder, which reflects when they are built; keys follow dbt: [schema, model]."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the first folder below `models/`."""
        return str(dbt_resource_props["fqn"][1])


def dbt_project() -> DbtProject:
    """Return the dbt project with its manifest; parse it if set-up has not."""
    project = DbtProject(project_dir=DBT_FOLDER, profiles_dir=DBT_FOLDER)
    if is_stale():
        parse()
    return project


def star_assets(project: DbtProject) -> dg.AssetsDefinition:
    """Return every dbt model as an asset, with its tests as asset checks, built by one `dbt build`."""
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
            events, failure = build_star(settings, target, selected)
        for event in events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            if message.is_result_event:
                yield from message.to_default_asset_events(manifest, translator, context, target, project)
        if failure is not None:
            raise failure

    return star_schema
