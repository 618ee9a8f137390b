"""The Dagster code location, assembled from `defs/`.

Contains only the entry point that `workspace.yaml` and `dg` load.
"""

import dagster as dg

from orchestration.defs.assembly import build_definitions
from orchestration.foundation.rights import keep_to_owner


@dg.definitions
def defs() -> dg.Definitions:
    """Return all assets, checks, jobs and schedules of the warehouse."""
    keep_to_owner()
    return build_definitions()
