"""Rules of disclosure control: which tiers publish a measure, and which of its figures are too small to publish.

Contains the settings of a contract. Not here: which cells they suppress, and how these are protected
(`orchestration.disclosure`).
"""

from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.parts import Code, Part

Tier = Literal["restricted", "open"]


class DisclosureRule(Part):
    """Which figures of a measure are suppressed in the open tier."""

    threshold: int | None = Field(default=None, ge=2, examples=[5])
    """Counts of people from 1 to below this number are suppressed, and so are counts of the people outside a
    proportion."""
    shows_zeros: bool = Field(default=True, examples=[False])
    """Whether zeros are published."""
    rounding_base: int | None = Field(default=None, ge=2, examples=[5])
    """Base to which published counts are rounded; figures based on them are recalculated."""
    dominance: float | None = Field(default=None, gt=0.5, lt=1, examples=[0.8])
    """Largest share that one suppressed part may have in a published sum; above it, the sum is suppressed too because
    it almost discloses the part."""
    minimum_denominator: int | None = Field(default=None, ge=2, examples=[30])
    """Smallest denominator of a published rate."""
    counted: list[Literal["value", "numerator", "denominator"]] | None = Field(default=None, examples=[["numerator"]])
    """Figures that count people. By default the value of a count, numerator and denominator of a proportion, rate or
    ratio, and the denominator of a mean."""

    @property
    def hides(self) -> bool:
        """True if the rule may suppress a figure."""
        return self.threshold is not None or self.minimum_denominator is not None


class MeasureDisclosure(DisclosureRule):
    """Overrides for one measure; settings left out are inherited from the return."""

    tiers: list[Tier] | None = Field(default=None, examples=[["restricted"]])
    """Tiers in which the measure is published."""


class Disclosure(DisclosureRule):
    """Tiers in which the return is published, and the rules for small numbers."""

    tiers: list[Tier] = Field(default=["restricted"], min_length=1, examples=[["restricted", "open"]])
    """Tiers in which the return is published."""
    falls_together: list[list[Code]] = Field(default=[], examples=[[["ho.stops", "ho.stop_rate"]]])
    """Lists of linked measures, which count the same people; measures of other returns are allowed. What is suppressed
    for one is suppressed for all, location by location and group by group."""
    compares_groups: dict[Code, Code] = Field(default={}, examples=[{"ho.stop_rate_ratio": "ho.stop_rate"}])
    """Measures that compare groups (a gap or a ratio), each with the measure whose groups it compares. They are
    suppressed where any of those groups is."""
    measures: dict[Code, MeasureDisclosure] = Field(default={}, examples=[{"ho.stops": {"threshold": 10}}])
    """Overrides for single measures."""
    reason: str = Field(default="", examples=["Only organisations are counted."])
    """Why no count needs suppressing, for a return in the open tier without a threshold."""

    @model_validator(mode="after")
    def _has_threshold_or_reason(self) -> "Disclosure":
        if "open" in self.tiers and self.threshold is None and not self.reason:
            raise ValueError("a return in the open tier needs a threshold, or a reason why no count needs suppressing")
        return self

    def rule(self, measure: str) -> DisclosureRule:
        """Return the rule that applies to `measure`."""
        own = self.measures.get(measure)
        overrides = own.model_dump(exclude_unset=True, exclude={"tiers"}) if own else {}
        return DisclosureRule(**(self.model_dump(include=set(DisclosureRule.model_fields)) | overrides))

    def is_open(self, measure: str) -> bool:
        """Return True if the open tier publishes `measure`."""
        own = self.measures.get(measure)
        return "open" in (own.tiers if own and own.tiers is not None else self.tiers)

    @property
    def closed_measures(self) -> list[str]:
        """Measures of an open return that the open tier does not publish."""
        return sorted(code for code in self.measures if not self.is_open(code))
