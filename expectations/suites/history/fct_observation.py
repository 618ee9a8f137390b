"""Expectations of marts.fct_observation."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from expectations.vocabulary import (
    FOREVER,
    at_least,
    every_row,
    never_missing,
    no_rows,
    one_of,
    one_row_per,
    refers_to,
    specification,
)
from orchestration.contracts.parts import Status

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_observation"

_CELL = (
    "return_code",
    "measure_code",
    "location_key",
    "period_code",
    "population_group_code",
    "service_line",
)
_SHOWN = (*_CELL, "numerator", "denominator", "value", "value_status", "submission_key", "source_row")
_LIMITS = ("lower_95", "upper_95", "lower_99_8", "upper_99_8")


def suite() -> ExpectationSuite:
    """One row per version of a cell: a measure at a location, in a period, of a group, in a service line."""
    return specification(
        MART,
        one_row_per("observation_key", "version_number"),
        # Dimensions.
        refers_to("department_code", "marts.dim_department"),
        refers_to("return_code", "marts.dim_return"),
        refers_to("submission_key", "marts.dim_submission"),
        refers_to("measure_code", "marts.dim_measure"),
        refers_to("location_key", "marts.dim_location"),
        refers_to("period_code", "marts.dim_period"),
        refers_to("population_group_code", "marts.dim_population_group"),
        refers_to("service_line", "marts.dim_service_line"),
        no_rows(
            "only_accepted_files_speak",
            "A figure comes only from an accepted submission of its own return.",
            """SELECT cells.submission_key, cells.return_code, submissions.outcome, count(*) AS row_count
               FROM mart AS cells JOIN marts.dim_submission AS submissions USING (submission_key)
               WHERE submissions.outcome <> 'accepted' OR submissions.return_code <> cells.return_code
               GROUP BY ALL""",
        ),
        # Knowledge time.
        every_row(
            "a_version_is_known_for_a_while",
            "known_from of a version is before known_to.",
            "known_from < known_to",
            shows=(*_CELL, "version_number", "known_from", "known_to"),
        ),
        no_rows(
            "versions_follow_one_another",
            "The versions of a cell are numbered from one and no two are known at the same time.",
            f"""SELECT observation_key, version_number, known_from, known_to FROM mart
                WINDOW versions AS (PARTITION BY observation_key ORDER BY version_number)
                QUALIFY version_number <> row_number() OVER versions
                     OR known_from < lag(known_to) OVER versions
                     OR (known_to = {FOREVER} AND lead(known_from) OVER versions IS NOT NULL)""",
        ),
        no_rows(
            "nothing_is_known_before_it_came",
            "No version is known from a time before its submission was received.",
            """SELECT cells.submission_key, cells.known_from, submissions.received_at, count(*) AS row_count
               FROM mart AS cells JOIN marts.dim_submission AS submissions USING (submission_key)
               WHERE cells.known_from < submissions.received_at GROUP BY ALL""",
        ),
        # Figures.
        never_missing("value_status"),
        one_of("value_status", get_args(Status)),
        every_row(
            "a_missing_value_says_why",
            "A missing value has a status with the reason; it is never simply empty.",
            "value IS NOT NULL OR coalesce(value_status, 'null') <> ''",
            shows=_SHOWN,
        ),
        every_row(
            "what_is_withheld_is_not_there",
            "A value that is not available (x), not applicable (z) or confidential (c) is missing.",
            "value IS NULL OR value_status IS NULL OR value_status NOT IN ('x', 'z', 'c')",
            shows=_SHOWN,
        ),
        every_row(
            "figures_are_finite",
            "No figure is infinite or not a number.",
            " AND ".join(
                f"coalesce(isfinite({column}), true)" for column in ("numerator", "denominator", "value", *_LIMITS)
            ),
            shows=_SHOWN,
        ),
        no_rows(
            "a_part_is_no_more_than_its_whole",
            "The numerator of a proportion is no more than its denominator, if that is above zero.",
            f"""SELECT {", ".join(f"cells.{column}" for column in _SHOWN)} FROM mart AS cells
                JOIN marts.dim_measure AS measures USING (measure_code)
                WHERE measures.value_type = 'proportion' AND isfinite(cells.numerator)
                  AND cells.denominator > 0 AND cells.numerator > cells.denominator""",
        ),
        no_rows(
            "a_count_is_never_negative",
            "Counts are never negative.",
            f"""SELECT {", ".join(f"cells.{column}" for column in _SHOWN)} FROM mart AS cells
                JOIN marts.dim_measure AS measures USING (measure_code)
                WHERE measures.value_type = 'count' AND cells.value < 0""",
            severity="warning",
        ),
        every_row(
            "limits_bracket_the_value",
            "A value is within its 95% limits.",
            "coalesce(value >= lower_95, true) AND coalesce(value <= upper_95, true)",
            shows=(*_CELL, "value", *_LIMITS),
            severity="warning",
        ),
        every_row(
            "wide_limits_hold_the_narrow",
            "The 99.8% limits are outside the 95% limits.",
            "coalesce(lower_99_8 <= lower_95, true) AND coalesce(upper_99_8 >= upper_95, true)",
            shows=(*_CELL, "value", *_LIMITS),
            severity="warning",
        ),
        no_rows(
            "merged_authorities_count_once",
            "If an authority and its successor both report a period, their people are counted twice.",
            f"""SELECT olds.return_code, olds.measure_code, olds.period_code, olds.location_key,
                       bridge.successor_location_key, count(*) AS row_count
                FROM marts.bridge_location_successor AS bridge
                JOIN mart AS olds ON olds.location_key = bridge.location_key
                JOIN mart AS news ON news.location_key = bridge.successor_location_key
                 AND news.return_code = olds.return_code AND news.measure_code = olds.measure_code
                 AND news.period_code = olds.period_code AND news.service_line = olds.service_line
                 AND news.population_group_code = olds.population_group_code
                WHERE olds.known_to = {FOREVER} AND news.known_to = {FOREVER}
                  AND olds.value IS NOT NULL AND news.value IS NOT NULL
                GROUP BY ALL""",
            severity="warning",
        ),
        # The way back to the sender's file.
        never_missing("source_row"),
        at_least("source_row", 1),
    )
