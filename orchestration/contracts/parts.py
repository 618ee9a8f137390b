"""Types shared by all kinds of contract, and the base class of every part of a contract.

Contains statuses, location levels, domains and the pattern of codes. Not here: any kind of contract.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["x", "z", "c", "u", "low", "k", "p", "r", "e", "b", ""]
ValueType = Literal["count", "proportion", "rate", "ratio", "mean", "currency", "index", "duration", "score"]
Level = Literal[
    "country", "region", "combined_authority", "local_authority", "district", "police_force", "fire_authority",
    "national_park", "waste_authority", "strategic_authority", "nhs_trust", "gp_practice", "nhs_region", "icb",
    "health_board", "school",
]  # fmt: skip
Domain = Literal["standards", "fairness", "value_for_money", "satisfaction", "workforce", "context"]
Severity = Literal["refuse", "warn"]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[A-Za-z0-9_]+$")]


class Part(BaseModel):
    """Base class of every part of a contract: unknown keys are refused, and objects are immutable.

    The docstring below a field is its description in the JSON Schemas and in docs/contracts.md.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, use_attribute_docstrings=True)
