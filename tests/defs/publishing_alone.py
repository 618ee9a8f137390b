"""Publication of the candidate without a refresh, as with the button "Materialize" on Dagster's pages."""

import dagster as dg

from orchestration.defs.release import CANDIDATE, published_asset
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED, RecordedValues


def record_candidate(instance: dg.DagsterInstance, release_id: str) -> None:
    """Record `release_id` as the candidate of the latest run."""
    instance.report_runless_asset_event(
        dg.AssetMaterialization(CANDIDATE, metadata={"value": dg.MetadataValue.json(release_id)})
    )


def publish_alone(release_id: str | None) -> dg.ExecuteInProcessResult:
    """Materialise only the published release; `release_id` is the candidate of the latest run, if any."""
    with dg.DagsterInstance.ephemeral() as instance:
        if release_id is not None:
            record_candidate(instance, release_id)
        return dg.materialize(
            [published_asset, dg.AssetSpec(CANDIDATE)],
            resources={"warehouse": Warehouse(), "lock": RefreshLock(), RECORDED: RecordedValues()},
            instance=instance,
            raise_on_error=False,
        )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    """Return the error of the failed step, with its causes."""
    [event] = [event for event in result.all_events if event.is_step_failure]
    error = event.step_failure_data.error
    return error.to_string() if error else ""
