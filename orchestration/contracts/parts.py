"""The words that every kind of contract is made of: statuses, levels of places, codes, and the base of every part.

Belongs here: types that more than one kind of contract uses. Does not belong here: any kind of contract.
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
    """Base of every part of a contract: unknown words are refused, objects do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)
