"""Expectations of marts.fct_estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.vocabulary import (
    FOREVER,
    all_known,
    every_row,
    in_order,
    no_rows,
    one_row_per,
    specification,
)

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_estimate"

REFERENCES = {
    "department_code": "marts.dim_department",
    "return_code": "marts.dim_return",
    "measure_code": "marts.dim_measure",
    "location_key": "marts.dim_location",
    "period_code": "marts.dim_period",
    "population_group_code": "marts.dim_population_group",
    "service_line": "marts.dim_service_line",
}

_CELL = ("measure_code", "location_key", "period_code", "population_group_code", "service_line", "origin")
_FIGURES = ("numerator", "denominator", "value")
_COMPUTED = ("computed_lower_99_8", "computed_lower_95", "computed_upper_95", "computed_upper_99_8")
_LIMITS = ("lower_95", "upper_95", *_COMPUTED, "limits_source", "limits_method")


def suite() -> ExpectationSuite:
    """One row per figure that can be compared between locations: submitted, a total, or an aggregate."""
    sent = (*_FIGURES, "value_status")
    differ = " OR ".join(f"sent.{column} IS DISTINCT FROM cells.{column}" for column in sent)
    from_figures = "multiplier * numerator / denominator"
    return specification(
        MART,
        one_row_per("observation_key"),
        all_known(REFERENCES),
        every_row(
            "a_missing_estimate_says_why",
            "An estimate has an origin; without a value it has a status, and a reason unless it was submitted.",
            """origin IN ('sent', 'derived', 'total of service lines', 'aggregate', 'standardised')
               AND (value IS NOT NULL OR (value_status <> '' AND (origin = 'sent' OR trim(reason) <> '')))""",
            shows=(*_CELL, *_FIGURES, "value_status", "reason"),
        ),
        no_rows(
            "what_was_sent_is_what_is_in_force",
            "Every current figure that can be compared is here as submitted; counts and money measure size.",
            f"""SELECT observation_key, sent.measure_code, sent.value, cells.value AS value_in_force
                FROM (FROM mart WHERE origin = 'sent') AS sent
                FULL JOIN (
                    SELECT facts.* FROM marts.fct_observation AS facts JOIN marts.dim_measure USING (measure_code)
                    WHERE known_to = {FOREVER} AND value_type NOT IN ('count', 'currency')
                ) AS cells USING (observation_key)
                WHERE {differ} OR sent.measure_code IS NULL OR cells.measure_code IS NULL""",
        ),
        no_rows(
            "an_aggregate_is_of_enough_places",
            "A region or country has an aggregate only if enough of its locations have figures for its measure.",
            f"""SELECT {", ".join(_CELL)}, value, coverage, minimum_coverage
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE origin = 'aggregate'
                  AND (coverage BETWEEN if(value IS NULL, 0, minimum_coverage) AND 1) IS NOT TRUE""",
        ),
        every_row(
            "limits_say_whose_they_are",
            "95% limits come in pairs, with their source; what is not supplied is what the warehouse computed.",
            """coalesce(limits_source IN ('supplied', 'computed', 'computed from rounded counts'), true)
               AND coalesce(limits_method IN ('wilson', 'exact poisson', 'byar', 'dobson', 'chiang'), true)
               AND (limits_source IS NULL) = (lower_95 IS NULL) AND (limits_source IS NULL) = (upper_95 IS NULL)
               AND (limits_source = 'supplied' OR (lower_95 IS NOT DISTINCT FROM computed_lower_95
                    AND upper_95 IS NOT DISTINCT FROM computed_upper_95))""",
            shows=(*_CELL, *_LIMITS),
        ),
        no_rows(
            "computed_limits_hold_what_they_are_of",
            "Numerator / denominator is within the calculated 95% limits, and these are within the 99.8% limits.",
            f"""SELECT {", ".join((*_CELL, *_FIGURES, *_COMPUTED))}
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE origin <> 'standardised' AND (NOT ({in_order(*_COMPUTED)})
                   OR NOT ({in_order("computed_lower_95", from_figures, "computed_upper_95")}))""",
        ),
        no_rows(
            "a_standardised_value_lies_within_its_limits",
            "A standardised figure has a measure that does not add up, its events, and limits of its own.",
            f"""SELECT {", ".join((*_CELL, *_FIGURES, *_COMPUTED, "limits_method"))}
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE origin = 'standardised' AND (
                    aggregation <> 'none' OR NOT ({in_order(*_COMPUTED)})
                    OR NOT ({in_order("computed_lower_95", "value", "computed_upper_95")})
                    OR (value IS NOT NULL
                        AND (numerator >= 0 AND denominator > 0 AND limits_method IS NOT NULL) IS NOT TRUE))""",
        ),
        every_row(
            "supplied_limits_agree_with_computed",
            "Supplied limits differ from those calculated from counts by at most 5% of their width.",
            """limits_difference IS NULL OR is_computed_from_rounded_counts
               OR limits_difference <= 0.05 * (upper_95 - lower_95)""",
            shows=(*_CELL, *_FIGURES, *_LIMITS, "limits_difference"),
            severity="warning",
        ),
    )
