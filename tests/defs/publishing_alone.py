"""Publication started alone, as the button "Materialize" of Dagster's pages does."""

import dagster as dg

from orchestration.defs.release import CANDIDATE, published_asset
from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.defs.values import RECORDED, RecordedValues


def record_candidate(instance: dg.DagsterInstance, release_id: str) -> None:
    """Record `release_id` as the candidate that the latest run made."""
    instance.report_runless_asset_event(
        dg.AssetMaterialization(CANDIDATE, metadata={"value": dg.MetadataValue.json(release_id)})
    )


def publish_alone(release_id: str | None) -> dg.ExecuteInProcessResult:
    """Materialise the published release alone; `release_id` is the candidate of the latest run, if there was one."""
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
    """Return the error of the step that failed, with its causes."""
    [event] = [event for event in result.all_events if event.is_step_failure]
    error = event.step_failure_data.error
    return error.to_string() if error else ""
