"""The oversight warehouse: departments' returns in, comparable measures out, published safely every night.

The packages follow the data's way: `contracts` (what is agreed), `returns` (what arrived, and whether it
keeps the agreement), `warehouse` (build, candidate, release) and `defs` (the Dagster layer, thin).

For notebooks: `orchestration.connect()`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.analyst import connect

__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    """What analysts open a release with, loaded when it is asked for: commands that do not need it start sooner."""
    if name != "connect":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from orchestration.analyst import connect

    return connect
