"""Expectations of marts.fct_value_for_money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import all_known, every_row, no_rows, one_row_per, specification
from orchestration.foundation.sql import literals

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_value_for_money"

_CELL = ("unit_cost_measure_code", "location_key", "period_code", "population_group_code", "service_line")
_REFERENCES = {column: mart for column, mart in fct_estimate.REFERENCES.items() if column != "measure_code"}
_MEASURES = ("unit_cost_measure_code", "cost_measure_code", "output_measure_code", "outcome_measure_code")
_QUADRANTS = (
    "not different",
    "better outcome, higher cost",
    "better outcome, lower cost",
    "worse outcome, higher cost",
    "worse outcome, lower cost",
)


def suite() -> ExpectationSuite:
    """One row per unit cost of a place and period."""
    named = " UNION ".join(f"SELECT '{column}' AS column_name, {column} AS code FROM mart" for column in _MEASURES)
    return specification(
        MART,
        one_row_per("value_for_money_key"),
        all_known(_REFERENCES),
        no_rows(
            "measures_are_known",
            "Unit cost, cost, output and outcome are measures of marts.dim_measure.",
            f"FROM ({named}) WHERE code IS NOT NULL AND code NOT IN (SELECT measure_code FROM marts.dim_measure)",
        ),
        no_rows(
            "a_unit_cost_is_an_estimate",
            "Every estimate of a unit cost with a value is here with its cost, its output and that value.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _CELL)}, unit_cost, estimates.value
                FROM mart FULL JOIN (
                    SELECT facts.* FROM marts.fct_estimate AS facts JOIN marts.dim_unit_cost USING (measure_code)
                    WHERE value IS NOT NULL
                ) AS estimates ON value_for_money_key = observation_key
                WHERE unit_cost IS DISTINCT FROM estimates.value OR cost IS DISTINCT FROM numerator
                   OR output IS DISTINCT FROM denominator OR unit_cost_measure_code IS DISTINCT FROM measure_code""",
        ),
        no_rows(
            "money_is_in_the_prices_of_one_year",
            "All money is in the prices of one year, and a unit cost is deflated like its cost.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _CELL)}, cost, real_cost, unit_cost, real_unit_cost
                FROM mart JOIN marts.dim_unit_cost ON unit_cost_measure_code = measure_code
                WHERE (NOT is_money AND (real_cost IS DISTINCT FROM cost OR mart.price_base_code IS NOT NULL))
                   OR abs(real_cost * unit_cost - cost * real_unit_cost) > 1e-9 * (1 + abs(real_cost * unit_cost))
                   OR mart.price_base_code <> (SELECT min(price_base_code) FROM mart)""",
        ),
        every_row(
            "efficiency_lies_on_its_side",
            "Input efficiency is between 0 and 1, output efficiency at least 1, and a percentile between 0 and 100.",
            """coalesce(hull_input_efficiency BETWEEN 0 AND 1 + 1e-12, true)
               AND coalesce(hull_output_efficiency >= 1 - 1e-12, true)
               AND coalesce(constant_returns_efficiency BETWEEN 0 AND 1 + 1e-12, true)
               AND coalesce(cost_percentile BETWEEN 0 AND 100, true)""",
            shows=(*_CELL, "hull_input_efficiency", "hull_output_efficiency", "cost_percentile"),
        ),
        every_row(
            "a_quadrant_follows_from_both_sides",
            "A unit cost in a quadrant is above or below its comparator, with a better or worse outcome.",
            f"""coalesce(quadrant IN ({literals(_QUADRANTS)}), true)
                AND (comparator_kind IS NULL) = (comparator_unit_cost IS NULL)
                AND coalesce(cost_difference = unit_cost - comparator_unit_cost, comparator_unit_cost IS NULL)
                AND coalesce(contains(quadrant, 'higher') <= (cost_difference > 0)
                         AND contains(quadrant, 'lower') <= (cost_difference < 0)
                         AND contains(quadrant, 'better') <= (outcome_comparison = 'better')
                         AND contains(quadrant, 'worse') <= (outcome_comparison = 'worse'), quadrant IS NULL)""",
            shows=(*_CELL, "unit_cost", "comparator_unit_cost", "outcome_comparison", "quadrant"),
        ),
    )
