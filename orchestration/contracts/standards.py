"""What is judged beyond a single return: minimum standards, targets, and measures that belong together.

Belongs here: the shape of `contracts/measures.yml`. Does not belong here: what one return's numbers mean (`measures`).
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.parts import Code, Level, Part


class Standard(Part):
    """A level of service that is demanded (`minimum`) or aimed at (`target`), from when to when, and by whom.

    `at_least` or `at_most` is the threshold, in the unit of the measure; equality meets it. It holds for places of
    `levels` and for `service_line`, everybody alike. `source` is the law or document that sets it.
    """

    standard: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    measure: Code
    kind: Literal["minimum", "target"]
    at_least: float | None = None
    at_most: float | None = None
    levels: list[Level] = Field(min_length=1)
    service_line: str = "Total"
    valid_from: date
    valid_to: date | None = None
    source: str

    @model_validator(mode="after")
    def _has_one_threshold(self) -> "Standard":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a standard needs either at_least or at_most")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("a standard cannot end before it begins")
        return self


class Companion(Part):
    """A measure of one group only, whose whole another measure holds: pupils eligible for free meals, all pupils.

    Its gap is the difference from `whole`, at the same place and period; the group is `category` of
    `characteristic`.
    """

    measure: Code
    whole: Code
    characteristic: str
    category: str


class Judgements(Part):
    """All of `contracts/measures.yml`."""

    standards: list[Standard] = []
    companions: list[Companion] = []

    @model_validator(mode="after")
    def _codes_stand_once(self) -> "Judgements":
        codes = [standard.standard for standard in self.standards]
        if repeated := {code for code in codes if codes.count(code) > 1}:
            raise ValueError(f"standard '{min(repeated)}' stands twice")
        return self
