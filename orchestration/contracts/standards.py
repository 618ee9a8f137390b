"""Rules beyond a single return: standards, paired measures, and calculated measures.

Contains the shape of `contracts/measures.yml`. Not here: the measures of a return (`measures`).
"""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.derived import Derived, Frontier
from orchestration.contracts.parts import Code, Domain, Level, Part, ValueType


class Standard(Part):
    """Minimum standard or target for a measure, with the period in which it is in force. A value equal to the threshold
    meets it. It applies to all people together."""

    standard: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["ae_four_hours"])
    """Code of the standard."""
    name: str = Field(examples=["No more than 5% wait over four hours in A&E"])
    """Name of the standard."""
    measure: Code = Field(examples=["nhse.ae_breach_proportion"])
    """Measure that the standard is about."""
    kind: Literal["minimum", "target"] = Field(examples=["minimum"])
    """Whether the level is required (`minimum`) or aimed at (`target`)."""
    at_least: float | None = Field(default=None, examples=[80])
    """Smallest value that meets the standard, in the unit of the measure."""
    at_most: float | None = Field(default=None, examples=[5])
    """Largest value that meets the standard."""
    levels: list[Level] = Field(min_length=1, examples=[["nhs_trust", "country"]])
    """Location levels to which the standard applies."""
    service_line: str = Field(default="Total", examples=["Total"])
    """Service line to which the standard applies."""
    valid_from: date = Field(examples=["2010-07-01"])
    """First day on which the standard is in force."""
    valid_to: date | None = Field(default=None, examples=["2025-02-28"])
    """Last day on which the standard is in force."""
    source: str = Field(examples=["Handbook to the NHS Constitution for England"])
    """Law or document that sets the standard."""

    @model_validator(mode="after")
    def _has_one_threshold(self) -> "Standard":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a standard needs either at_least or at_most")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class Companion(Part):
    """Measure of one group, paired with the measure of all people. Its gap is the difference between the two, at the
    same location and in the same period."""

    measure: Code = Field(examples=["ons.persistent_absence_fsm_proportion"])
    """Measure of the group."""
    whole: Code = Field(examples=["ons.persistent_absence_proportion"])
    """Measure of all people."""
    characteristic: str = Field(examples=["free_school_meals"])
    """Characteristic of the group."""
    category: str = Field(examples=["eligible"])
    """Category of the group."""


class Standardised(Part):
    """Measure standardised by age, so that locations with different age structures can be compared."""

    code: Code = Field(examples=["ons.mortality_ratio"])
    """Code of the measure."""
    name: str = Field(examples=["Standardised mortality ratio"])
    """Name of the measure."""
    unit: str = Field(examples=["England = 100"])
    """Unit of the value."""
    domain: Domain = Field(examples=["standards"])
    """Which of the centre's questions the measure answers."""
    polarity: Literal["high", "low", "none"] = Field(default="none", examples=["low"])
    """Whether high or low values are good."""
    multiplier: float = Field(default=1, gt=0, examples=[100])
    """Factor of the unit: 100 for a ratio with England = 100, 100000 for a rate per 100,000."""
    definition: str = Field(examples=["Deaths per hundred of those expected at England's rates by age."])
    """What the measure counts, in words."""
    method: Literal["direct", "indirect", "life_expectancy"] = Field(examples=["indirect"])
    """`direct` weights the rates by age with a standard population. `indirect` compares events with those expected at
    the rates by age of `reference_level`. `life_expectancy` gives years from birth."""
    of: Code = Field(examples=["ons.mortality_rate"])
    """Measure of a return whose numerators are the events and whose denominators are the people, by age."""
    characteristic: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["age"])
    """Characteristic with the age bands; its code without an edition."""
    standard: Literal["european_2013"] | None = Field(default=None, examples=["european_2013"])
    """Standard population, for the method `direct`."""
    reference_level: Literal["country"] | None = Field(default=None, examples=["country"])
    """Level of the location whose rates by age are expected, for the method `indirect`."""
    gives: Literal["ratio", "rate"] | None = Field(default=None, examples=["rate"])
    """Whether the method `indirect` gives the ratio, or the ratio multiplied by the crude rate of the reference."""

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> "Standardised":
        needs = {"direct": {"standard"}, "indirect": {"reference_level"}, "life_expectancy": set[str]()}[self.method]
        given = {key for key in ("standard", "reference_level", "gives") if getattr(self, key) is not None}
        if missing := needs - given:
            raise ValueError(f"method '{self.method}' needs {min(missing)}")
        if unused := given - needs - ({"gives"} if self.method == "indirect" else set()):
            raise ValueError(f"method '{self.method}' does not use {min(unused)}; remove it")
        if self.method == "life_expectancy" and self.multiplier != 1:
            raise ValueError(f"method '{self.method}' gives years and does not use multiplier; remove it")
        return self

    @property
    def value_type(self) -> ValueType:
        """Kind of value that the method gives."""
        if self.method == "life_expectancy":
            return "duration"
        return "ratio" if self.method == "indirect" and self.gives != "rate" else "rate"


class Judgements(Part):
    """The whole of `contracts/measures.yml`: standards, paired measures and calculated measures."""

    standards: list[Standard] = Field(
        default=[],
        examples=[
            [
                {
                    "standard": "ae_four_hours",
                    "name": "No more than 5% wait",
                    "measure": "nhse.ae_breach_proportion",
                    "kind": "minimum",
                    "at_most": 5,
                    "levels": ["nhs_trust"],
                    "valid_from": "2010-07-01",
                    "source": "Handbook",
                }
            ]
        ],
    )
    """Minimum standards and targets."""
    companions: list[Companion] = Field(
        default=[],
        examples=[
            [
                {
                    "measure": "ons.absence_fsm",
                    "whole": "ons.absence",
                    "characteristic": "free_school_meals",
                    "category": "eligible",
                }
            ]
        ],
    )
    """Measures of one group, paired with the measure of all people."""
    standardised: list[Standardised] = Field(
        default=[],
        examples=[
            [
                {
                    "code": "ons.life_expectancy",
                    "name": "Life expectancy",
                    "unit": "years",
                    "domain": "standards",
                    "definition": "Years",
                    "method": "life_expectancy",
                    "of": "ons.mortality_rate",
                    "characteristic": "age",
                }
            ]
        ],
    )
    """Measures standardised by age."""
    derived: list[Derived] = Field(
        default=[],
        examples=[
            [
                {
                    "code": "dfe.cost",
                    "name": "Cost",
                    "unit": "£",
                    "definition": "Spend divided by children.",
                    "numerator": "spend",
                    "denominator": "children",
                    "components": {"spend": {"measure": "dfe.spend"}, "children": {"measure": "dfe.children"}},
                }
            ]
        ],
    )
    """Measures calculated from other measures."""
    frontiers: list[Frontier] = Field(
        default=[],
        examples=[
            [
                {
                    "frontier": "care",
                    "name": "Care",
                    "level": "local_authority",
                    "inputs": ["dfe.spend"],
                    "outputs": ["dfe.weeks"],
                }
            ]
        ],
    )
    """Comparisons of derived measures with an efficiency frontier."""

    @model_validator(mode="after")
    def _has_no_duplicates(self) -> "Judgements":
        for kind, codes in (
            ("standard", [standard.standard for standard in self.standards]),
            ("frontier", [frontier.frontier for frontier in self.frontiers]),
            (
                "measure",
                [*(measure.code for measure in self.standardised), *(measure.code for measure in self.derived)],
            ),
        ):
            if repeated := {code for code in codes if codes.count(code) > 1}:
                raise ValueError(f"duplicate {kind} '{min(repeated)}'")
        derived = {measure.code for measure in self.derived}
        for frontier in self.frontiers:
            if unknown := sorted({*frontier.inputs, *frontier.outputs} - derived):
                raise ValueError(
                    f"frontier '{frontier.frontier}' needs derived measures; '{unknown[0]}' is not derived"
                )
        return self
