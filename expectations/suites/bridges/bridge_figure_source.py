"""Expectations of marts.bridge_figure_source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.bridge_figure_source"

_MADE = """(SELECT observation_key, value FROM marts.fct_estimate WHERE origin <> 'sent'
            UNION ALL SELECT observation_key, value FROM marts.fct_derived_measure)"""


def suite() -> ExpectationSuite:
    """One row per calculated figure, component and source cell."""
    return specification(
        MART,
        one_row_per(
            "observation_key", "source_observation_key", "source_version_number", "component_number",
            rule="one_row_per_source_of_a_figure",
        ),
        no_rows(
            "a_source_is_a_version_of_a_cell",
            "Each source is a version of a cell in marts.fct_observation.",
            """SELECT * FROM mart ANTI JOIN marts.fct_observation AS cells
               ON source_observation_key = cells.observation_key AND source_version_number = cells.version_number""",
        ),
        no_rows(
            "only_what_was_made_has_sources",
            "Each figure here is calculated and has a value.",
            f"SELECT * FROM mart ANTI JOIN (FROM {_MADE} WHERE value IS NOT NULL) USING (observation_key)",
        ),
        no_rows(
            "what_was_made_says_of_what",
            "Every calculated figure with a value is based on a submitted cell.",
            f"""SELECT DISTINCT observation_key FROM {_MADE} ANTI JOIN mart USING (observation_key)
                WHERE value IS NOT NULL""",
        ),
        no_rows(
            "a_component_is_of_its_measure",
            "A cell of a component has the measure that marts.bridge_measure_component lists.",
            """SELECT mart.* FROM mart JOIN marts.fct_observation AS cells
               ON source_observation_key = cells.observation_key AND source_version_number = cells.version_number
               ANTI JOIN marts.bridge_measure_component AS components
               ON mart.component_number = components.component_number
                  AND cells.measure_code = components.component_measure_code
               WHERE mart.component_number <> 0""",
        ),
    )  # fmt: skip
