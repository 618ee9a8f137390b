"""The step that makes an approved draft public.

Belongs here: what runs at the time of publication. Does not belong here: when that is (`night`), or any demand on the
draft (`orchestration.warehouse.approval`). It is no asset: the nightly job holds every asset, and this is no work of
the night.
"""

import dagster as dg

from orchestration.defs.resources import Warehouse
from orchestration.foundation.notify import notify


@dg.op
def publish_the_approved_draft(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Publish the newest draft of the open tier that is signed and due, or say that there is none, which is no failure.

    A draft that is signed and not what was approved fails the run; so somebody is told.
    """
    from orchestration.warehouse.publishing.decision import publish_approved

    settings = warehouse.settings
    result = publish_approved(settings)
    if result is None:
        context.log.info("No draft of tier open is approved and due: nothing was published.")
    elif result.held:
        notify(settings, {"event": "publication_held", "in_force": result.release_id, **result.held})
    else:
        context.log.info(f"Release {result.release_id} is public: {result.folder}")
        notify(settings, {"event": "open_published", "release_id": result.release_id, "folder": result.folder})


@dg.graph(description="Make the newest approved draft public, if its time has come.")
def publish_open() -> None:
    """One step; the job is named after it."""
    publish_the_approved_draft()
