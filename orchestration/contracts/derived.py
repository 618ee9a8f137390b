"""A measure made of others: what is spent over what is got for it, at the same place and time.

Belongs here: the shape of `derived` and `frontiers` in `contracts/measures.yml`, and reading their sums. Does not
belong here: working them out (dbt), or measures standardised by age (`standards`).
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
    """One figure of a measure. `period: within` takes the last day that the measure reports within the period, for
    stocks; otherwise the periods are the same.

    Without `service_lines` the component is taken at the row's own service line; with it, those lines are added up.
    `all_but` adds up every line but those it lists and the total. `each` is for the component that says where there are
    rows: the service lines that get one. `over` names characteristics whose categories are added up (staff by sex,
    where no total is sent), `only` for each of them the categories that count, where not all do. `as_at`
    (`period_end + 10 months`) takes the figure as it was known at the end of that day instead of today's.
    """

    measure: Code
    figure: Literal["value", "numerator", "denominator"] = "value"
    period: Literal["same", "within"] = "same"
    service_lines: list[str] = []
    all_but: list[str] = []
    each: list[str] = []
    over: list[str] = []
    only: dict[str, list[str]] = {}
    as_at: str | None = None

    @model_validator(mode="after")
    def _can_be_read(self) -> "Component":
        if self.as_at is not None and not _PIN.fullmatch(self.as_at.strip()):
            raise ValueError(f"as_at '{self.as_at}' reads neither `period_end` nor `period_end + 10 months` (or days)")
        if sum(map(bool, (self.each, self.service_lines, self.all_but))) > 1:
            raise ValueError("each, service_lines and all_but say different things of service lines: say one of them")
        if idle := sorted(set(self.only) - set(self.over)):
            raise ValueError(f"only lists categories of '{idle[0]}', which over does not add up")
        return self

    @property
    def summed_categories(self) -> list[str]:
        """The categories that count, as they stand in the code of a group (`sex=male`)."""
        return [f"{code}={category}" for code, categories in self.only.items() for category in categories]

    @property
    def pin(self) -> tuple[int, int] | None:
        """Months and days after the end of the period at which its knowledge is pinned; None for today's."""
        if self.as_at is None:
            return None
        found = _PIN.fullmatch(self.as_at.strip())
        assert found is not None, "checked on loading"
        count = int(found["count"] or 0)
        return (0, count) if (found["unit"] or "").startswith("day") else (count, 0)


class ValueForMoney(Part):
    """How a unit cost is judged.

    `outcome` is the measure whose polarity says what good comes of it, at the same place. It is taken of the whole
    service, or of `outcome_service_line` (`same` for the cost's own); of the same group of people, or of
    `outcome_group`; of the same period, of the last that ends `within` the cost's, or of the `latest` that ended by
    then, for ratings that stand until the next. `money` says that the numerator is money, which is deflated. `quality`
    is a measure by which output is weighted in the index of productivity, as a ratio to its first period.
    """

    outcome: Code | None = None
    outcome_service_line: str = "Total"
    outcome_group: str = "same"
    outcome_period: Literal["same", "within", "latest"] = "same"
    money: bool = True
    quality: Code | None = None


class Derived(Part):
    """A measure that no department sends: `factor` times numerator over denominator, each a sum of components.

    `numerator` and `denominator` add and subtract names of `components`, with a number before one as its weight
    (`fostering + 0.5 * shared - income`). Without `denominator` the measure is that sum. `factor` is a number or a
    fraction (`7/365`). `rounded_to` rounds the value half up to a multiple. The first component of the numerator, or
    the one that `rows` names, which may stand in neither sum, says for which places, periods and groups there is a row.
    """

    code: Code
    name: str
    unit: str
    domain: Domain = "value_for_money"
    value_type: Literal["mean", "rate", "ratio", "proportion", "currency", "count"] = "mean"
    polarity: Literal["high", "low", "none"] = "none"
    definition: str
    numerator: str
    denominator: str | None = None
    rows: str | None = None
    factor: str = "1"
    rounded_to: float | None = Field(default=None, gt=0)
    aggregation: Literal["sum", "ratio", "none"] = "ratio"
    aggregation_reason: str = ""
    minimum_coverage: float = Field(default=0.9, gt=0, le=1)
    components: dict[str, Component] = Field(min_length=1)
    value_for_money: ValueForMoney | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> "Derived":
        used = [name for name, _ in self.terms("numerator")] + [name for name, _ in self.terms("denominator")]
        if strange := sorted(set(used) - set(self.components)):
            raise ValueError(f"'{strange[0]}' is no component; components lists {', '.join(sorted(self.components))}")
        if self.lead not in self.components:
            raise ValueError(f"rows names '{self.lead}', which is no component")
        if idle := sorted(set(self.components) - {*used, self.rows}):
            raise ValueError(f"component '{idle[0]}' stands in neither numerator nor denominator")
        if repeated := sorted({name for name in used if used.count(name) > 1}):
            raise ValueError(f"component '{repeated[0]}' stands twice")
        for name, component in self.components.items():
            if component.each and name != self.lead:
                raise ValueError(f"each belongs to the component that says where there are rows, '{self.lead}'")
        if self.aggregation == "ratio" and self.denominator is None:
            raise ValueError("aggregation ratio needs a denominator")
        if self.aggregation == "sum" and self.denominator is not None:
            raise ValueError("a ratio is never added up: aggregation is ratio or none")
        if self.value_for_money is not None and self.denominator is None:
            raise ValueError("value for money needs a denominator: what is got for the money")
        if not _FACTOR.fullmatch(self.factor.strip()) or self.multiplier <= 0:
            raise ValueError(f"factor '{self.factor}' is neither a positive number nor a fraction like 7/365")
        return self

    @property
    def multiplier(self) -> float:
        """`factor` as a number."""
        found = _FACTOR.fullmatch(self.factor.strip())
        if found is None or Fraction(found["below"] or "1") == 0:
            return 0
        return float(Fraction(found["above"]) / Fraction(found["below"] or "1"))

    @property
    def lead(self) -> str:
        """The component that says for which places, periods and groups there is a row."""
        return self.rows or self.terms("numerator")[0][0]

    def terms(self, side: Literal["numerator", "denominator"]) -> list[tuple[str, float]]:
        """The components of one side with their weights, in order; none for a missing denominator.

        Raises ValueError for anything that is not a weighted sum.
        """
        text = self.numerator if side == "numerator" else self.denominator
        if text is None:
            return []
        try:
            return _terms(ast.parse(text.strip(), mode="eval").body, 1.0)
        except (SyntaxError, ValueError) as error:
            raise ValueError(
                f"{side} '{text}' is no sum of components like `a + 0.5 * b - c`; write what is divided as denominator"
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
    """What is compared with the best: derived measures of what is put in and what comes out, at places of one level.

    Each is taken of everyone and of the whole service. Units are compared within a period, and each must have all
    figures above nought.
    """

    frontier: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    level: Level
    inputs: list[Code] = Field(min_length=1)
    outputs: list[Code] = Field(min_length=1)
