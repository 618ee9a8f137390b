"""Assembly of all definitions, in a function so that tests can use other settings.

Contains the list of definitions. Not here: the definitions themselves (the other modules of this package).
"""

import dagster as dg

from orchestration.contracts import load_contracts
from orchestration.contracts.publication import RULES, load_publication
from orchestration.defs.gate import gate_checks
from orchestration.defs.inputs import inputs_asset
from orchestration.defs.jobs import (
    drafting_job,
    failure_sensor,
    nightly_job,
    nightly_schedule,
    opening_job,
    opening_schedule,
)
from orchestration.defs.release import candidate_asset, published_asset
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.returns import receipts_asset, references_asset, return_assets
from orchestration.defs.transform import dbt_project, star_assets
from orchestration.defs.values import RECORDED, RecordedValues
from orchestration.foundation.settings import Settings


def build_definitions(settings: Settings | None = None) -> dg.Definitions:
    """Return the definitions with `settings` (default: those of the environment)."""
    settings = settings or Settings()
    contracts = load_contracts(settings.contracts)
    project = dbt_project()
    star = star_assets(project)
    landing_keys = sorted(
        {key for spec in star.specs for key in (d.asset_key for d in spec.deps) if key.path[0] == "landing"}
    )
    has_rules = (settings.contracts / RULES).is_file()
    opening = [opening_schedule(load_publication(settings.contracts))] if has_rules else []
    return dg.Definitions(
        assets=[
            receipts_asset,
            references_asset,
            *return_assets(contracts),
            inputs_asset(contracts, landing_keys),
            star,
            candidate_asset(star),
            published_asset,
        ],
        asset_checks=[gate_checks()],
        jobs=[nightly_job, drafting_job, opening_job],
        schedules=[nightly_schedule, *opening],
        sensors=[failure_sensor],
        resources={
            "warehouse": Warehouse(),
            "lock": RefreshLock(),
            RECORDED: RecordedValues(),
        },
        # One file has one writer, so steps run one after another in one process.
        executor=dg.in_process_executor,
    )
