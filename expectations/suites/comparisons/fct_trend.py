"""Expectations of marts.fct_trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import all_known, every_row, no_rows, one_row_per, specification

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_trend"

REFERENCES = {
    "department_code": "marts.dim_department",
    "return_code": "marts.dim_return",
    "measure_code": "marts.dim_measure",
    "location_key": "marts.dim_location",
    "population_group_code": "marts.dim_population_group",
    "service_line": "marts.dim_service_line",
}
_SERIES = ("measure_code", "location_key", "population_group_code", "service_line", "period_kind")


def suite() -> ExpectationSuite:
    """One row per series, with its trend."""
    return specification(
        MART,
        one_row_per("trend_key"),
        all_known(REFERENCES),
        every_row(
            "a_trend_has_its_direction",
            "A series has at least two points and a trend at least five; tau and probability agree with its label.",
            """point_count >= 2 AND (long_run_trend IS NULL OR (point_count >= 5 AND tau BETWEEN -1 AND 1
                   AND CASE long_run_trend WHEN 'increasing' THEN tau > 0 AND trend_probability < 0.05
                       WHEN 'decreasing' THEN tau < 0 AND trend_probability < 0.05
                       ELSE trend_probability >= 0.05 END))""",
            shows=(*_SERIES, "point_count", "long_run_trend", "tau", "trend_probability"),
        ),
        no_rows(
            "a_series_ends_with_its_last_standard",
            "The last value of a series is that of its last period in marts.fct_standard.",
            """SELECT series.measure_code, series.location_key, series.last_period_code, series.last_series_value
               FROM mart AS series
               ANTI JOIN marts.fct_standard AS standards
                   ON standards.measure_code = series.measure_code AND standards.location_key = series.location_key
                  AND standards.period_code = series.last_period_code AND standards.service_line = series.service_line
                  AND standards.population_group_code = series.population_group_code
                  AND standards.value = series.last_series_value""",
        ),
    )
