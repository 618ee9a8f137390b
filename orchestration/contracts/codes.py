"""Codes that no single return owns: departments, kinds of GSS code, other spellings of places, characteristics.

Belongs here: the shape of `contracts/codes.yml`. Does not belong here: what a single return sends (`model`).
"""

from typing import Literal

from orchestration.contracts.parts import Level, Part


class Place(Part):
    """A location that a contract itself names, where no reference has it."""

    code: str
    level: Level
    name: str | None = None


class Entity(Part):
    """What the first three signs of a GSS code say about a place."""

    level: Level
    type: str
    description: str


class Dimension(Part):
    """What a characteristic divides people by, whatever its edition.

    `dimension` is what gaps are reported under. `ordered` says that its categories are numbered from the most to the
    least disadvantaged. `reference` lists the categories, the first that a return has, with which the others are
    compared where the categories have no order.
    """

    dimension: Literal[
        "deprivation", "ethnicity", "sex", "age", "disability", "disadvantage", "region", "rurality", "other"
    ]  # fmt: skip
    ordered: bool = False
    reference: list[str] = []
    leave_out: list[str] = []


class Codes(Part):
    """Codes that no single return owns. `characteristics` go by the code before the colon of an edition."""

    departments: dict[str, str]
    gss_entities: dict[str, Entity]
    aliases: list[Place] = []
    characteristics: dict[str, Dimension] = {}
