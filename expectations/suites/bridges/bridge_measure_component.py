"""Expectations of marts.bridge_measure_component."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import every_row, no_rows, one_row_per, refers_to, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.bridge_measure_component"


def suite() -> ExpectationSuite:
    """One row per component of a derived measure."""
    return specification(
        MART,
        one_row_per("measure_code", "component_number"),
        refers_to("measure_code", "marts.dim_measure"),
        no_rows(
            "a_component_that_nobody_sent_gives_no_value",
            "A component whose measure has not been submitted is not used in a derived value.",
            """SELECT measure_code, component_measure_code FROM mart
               WHERE component_measure_code NOT IN (SELECT measure_code FROM marts.dim_measure)
                 AND measure_code IN (SELECT measure_code FROM marts.fct_derived_measure WHERE value IS NOT NULL)""",
        ),
        every_row(
            "a_component_has_its_side_and_figure",
            "A component has a figure, a period, and a weight on one side, unless it only selects rows.",
            """(side IN ('numerator', 'denominator') AND weight <> 0 OR side = 'rows' AND is_lead)
               AND figure IN ('value', 'numerator', 'denominator') AND period_rule IN ('same', 'within')""",
        ),
        no_rows(
            "one_component_leads",
            "One component selects the rows of a derived measure, and at least one is in its numerator.",
            """SELECT measure_code, count(*) FILTER (WHERE is_lead) AS lead_count FROM mart
               GROUP BY measure_code
               HAVING lead_count <> 1 OR count(*) FILTER (WHERE side = 'numerator') = 0""",
        ),
    )
