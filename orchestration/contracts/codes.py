"""Codes that belong to no single return: departments, GSS entities, spellings of locations, characteristics.

Contains the shape of `contracts/codes.yml`. Not here: what a single return sends (`model`).
"""

from typing import Literal

from pydantic import Field

from orchestration.contracts.parts import Level, Part


class Place(Part):
    """Location that a contract names itself, for spellings or locations that no reference has."""

    code: str = Field(examples=["E12000006"])
    """Location code."""
    level: Level = Field(examples=["region"])
    """Location level."""
    name: str | None = Field(default=None, examples=["Eastern"])
    """Name; in `places` of a layout, the label if left out."""


class Entity(Part):
    """Location level and type given by the first three characters of a GSS code."""

    level: Level = Field(examples=["local_authority"])
    """Location level."""
    type: str = Field(examples=["london_borough"])
    """Type of area within the level."""
    description: str = Field(examples=["London boroughs and the City"])
    """The ONS name of the entity."""


class Dimension(Part):
    """What a characteristic divides people by, in every edition."""

    dimension: Literal[
        "deprivation", "ethnicity", "sex", "age", "disability", "disadvantage", "region", "rurality", "other"
    ] = Field(examples=["deprivation"])
    """Heading under which gaps are reported."""
    ordered: bool = Field(default=False, examples=[True])
    """Whether the categories are numbered from the most to the least disadvantaged."""
    reference: list[str] = Field(default=[], examples=[["white", "white_british"]])
    """Categories with which the others are compared; the first that a return has is used. For characteristics without
    an order."""
    leave_out: list[str] = Field(default=[], examples=[["not_stated"]])
    """Categories that are not groups of people."""


class Codes(Part):
    """The whole of `contracts/codes.yml`: codes that belong to no single return."""

    departments: dict[str, str] = Field(examples=[{"ho": "Home Office"}])
    """Departments, by code."""
    gss_entities: dict[str, Entity] = Field(
        examples=[{"E09": {"level": "local_authority", "type": "london_borough", "description": "London boroughs"}}]
    )
    """Entities of GSS codes, by their first three characters."""
    aliases: list[Place] = Field(default=[], examples=[[{"name": "Eastern", "code": "E12000006", "level": "region"}]])
    """Other spellings of locations; they take precedence over every reference."""
    characteristics: dict[str, Dimension] = Field(
        default={}, examples=[{"sex": {"dimension": "sex", "leave_out": ["not_stated"]}}]
    )
    """Characteristics, by the part of the code before the colon of an edition."""
