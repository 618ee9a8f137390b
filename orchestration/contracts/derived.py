"""Measures calculated from other measures, such as spending divided by output at the same location and time.

Contains the shape of `derived` and `frontiers` in `contracts/measures.yml`, and the parser of their sums. Not here:
calculating them (dbt), or measures standardised by age (`standards`).
"""

import ast
import re
from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator

from orchestration.contracts.parts import Code, Domain, Level, Part

_PIN = re.compile(r"period_end(?:\s*\+\s*(?P<count>\d+)\s+(?P<unit>months?|days?))?")
_FACTOR = re.compile(r"(?P<above>\d+(?:\.\d+)?)(?:\s*/\s*(?P<below>\d+(?:\.\d+)?))?")


class Component(Part):
    """One figure of a measure, used in a derived measure."""

    measure: Code = Field(examples=["ho.police_fte"])
    """Measure that the figure comes from."""
    figure: Literal["value", "numerator", "denominator"] = Field(default="value", examples=["numerator"])
    """Which figure of the measure is used."""
    period: Literal["same", "within"] = Field(default="same", examples=["within"])
    """`same` takes the same period; `within` takes the last day that the measure reports within the period, for stocks.
    """
    service_lines: list[str] = Field(default=[], examples=[["Constable", "Sergeant"]])
    """Service lines that are added up; without them the component has the service line of the row."""
    all_but: list[str] = Field(default=[], examples=[["Trading accounts"]])
    """Add up every service line except these and the total."""
    each: list[str] = Field(default=[], examples=[["Fostering", "Residential care"]])
    """Service lines that get a row, on the component that determines the rows."""
    over: list[str] = Field(default=[], examples=[["sex"]])
    """Characteristics whose categories are added up, where no total is sent."""
    only: dict[str, list[str]] = Field(default={}, examples=[{"sex": ["male"]}])
    """Categories that are added up for each characteristic in `over`; all if left out."""
    as_at: str | None = Field(default=None, examples=["period_end + 10 months"])
    """Take the figure as it was known at the end of that day, instead of today's."""

    @model_validator(mode="after")
    def _is_coherent(self) -> "Component":
        if self.as_at is not None and not _PIN.fullmatch(self.as_at.strip()):
            raise ValueError(f"as_at '{self.as_at}' is not `period_end`, or `period_end + 10 months` (or days)")
        if sum(map(bool, (self.each, self.service_lines, self.all_but))) > 1:
            raise ValueError("use only one of each, service_lines and all_but")
        if unused := sorted(set(self.only) - set(self.over)):
            raise ValueError(f"only lists categories of '{unused[0]}', which is not in over; add it there")
        return self

    @property
    def summed_categories(self) -> list[str]:
        """Categories that are added up, as written in the code of a group (`sex=male`)."""
        return [f"{code}={category}" for code, categories in self.only.items() for category in categories]

    @property
    def pin(self) -> tuple[int, int] | None:
        """As-at lag in months and days after the end of the period; None for today's knowledge."""
        if self.as_at is None:
            return None
        lag = _PIN.fullmatch(self.as_at.strip())
        assert lag is not None, "checked on loading"
        count = int(lag["count"] or 0)
        return (0, count) if (lag["unit"] or "").startswith("day") else (count, 0)


class ValueForMoney(Part):
    """How a unit cost is assessed for value for money."""

    outcome: Code | None = Field(default=None, examples=["dfe.exam_score"])
    """Outcome measure at the same location; its polarity determines what is better."""
    outcome_service_line: str = Field(default="Total", examples=["same"])
    """Service line of the outcome; `same` for that of the cost."""
    outcome_group: str = Field(default="same", examples=["Total"])
    """Population group of the outcome; `same` for that of the cost."""
    outcome_period: Literal["same", "within", "latest"] = Field(default="same", examples=["latest"])
    """Period of the outcome: the `same`, the last that ends `within` that of the cost, or the `latest` that ended by
    then (for ratings that apply until the next)."""
    money: bool = Field(default=True, examples=[False])
    """Whether the numerator is money, which is deflated."""
    quality: Code | None = Field(default=None, examples=["cqc.gp_rating_score"])
    """Measure that weights output in the productivity index, as a ratio to its first period."""


class Derived(Part):
    """Measure that no department sends: `factor` × numerator / denominator, each a sum of components."""

    code: Code = Field(examples=["ho.officers_per_100_knife_offences"])
    """Code of the measure."""
    name: str = Field(examples=["Police officers per 100 offences with a knife"])
    """Name of the measure."""
    unit: str = Field(examples=["full-time equivalents per 100 offences"])
    """Unit of the value."""
    domain: Domain = Field(default="value_for_money", examples=["value_for_money"])
    """Which of the centre's questions the measure answers."""
    value_type: Literal["mean", "rate", "ratio", "proportion", "currency", "count"] = Field(
        default="mean", examples=["mean"]
    )
    """Kind of value."""
    polarity: Literal["high", "low", "none"] = Field(default="none", examples=["low"])
    """Whether high or low values are good."""
    definition: str = Field(
        examples=["Police officers on 31 March divided by offences in the year that ends on that day."]
    )
    """What the measure counts, in words."""
    numerator: str = Field(examples=["fostering + 0.5 * shared - income"])
    """Weighted sum of component names."""
    denominator: str | None = Field(default=None, examples=["children"])
    """Weighted sum of component names; without it the measure is the numerator."""
    rows: str | None = Field(default=None, examples=["offences"])
    """Component that determines the locations, periods and groups that have a row; by default the first of the
    numerator. It need not be in either sum."""
    factor: str = Field(default="1", examples=["7/365"])
    """Number or fraction that the quotient is multiplied by."""
    rounded_to: float | None = Field(default=None, gt=0, examples=[5])
    """Multiple to which the value is rounded half up."""
    aggregation: Literal["sum", "ratio", "none"] = Field(default="ratio", examples=["ratio"])
    """How the measure may be added up over locations and groups."""
    aggregation_reason: str = Field(default="", examples=["Costs of different years cannot be added up."])
    """Why the measure must not be added up."""
    minimum_coverage: float = Field(default=0.9, gt=0, le=1, examples=[0.8])
    """Share of locations with a value below which no aggregate is calculated."""
    components: dict[str, Component] = Field(
        min_length=1, examples=[{"offences": {"measure": "ho.knife_offences_rate", "figure": "numerator"}}]
    )
    """Figures that the measure is calculated from, by name."""
    value_for_money: ValueForMoney | None = Field(default=None, examples=[{"money": False}])
    """How the measure is assessed as a unit cost; without it, it is not."""

    @model_validator(mode="after")
    def _adds_up(self) -> "Derived":
        used = [name for name, _ in self.terms("numerator")] + [name for name, _ in self.terms("denominator")]
        if unknown := sorted(set(used) - set(self.components)):
            raise ValueError(f"'{unknown[0]}' is not a component; use one of {', '.join(sorted(self.components))}")
        if self.lead not in self.components:
            raise ValueError(f"rows names '{self.lead}', which is not a component; add it under components")
        if unused := sorted(set(self.components) - {*used, self.rows}):
            raise ValueError(f"component '{unused[0]}' is unused; name it in numerator, denominator or rows")
        if repeated := sorted({name for name in used if used.count(name) > 1}):
            raise ValueError(f"component '{repeated[0]}' is used more than once; combine its weights")
        for name, component in self.components.items():
            if component.each and name != self.lead:
                raise ValueError(f"each is allowed only on the component that determines the rows, '{self.lead}'")
        if self.aggregation == "ratio" and self.denominator is None:
            raise ValueError("aggregation ratio needs a denominator")
        if self.aggregation == "sum" and self.denominator is not None:
            raise ValueError("aggregation sum is not allowed with a denominator; use ratio or none")
        if self.value_for_money is not None and self.denominator is None:
            raise ValueError("value_for_money needs a denominator, which is the output")
        if not _FACTOR.fullmatch(self.factor.strip()) or self.multiplier <= 0:
            raise ValueError(f"factor '{self.factor}' is not a positive number or a fraction like 7/365")
        return self

    @property
    def multiplier(self) -> float:
        """`factor` as a number."""
        parts = _FACTOR.fullmatch(self.factor.strip())
        if parts is None or Fraction(parts["below"] or "1") == 0:
            return 0
        return float(Fraction(parts["above"]) / Fraction(parts["below"] or "1"))

    @property
    def lead(self) -> str:
        """Component that determines the locations, periods and groups that have a row."""
        return self.rows or self.terms("numerator")[0][0]

    def terms(self, side: Literal["numerator", "denominator"]) -> list[tuple[str, float]]:
        """Return the components of one side with their weights, in order; none for a missing denominator.

        Raise ValueError for anything that is not a weighted sum.
        """
        text = self.numerator if side == "numerator" else self.denominator
        if text is None:
            return []
        try:
            return _terms(ast.parse(text.strip(), mode="eval").body, 1.0)
        except (SyntaxError, ValueError) as error:
            raise ValueError(
                f"{side} '{text}' is not a sum of components like `a + 0.5 * b - c`; put a divisor in denominator"
            ) from error


def _terms(node: ast.expr, weight: float) -> list[tuple[str, float]]:
    match node:
        case ast.Name(id=name):
            return [(name, weight)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _terms(left, weight) + _terms(right, weight)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _terms(left, weight) + _terms(right, -weight)
        case ast.BinOp(left=ast.Constant(value=int() | float() as number), op=ast.Mult(), right=right):
            return _terms(right, weight * number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _terms(operand, -weight)
        case _:
            raise ValueError("not a weighted sum")


class Frontier(Part):
    """Comparison with the best-performing peers (efficiency frontier): derived measures of input and output at
    locations of one level. Each is taken for all people and the whole service. Units are compared within a period, and
    every figure must be above zero."""

    frontier: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["looked_after_children"])
    """Code of the frontier."""
    name: str = Field(examples=["Care of looked-after children"])
    """Name of the frontier."""
    level: Level = Field(examples=["local_authority"])
    """Location level of the units."""
    inputs: list[Code] = Field(min_length=1, examples=[["dfe.looked_after_spend"]])
    """Derived measures of input."""
    outputs: list[Code] = Field(min_length=1, examples=[["dfe.looked_after_weeks"]])
    """Derived measures of output."""
