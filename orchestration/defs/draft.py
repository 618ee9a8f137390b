"""The step that drafts the next release of the open tier.

Belongs here: what runs when somebody asks for a draft. Does not belong here: how it is made
(`orchestration.warehouse.publishing.draft`), or what makes it public (`opening`). It is no asset and has no schedule:
which figures are to become public, and when, is decided by people.
"""

import dagster as dg

from orchestration.defs.resources import RefreshLock, Warehouse
from orchestration.foundation.errors import GateRefusedError
from orchestration.foundation.notify import notify


@dg.op
def draft_the_open_tier(context: dg.OpExecutionContext, warehouse: Warehouse, lock: RefreshLock) -> None:
    """Draft what the public may see of the release in force; a draft that the gate refuses fails the run."""
    from expectations.worker import judge_candidate
    from orchestration.warehouse.publishing.draft import make_draft

    settings = warehouse.settings
    made = make_draft(settings, warehouse.contracts, judge_candidate, context.log.info)
    if not made.is_new:
        context.log.info(f"The public has these figures already: release {made.release_id} stays.")
        return
    if made.refusal:
        raise GateRefusedError(made.refusal)
    notify(settings, {"event": "draft_ready", "release_id": made.release_id, "made_of": made.made_of,
                      "cells_hidden": made.hidden.small + made.hidden.besides})  # fmt: skip


@dg.graph(description="Draft the next release of the open tier out of the release in force; nothing becomes public.")
def draft_open() -> None:
    """One step; the job is named after it."""
    draft_the_open_tier()
