"""The Dagster code location: everything under `defs/`, put together once.

Belongs here: nothing but the entry point that `workspace.yaml` and `dg` load.
"""

import dagster as dg

from orchestration.defs.assembly import build_definitions


@dg.definitions
def defs() -> dg.Definitions:
    """All assets, checks, jobs and schedules of the warehouse."""
    return build_definitions()
