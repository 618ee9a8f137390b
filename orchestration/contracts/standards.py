"""What is judged beyond a single return: standards, measures that belong together, and measures made of others.

Belongs here: the shape of `contracts/measures.yml`. Does not belong here: what one return's numbers mean (`measures`).
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.derived import Derived, Frontier
from orchestration.contracts.parts import Code, Domain, Level, Part, ValueType


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


class Standardised(Part):
    """A measure that no department sends: events and people by age, made comparable between places of other ages.

    `of` is the measure of a return whose numerators are the events and whose denominators are the people, by
    `characteristic` (its code without an edition). `direct` weighs the rates by age with a `standard` population;
    `indirect` compares the events with those expected at the rates by age of the whole at `reference_level`, as a ratio
    or, with `gives: rate`, times the whole's crude rate; `life_expectancy` is in years from birth. `multiplier` makes
    the unit: 100 for a ratio of which the whole has 100, 100000 for a rate per 100,000.
    """

    code: Code
    name: str
    unit: str
    domain: Domain
    polarity: Literal["high", "low", "none"] = "none"
    multiplier: float = Field(default=1, gt=0)
    definition: str
    method: Literal["direct", "indirect", "life_expectancy"]
    of: Code
    characteristic: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    standard: Literal["european_2013"] | None = None
    reference_level: Literal["country"] | None = None
    gives: Literal["ratio", "rate"] | None = None

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> "Standardised":
        needs = {"direct": {"standard"}, "indirect": {"reference_level"}, "life_expectancy": set[str]()}[self.method]
        given = {word for word in ("standard", "reference_level", "gives") if getattr(self, word) is not None}
        if missing := needs - given:
            raise ValueError(f"method '{self.method}' needs {min(missing)}")
        if idle := given - needs - ({"gives"} if self.method == "indirect" else set()):
            raise ValueError(f"method '{self.method}' has no {min(idle)}")
        if self.method == "life_expectancy" and self.multiplier != 1:
            raise ValueError(f"method '{self.method}' gives years and has no multiplier")
        return self

    @property
    def value_type(self) -> ValueType:
        """What kind of number its method gives."""
        if self.method == "life_expectancy":
            return "duration"
        return "ratio" if self.method == "indirect" and self.gives != "rate" else "rate"


class Judgements(Part):
    """All of `contracts/measures.yml`."""

    standards: list[Standard] = []
    companions: list[Companion] = []
    standardised: list[Standardised] = []
    derived: list[Derived] = []
    frontiers: list[Frontier] = []

    @model_validator(mode="after")
    def _codes_stand_once(self) -> "Judgements":
        for kind, codes in (
            ("standard", [standard.standard for standard in self.standards]),
            ("frontier", [frontier.frontier for frontier in self.frontiers]),
            ("measure", [*(made.code for made in self.standardised), *(made.code for made in self.derived)]),
        ):
            if repeated := {code for code in codes if codes.count(code) > 1}:
                raise ValueError(f"{kind} '{min(repeated)}' stands twice")
        known = {derived.code for derived in self.derived}
        for one in self.frontiers:
            if strange := sorted({*one.inputs, *one.outputs} - known):
                raise ValueError(f"frontier '{one.frontier}' needs derived measures; '{strange[0]}' is none")
        return self
