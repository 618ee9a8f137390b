"""Expectations of marts.fct_standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expectations.suites.comparisons import fct_estimate
from expectations.vocabulary import (
    every_row,
    in_order,
    judged,
    no_rows,
    one_row_per,
    specification,
)
from orchestration.foundation.sql import literal, literals

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

MART = "marts.fct_standard"

_JUDGEMENTS = ("better", "similar", "worse", "higher", "lower")
_LISTS = {
    "benchmark_comparison_two_level": ("best", *_JUDGEMENTS, "worst", "highest", "lowest"),
    "previous_comparison": _JUDGEMENTS,
    "funnel_class": (
        "high beyond 99.8%",
        "high beyond 95%",
        "as expected",
        "low beyond 95%",
        "low beyond 99.8%",
        "not applicable",
    ),
    "trend": ("increasing", "decreasing", "no change", "cannot be calculated"),
    "trend_judgement": ("getting better", "getting worse"),
    "variation_icon": (
        *(f"{what} {where}" for what in ("improvement", "concern", "neutral") for where in ("high", "low")),
        "common cause",
    ),
    "assurance_icon": ("pass", "fail", "inconsistent"),
}

_CELL = ("measure_code", "location_key", "period_code", "population_group_code", "service_line")
_SAME = (*fct_estimate.REFERENCES, "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8", "limits_source")
_FUNNEL = (
    "funnel_lower_99_8",
    "funnel_lower_95",
    "funnel_baseline",
    "funnel_upper_95",
    "funnel_upper_99_8",
)
_PROCESS = ("lower_process_limit", "process_mean", "upper_process_limit")
_COMPARED = {
    "benchmark_comparison": "benchmark_value",
    "region_comparison": "region_value",
    "neighbour_comparison": "neighbour_median",
}


def suite() -> ExpectationSuite:
    """One row per estimate with a value, with its comparisons."""
    comparisons = " OR ".join(
        f"{word} IS DISTINCT FROM {judged('lower_95', 'upper_95', benchmark)}" for word, benchmark in _COMPARED.items()
    )
    strange = " UNION ALL ".join(
        f"""SELECT {literal(column)} AS column_name, {column} AS word, count(*) AS row_count
            FROM mart WHERE {column} NOT IN ({literals(words)}) GROUP BY ALL"""
        for column, words in _LISTS.items()
    )
    return specification(
        MART,
        one_row_per("observation_key"),
        no_rows(
            "every_estimate_with_a_value_is_compared",
            "Estimates with a value, and no others, are here with the same keys, value and limits.",
            f"""SELECT observation_key, mart.value, estimates.value AS estimated_value
                FROM mart FULL JOIN (FROM marts.fct_estimate WHERE value IS NOT NULL) AS estimates
                    USING (observation_key)
                WHERE {" OR ".join(f"mart.{column} IS DISTINCT FROM estimates.{column}" for column in _SAME)}""",
        ),
        no_rows("words_are_in_their_lists", f"{', '.join(_LISTS)} hold words of their lists.", strange),
        no_rows(
            "a_comparison_follows_from_the_limits",
            "Better and worse (higher and lower) are those whose 95% limits miss what they are compared with; best and "
            "worst (highest and lowest) those whose 99.8% limits do too.",
            f"""SELECT {", ".join((*_CELL, "value", "lower_95", "upper_95", *_COMPARED.values(), *_COMPARED))},
                       lower_99_8, upper_99_8, benchmark_comparison_two_level
                FROM mart JOIN marts.dim_measure USING (measure_code)
                WHERE {comparisons} OR benchmark_comparison_two_level IS DISTINCT FROM CASE
                    WHEN (lower_99_8 <= upper_99_8) IS NOT TRUE THEN NULL
                    WHEN (upper_95 < benchmark_value AND upper_99_8 < benchmark_value)
                      OR (lower_95 > benchmark_value AND lower_99_8 > benchmark_value)
                        THEN CASE benchmark_comparison WHEN 'better' THEN 'best' WHEN 'worse' THEN 'worst'
                                 WHEN 'higher' THEN 'highest' WHEN 'lower' THEN 'lowest' END
                    ELSE benchmark_comparison END""",
        ),
        no_rows(
            "a_place_has_a_rank_among_its_peers",
            "A rank is between one and the number of peers; with at least five peers each has a quintile, 1 to 5.",
            f"""SELECT {", ".join(_CELL)}, peer_count, peer_rank, quintile, best_value, distance_to_best
                FROM mart WHERE (peer_count IS NULL) <> (peer_rank IS NULL)
                   OR peer_rank NOT BETWEEN 1 AND peer_count OR quintile NOT BETWEEN 1 AND 5
                   OR (quintile IS NULL) <> (coalesce(peer_count, 0) < 5) OR distance_to_best < 0""",
        ),
        every_row(
            "funnels_and_charts_have_their_middle_inside",
            "A baseline is within its funnel limits, and the mean of a control chart is within its process limits.",
            f"{in_order(*_FUNNEL)} AND {in_order(*_PROCESS)}",
            shows=(*_CELL, "value", *_FUNNEL, *_PROCESS),
        ),
        no_rows(
            "a_standard_is_judged_as_it_demands",
            "A standard in force at the end of the period is met at its threshold and on the right side of it; where "
            "none is, nothing is met or not.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _CELL)}, mart.standard_code, value, standard_threshold,
                       is_standard_met, valid_from, valid_to
                FROM mart LEFT JOIN marts.dim_standard AS standards USING (standard_code)
                JOIN marts.dim_period USING (period_code)
                WHERE is_standard_met IS DISTINCT FROM if(at_least IS NULL, value <= at_most, value >= at_least)
                   OR standard_threshold IS DISTINCT FROM coalesce(at_least, at_most)
                   OR mart.standard_kind IS DISTINCT FROM standards.standard_kind
                   OR (mart.standard_code IS NOT NULL AND (
                       mart.measure_code = standards.measure_code AND mart.service_line = standards.service_line
                       AND population_group_code = 'Total'
                       AND period_end BETWEEN standards.valid_from AND coalesce(standards.valid_to, period_end)
                   ) IS NOT TRUE)""",
        ),
        no_rows(
            "the_period_before_is_before",
            "A value is compared with its own in an earlier period of the same kind.",
            f"""SELECT {", ".join(f"mart.{column}" for column in _CELL)}, previous_period_code, previous_period_value
                FROM mart JOIN marts.dim_period AS periods USING (period_code)
                LEFT JOIN marts.dim_period AS befores ON befores.period_code = previous_period_code
                WHERE (previous_period_code IS NULL) <> (previous_period_value IS NULL)
                   OR (previous_period_code IS NOT NULL AND (
                       befores.period_start < periods.period_start
                       AND befores.period_kind = periods.period_kind) IS NOT TRUE)""",
        ),
    )
