"""The job that drafts the next release of the open tier.

Contains its only step. Not here: creating a draft (`orchestration.warehouse.publishing.draft`), or publishing it
(`open_publication`). It is not an asset and has no schedule: people decide which figures become public, and when.
"""

import dagster as dg

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.foundation.errors import GateRefusedError
from orchestration.foundation.notify import notify


@dg.op
def draft_the_open_tier(context: dg.OpExecutionContext, warehouse: Warehouse, lock: RefreshLock) -> None:
    """Draft an open release from the current restricted one; fail the run if the gate refuses the draft."""
    from expectations.worker import judge_candidate
    from orchestration.warehouse.publishing.draft import make_draft

    settings = warehouse.settings
    draft = make_draft(settings, warehouse.contracts, judge_candidate, context.log.info)
    if not draft.is_new:
        context.log.info(f"Open release {draft.release_id} already has these figures; no draft was kept.")
        return
    if draft.refusal:
        raise GateRefusedError(draft.refusal)
    notify(settings, {"event": "draft_ready", "release_id": draft.release_id, "made_of": draft.made_of,
                      "cells_hidden": draft.hidden.small + draft.hidden.besides})  # fmt: skip


@dg.graph(description="Draft the next open release from the current restricted one; nothing is published.")
def draft_open() -> None:
    """Run the step; the job has the name of this function."""
    draft_the_open_tier()
