"""The job that publishes an approved draft.

Contains its only step. Not here: the time of publication (`jobs`), or the conditions for it
(`orchestration.warehouse.approval`). It is not an asset, because the nightly job includes every asset and must not
publish drafts.
"""

import dagster as dg

from orchestration.defs.resources import Warehouse
from orchestration.foundation.notify import notify


@dg.op
def publish_the_approved_draft(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Publish the newest open draft that is signed and due; if there is none, log that and succeed.

    Fail the run, which sends a notification, if a signed draft differs from the one that was approved.
    """
    from orchestration.warehouse.publishing.decision import publish_approved

    settings = warehouse.settings
    result = publish_approved(settings)
    if result is None:
        context.log.info("No open draft is approved and due; nothing was published.")
    elif result.held:
        notify(settings, {"event": "publication_held", "in_force": result.release_id, **result.held})
    else:
        context.log.info(f"Release {result.release_id} is public: {result.folder}")
        notify(settings, {"event": "open_published", "release_id": result.release_id, "folder": result.folder})


@dg.graph(description="Publish the newest approved draft if it is due.")
def publish_open() -> None:
    """Run the step; the job has the name of this function."""
    publish_the_approved_draft()
