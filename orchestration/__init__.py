"""The oversight warehouse: turns departments' returns into comparable measures, and publishes them every night.

The packages follow the data flow: `contracts` (what is agreed with departments), `returns` (landing and screening),
`warehouse` (build, candidate, release) and `defs` (a thin Dagster layer).

For notebooks: `orchestration.connect()`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.analyst import connect

__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    """Return `connect`, imported on first use so that commands which do not need it start sooner."""
    if name != "connect":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from orchestration.analyst import connect

    return connect
