"""The Dagster code location: everything under `defs/`, put together once.

Belongs here: nothing but the entry point that `workspace.yaml` and `dg` load.
"""

import dagster as dg

from orchestration.defs.assembly import build_definitions
from orchestration.foundation.rights import keep_to_owner


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and schedules of the warehouse."""
    keep_to_owner()
    return build_definitions()
