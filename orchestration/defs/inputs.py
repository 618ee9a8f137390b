"""The inputs of one build: schema `landing` of a fresh build database, one asset per table.

Belongs here: the asset definition. Does not belong here: the tables (`orchestration.warehouse.build.inputs`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import dagster as dg

from orchestration.contracts import Contracts
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.returns import RECEIPTS, REFERENCES, return_key
from orchestration.foundation.progress import announce, timed
from orchestration.returns.intake import read_references, screen_all


class BuildConfig(dg.Config):
    """What is to be known: everything, or (`as_at`, ISO 8601 with zone) what had been received by then."""

    as_at: str | None = None


def inputs_asset(contracts: Contracts, landing_keys: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """One step that makes every table of schema `landing` which dbt reads."""
    upstream = [RECEIPTS, REFERENCES, *(return_key(code) for code in contracts.returns)]

    @dg.multi_asset(
        name="build_inputs",
        specs=[dg.AssetSpec(key, deps=upstream, group_name="landing", kinds={"duckdb"}) for key in landing_keys],
    )
    def build_inputs(config: BuildConfig, warehouse: Warehouse, lock: RefreshLock) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        from orchestration.warehouse.build.inputs import lay_out

        settings, current = warehouse.settings, warehouse.contracts
        announce("laying out the build")
        with timed("build"):
            references = read_references(settings, current)
            screened = screen_all(settings, current, references)
            as_at = datetime.fromisoformat(config.as_at) if config.as_at else None
            inputs = lay_out(settings, current, references, screened, as_at)
        for key in landing_keys:
            yield dg.MaterializeResult(asset_key=key, metadata={"submissions": inputs.submissions})

    return build_inputs
