"""Meaning of a value: measures, how to read their periods, and how they are compared.

Contains what a contract states about a measure. Not here: where its values are (`layout`), or standards set for it
(`standards`).
"""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.contracts.parts import Code, Domain, Part, Severity, ValueType


class PeriodRule(Part):
    """How to read the period labels of a measure."""

    kind: Literal["FY", "AY", "CY", "JY", "quarter", "month", "day", "iso_interval", "auto"] = Field(examples=["FY"])
    """Kind of period: financial (`FY`), academic (`AY`), calendar (`CY`) or July (`JY`) year, quarter, month, day, ISO
    interval, or `auto` to go by the format of the label."""
    month_day: str | None = Field(default=None, pattern=r"^\d{2}-\d{2}$", examples=["03-31"])
    """Month and day that turn a year label into a day, for stocks."""
    year_label: Literal["starts", "ends"] = Field(default="ends", examples=["starts"])
    """Whether `2023` is the year that starts or ends in 2023."""
    snap: Literal["month_end"] | None = Field(default=None, examples=["month_end"])
    """Move a day to the end of its month, for files that give the first day instead."""


class ProcessChart(Part):
    """Settings of the control chart (XmR chart) of a measure."""

    screen_outliers: bool = Field(default=True, examples=[False])
    """Whether moving ranges beyond their own limit are left out of the mean range, once."""
    baseline_points: int | None = Field(default=None, ge=12, examples=[24])
    """Number of first points on which the limits are fixed."""
    rebase: list[date] = Field(default=[], examples=[["2024-04-01"]])
    """Days on which new limits begin, for known changes of process."""


class Measure(Part):
    """What a value means and how it is compared."""

    code: Code = Field(examples=["ho.knife_offences_rate"])
    """Code of the measure, which begins with its department. Its meaning never changes once published."""
    name: str = Field(examples=["Offences with a knife"])
    """Name of the measure."""
    unit: str = Field(examples=["per 100,000 people"])
    """Unit of the value."""
    value_type: ValueType = Field(examples=["rate"])
    """Kind of value. In a proportion the numerator is part of the denominator."""
    domain: Domain = Field(examples=["standards"])
    """Which of the centre's questions the measure answers."""
    polarity: Literal["high", "low", "none"] = Field(default="none", examples=["low"])
    """Whether high or low values are good; `none` if neither is."""
    multiplier: float = Field(default=1, examples=[100000])
    """Factor that turns numerator divided by denominator into the value."""
    aggregation: Literal["sum", "ratio", "none"] = Field(default="none", examples=["ratio"])
    """How the measure may be added up: `sum` of values, `ratio` of summed numerators and denominators, or not at all.
    """
    period: PeriodRule | None = Field(default=None, examples=[{"kind": "FY"}])
    """How to read the period labels."""
    numerator_above_denominator: Severity | None = Field(default=None, examples=["refuse"])
    """What a numerator above its denominator causes. By default a proportion is refused and other types get a warning.
    """
    minimum: float | None = Field(default=None, examples=[0])
    """Smallest plausible value; a smaller one gets a warning."""
    maximum: float | None = Field(default=None, examples=[1000])
    """Largest plausible value; a larger one gets a warning."""
    rounded_to: float | None = Field(default=None, examples=[5])
    """Multiple to which the department rounds the value, for information."""
    limits: Literal["proportion", "rate", "none"] | None = Field(default=None, examples=["proportion"])
    """How the warehouse calculates confidence limits: `proportion` (Wilson), `rate` (exact Poisson or Byar) or `none`.
    By default it follows `value_type`."""
    counts_rounded_to: float | None = Field(default=None, gt=0, examples=[5])
    """Base to which the department rounds its counts; calculated limits are then marked as based on rounded counts."""
    counts_rounded_from: date | None = Field(default=None, examples=["2012-04-01"])
    """First day of the periods whose counts are rounded; without it, all are."""
    aggregation_reason: str = Field(default="", examples=["A median cannot be added up."])
    """Why the measure must not be added up."""
    minimum_coverage: float = Field(default=0.9, gt=0, le=1, examples=[0.8])
    """Share of locations with a value below which no aggregate is calculated."""
    service_lines_add_up: bool = Field(default=False, examples=[True])
    """Whether the service lines are parts of one total and do not overlap, so that a missing total may be calculated.
    """
    overdispersion: bool = Field(default=False, examples=[True])
    """Whether locations differ by more than chance, so that funnel limits are widened."""
    process_chart: ProcessChart = Field(default=ProcessChart(), examples=[{"baseline_points": 24}])
    """Settings of the control chart."""
    definition: str = Field(
        default="", examples=["Offences with a knife recorded in the year to 31 March, per 100,000 residents."]
    )
    """What the measure counts, in words."""
    valid_from: date | None = Field(default=None, examples=["2020-04-01"])
    """First day on which the definition applies."""
    valid_to: date | None = Field(default=None, examples=["2025-03-31"])
    """Last day on which the definition applies."""

    @property
    def above_denominator(self) -> Severity:
        """Severity of a numerator above its denominator: by default refused for a proportion, else a warning."""
        if self.numerator_above_denominator:
            return self.numerator_above_denominator
        return "refuse" if self.value_type == "proportion" else "warn"

    @property
    def limits_method(self) -> str:
        """Method of confidence limits: `proportion`, `rate` or `none`."""
        if self.limits is not None:
            return self.limits
        return self.value_type if self.value_type in ("proportion", "rate") else "none"
