"""The inputs of a build: schema `landing` of a new build database, one asset per table.

Contains the asset definition. Not here: the tables (`orchestration.warehouse.build.inputs`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from orchestration.contracts import Contracts
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.returns import RECEIPTS, REFERENCES, return_key
from orchestration.defs.values import RECORDED
from orchestration.foundation.progress import announce, timed
from orchestration.returns.intake import read_references, screen_all

INPUTS = dg.AssetKey(["landing", "inputs"])


class BuildConfig(dg.Config):
    """Knowledge time of the build: now, or `as_at` (ISO 8601 with zone)."""

    as_at: str | None = None


def inputs_asset(contracts: Contracts, landing_keys: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Return the step that creates every table of schema `landing` that dbt reads."""
    upstream = [RECEIPTS, REFERENCES, *(return_key(code) for code in contracts.returns)]

    @dg.multi_asset(
        name="build_inputs",
        outs={
            "inputs": dg.AssetOut(
                key=INPUTS,
                group_name="landing",
                io_manager_key=RECORDED,
                description="Inputs of the build: their digest, the references used, and the refused files.",
            ),
            **{
                f"table_{key.path[-1]}": dg.AssetOut(
                    key=key, dagster_type=dg.Nothing, group_name="landing", kinds={"duckdb"}
                )
                for key in landing_keys
            },
        },
        deps=upstream,
    )
    def build_inputs(config: BuildConfig, warehouse: Warehouse, lock: RefreshLock) -> Iterator[dg.Output[Any]]:
        from orchestration.warehouse.build.inputs import lay_out

        settings, current = warehouse.settings, warehouse.contracts
        announce("preparing the build")
        with timed("build"):
            references = read_references(settings, current)
            screened = screen_all(settings, current, references)
            as_at = datetime.fromisoformat(config.as_at) if config.as_at else None
            inputs = lay_out(settings, current, references, screened, as_at)
        yield dg.Output(inputs, "inputs")
        for key in landing_keys:
            yield dg.Output(None, f"table_{key.path[-1]}", metadata={"submissions": inputs.submissions})

    return build_inputs
