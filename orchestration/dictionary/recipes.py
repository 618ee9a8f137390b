"""Formulas of derived measures, in words.

Contains turning the components of a measure into a sentence. Not here: what a measure counts, which is its definition.
"""

from fractions import Fraction
from itertools import groupby
from typing import NamedTuple

import duckdb

from orchestration.contracts.status import known_after


class _Component(NamedTuple):
    measure_code: str
    name: str
    side: str
    weight: float
    of: str
    figure: str
    period_rule: str
    service_lines: list[str] | None
    left_out: list[str] | None
    characteristics: list[str] | None
    categories: list[str] | None
    pin_months: int | None
    pin_days: int | None


def recipes(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return a sentence for each derived measure of the release that `con` reads, by its code."""
    factors: dict[str, float] = dict(con.execute("SELECT measure_code, multiplier FROM marts.dim_measure").fetchall())
    rows = con.execute(
        """SELECT measure_code, component_name, side, weight, component_measure_code, figure, period_rule,
                  service_lines, left_out_service_lines, summed_characteristics, summed_categories, pin_months, pin_days
           FROM marts.bridge_measure_component ORDER BY measure_code, component_number"""
    ).fetchall()
    return {
        code: _in_words(factors.get(code) or 1, list(parts))
        for code, parts in groupby((_Component(*row) for row in rows), key=lambda part: part.measure_code)
    }


def _in_words(factor: float, parts: list[_Component]) -> str:
    above, below = (_sum([part for part in parts if part.side == side]) for side in ("numerator", "denominator"))
    formula = f"{above} ÷ {below}" if below else above
    if factor != 1:
        formula = f"{_number(factor)} × {formula}"
    return f"{formula}, where {'; '.join(_explanation(part) for part in parts)}."


def _number(factor: float) -> str:
    """Return a factor as contracts write it: `1,000`, `7/365`."""
    fraction = Fraction(factor).limit_denominator(1000)
    return str(fraction) if fraction.denominator > 1 and float(fraction) == factor else f"{factor:,.10g}"


def _sum(parts: list[_Component]) -> str:
    """Return the parts of one side with their signs and weights, in brackets if there are several."""
    words: list[str] = []
    for part in parts:
        sign = "− " if part.weight < 0 else "+ " if words else ""
        weight = f"{_number(abs(part.weight))} × " if abs(part.weight) != 1 else ""
        words.append(f"{sign}{weight}{_label(part)}")
    formula = " ".join(words)
    return f"({formula})" if len(words) > 1 else formula


def _label(part: _Component) -> str:
    return part.name.replace("_", " ")


def _explanation(part: _Component) -> str:
    text = f"{_label(part)} is the {part.figure} of `{part.of}`"
    if part.period_rule == "within":
        text += " on the last day reported within the period"
    if part.service_lines:
        text += f", for {' + '.join(part.service_lines)}"
    if part.left_out:
        text += f", for all service lines except {' + '.join(part.left_out)}"
    if part.characteristics:
        categories = f" ({', '.join(part.categories)})" if part.categories else ""
        text += f", added up over {', '.join(part.characteristics)}{categories}".replace("_", " ")
    if part.pin_months is not None:
        text += f", {known_after(part.pin_months, part.pin_days or 0)}"
    return text + (" (it only determines which rows there are)" if part.side == "rows" else "")
