"""What one number means: a measure, how its periods read, and how it is judged.

Belongs here: what a contract says of a measure. Does not belong here: where its figures stand (`model`), or
standards set for it (`standards`).
"""

from datetime import date
from typing import Literal

from pydantic import Field

from orchestration.contracts.parts import Code, Domain, Part, Severity, ValueType


class PeriodRule(Part):
    """How the period labels of a measure read.

    `kind` is the kind of period (FY from April, AY from September, JY from July); `auto` goes by the label's own shape.
    `month_day` (`03-31`) makes a year label a day, for stocks. `year_label` says whether `2023` is the year that starts
    or that ends in 2023. `snap: month_end` moves a day to the end of its month, for files that give the first instead.
    """

    kind: Literal["FY", "AY", "CY", "JY", "quarter", "month", "day", "iso_interval", "auto"]
    month_day: str | None = Field(default=None, pattern=r"^\d{2}-\d{2}$")
    year_label: Literal["starts", "ends"] = "ends"
    snap: Literal["month_end"] | None = None


class ProcessChart(Part):
    """How the series of a measure is charted by statistical process control (XmR chart).

    `screen_outliers` leaves moving ranges beyond their own limit out of the mean range, once. `baseline_points`
    fixes the limits on the first points; `rebase` begins new limits on these days, for known changes of process.
    """

    screen_outliers: bool = True
    baseline_points: int | None = Field(default=None, ge=12)
    rebase: list[date] = []


class Measure(Part):
    """What one number means, and how it is judged.

    `multiplier` turns numerator / denominator into the unit of the value. `limits` says how the warehouse computes
    confidence limits: by default `proportion` (Wilson) for a proportion, `rate` (exact or Byar) for a rate, none
    otherwise. `counts_rounded_to` says that the department rounds its counts (if given, for periods that begin on
    `counts_rounded_from` or later), so that such limits rest on rounded counts.

    `minimum_coverage` is the share of places with a value without which no aggregate is made; `aggregation_reason` says
    why a measure must not be added up. `service_lines_add_up` says that its service lines are parts of one whole that
    do not overlap, so that a total may be made of them where none is sent.
    """

    code: Code
    name: str
    unit: str
    value_type: ValueType
    domain: Domain
    polarity: Literal["high", "low", "none"] = "none"
    multiplier: float = 1
    aggregation: Literal["sum", "ratio", "none"] = "none"
    period: PeriodRule | None = None
    numerator_above_denominator: Severity | None = None
    minimum: float | None = None
    maximum: float | None = None
    rounded_to: float | None = None
    limits: Literal["proportion", "rate", "none"] | None = None
    counts_rounded_to: float | None = Field(default=None, gt=0)
    counts_rounded_from: date | None = None
    aggregation_reason: str = ""
    minimum_coverage: float = Field(default=0.9, gt=0, le=1)
    service_lines_add_up: bool = False
    overdispersion: bool = False
    process_chart: ProcessChart = ProcessChart()
    definition: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def above_denominator(self) -> Severity:
        """What a numerator above its denominator does: a proportion is refused, others warn unless stated."""
        if self.numerator_above_denominator:
            return self.numerator_above_denominator
        return "refuse" if self.value_type == "proportion" else "warn"

    @property
    def limits_method(self) -> str:
        """How confidence limits are computed: `proportion`, `rate` or `none`."""
        if self.limits is not None:
            return self.limits
        return self.value_type if self.value_type in ("proportion", "rate") else "none"
