"""Values passed from one step to the next, kept in Dagster's record of the step.

Contains the IO manager for assets that return a value: the release id of a candidate, the arrivals, the inputs of a
build. Not here: tables and files, which the steps find at the paths in these values.

A value is recorded as JSON in the metadata of the materialisation. A step that runs alone therefore gets the value of
the latest run, and Dagster's pages show it.
"""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import dagster as dg

from orchestration.foundation.errors import OversightError

RECORDED = "recorded_values"
"""Resource key of the IO manager."""

_VALUE = "value"


class RecordedValues(dg.ConfigurableIOManager):
    """IO manager that records a value with its asset's materialisation, and reads the latest one."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Record `obj`: a dataclass of plain values, or a plain value."""
        value = asdict(obj) if is_dataclass(obj) and not isinstance(obj, type) else obj
        context.add_output_metadata({_VALUE: dg.MetadataValue.json(value)})

    def load_input(self, context: dg.InputContext) -> Any:
        """Return the value that the latest run recorded. Raise OversightError if none has."""
        event = context.instance.get_latest_materialization_event(context.asset_key)
        materialization = event.asset_materialization if event else None
        if materialization is None or _VALUE not in materialization.metadata:
            raise OversightError(
                f"No run has recorded a value of {context.asset_key.to_user_string()} yet; run `oversight refresh`."
            )
        value = recorded(materialization.metadata)
        expected: Any = context.dagster_type.typing_type
        return expected(**value) if isinstance(expected, type) and is_dataclass(expected) else value


def recorded(metadata: Mapping[str, Any]) -> Any:
    """Return the value in the metadata of a materialisation; None if there is none."""
    entry = metadata.get(_VALUE)
    return getattr(entry, "data", None)
