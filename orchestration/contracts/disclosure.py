"""Which tier may see a measure, and what of it is too small to be shown there: the rule table of disclosure control.

Belongs here: what a contract says of it. Does not belong here: which cells that makes, and how they are protected
(`orchestration.disclosure`).
"""

from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.parts import Code, Part

Tier = Literal["restricted", "open"]


class DisclosureRule(Part):
    """What of a measure is not shown in the open tier.

    A count of people from 1 to below `threshold` is small, and so is nought unless `shows_zeros`; so are the people
    whom a proportion leaves out. A rate whose denominator is below `minimum_denominator` is not shown. A sum of which
    one part that is not shown makes more than `dominance` (a share) is not shown either, since it says nearly what that
    part is. `rounding_base` rounds the counts that are shown, and figures made of them are made anew. `counted` names
    the figures that count people: by default the value of a count, numerator and denominator of a proportion, rate or
    ratio, and the denominator of a mean.
    """

    threshold: int | None = Field(default=None, ge=2)
    shows_zeros: bool = True
    rounding_base: int | None = Field(default=None, ge=2)
    dominance: float | None = Field(default=None, gt=0.5, lt=1)
    minimum_denominator: int | None = Field(default=None, ge=2)
    counted: list[Literal["value", "numerator", "denominator"]] | None = None

    @property
    def hides(self) -> bool:
        """True if some figure may be too small to be shown."""
        return self.threshold is not None or self.minimum_denominator is not None


class MeasureDisclosure(DisclosureRule):
    """Where one measure is seen otherwise than the rest of its return: what is not said here is as there."""

    tiers: list[Tier] | None = None


class Disclosure(DisclosureRule):
    """Which tiers see the return, and the rule for its measures; `measures` has those to which another applies.

    Of measures in one list of `falls_together` whatever is hidden of one is hidden of all, place by place and group by
    group: they say the same people in other words. A list may name measures of other returns. A measure that compares
    groups of people, a gap or a ratio of two rates, stands in `compares_groups` before the measure whose groups it
    compares, and is hidden of a place where any group of that is. A return in the open tier without a threshold says in
    `reason` why nothing in it is too small.
    """

    tiers: list[Tier] = Field(default=["restricted"], min_length=1)
    falls_together: list[list[Code]] = []
    compares_groups: dict[Code, Code] = {}
    measures: dict[Code, MeasureDisclosure] = {}
    reason: str = ""

    @model_validator(mode="after")
    def _is_open_for_a_reason(self) -> "Disclosure":
        if "open" in self.tiers and self.threshold is None and not self.reason:
            raise ValueError("a return in the open tier needs a threshold, or a reason why nothing in it is too small")
        return self

    def rule(self, measure: str) -> DisclosureRule:
        """The rule that applies to `measure`."""
        own = self.measures.get(measure)
        said = own.model_dump(exclude_unset=True, exclude={"tiers"}) if own else {}
        return DisclosureRule(**(self.model_dump(include=set(DisclosureRule.model_fields)) | said))

    def is_open(self, measure: str) -> bool:
        """True if the open tier shows `measure`."""
        own = self.measures.get(measure)
        return "open" in (own.tiers if own and own.tiers is not None else self.tiers)

    @property
    def closed_measures(self) -> list[str]:
        """The measures that the open tier does not show though it shows the return."""
        return sorted(code for code in self.measures if not self.is_open(code))
