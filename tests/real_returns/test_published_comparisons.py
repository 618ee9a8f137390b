"""Comparisons that departments publish, recalculated from their figures, give the same results.

Contains the results of the warehouse on real returns, compared with those of their publishers, which separate queries
read from the files. Not here: whether all figures arrive (`test_returns_arrive`).
"""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Home

pytestmark = [pytest.mark.real, pytest.mark.slow]

AREA = "left(\"Area Code\", 3) IN ('E06', 'E08', 'E09', 'E10') AND \"Category Type\" IS NULL"
FINGERTIPS = "health/fingertips_child_injury_admissions_la.csv"


@pytest.fixture(scope="module")
def beside(real: Home, real_returns: Path) -> duckdb.DuckDBPyConnection:
    """The release in force, as `release`, with a macro for the files beside it."""
    connection = duckdb.connect()
    release = (real.root / "current" / "restricted").resolve() / "warehouse.duckdb"
    connection.execute(f"ATTACH '{release}' AS release (READ_ONLY)")
    connection.execute("USE release")
    folder = str(real_returns)
    connection.execute(
        "CREATE MACRO memory.main.sent(path) AS TABLE "
        f"SELECT * FROM read_csv('{folder}/' || path, all_varchar = true, header = true, delim = ',', quote = '\"')"
    )
    return connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.replace("sent(", "memory.main.sent(")).fetchall()


def test_areas_are_better_similar_or_worse_than_england_as_fingertips_says(beside: duckdb.DuckDBPyConnection) -> None:
    published = f"""
        SELECT DISTINCT "Area Code" AS code, "Sex" AS sex, "Time period" AS period,
               lower("Compared to England value or percentiles") AS outcome
        FROM sent('{FINGERTIPS}')
        WHERE {AREA} AND "Compared to England value or percentiles" IN ('Better', 'Similar', 'Worse')"""
    counted = rows(
        beside,
        f"""SELECT count(*), count(*) FILTER (WHERE s.benchmark_comparison = p.outcome),
                   count(*) FILTER (WHERE p.sex = 'Persons' AND s.benchmark_comparison = p.outcome)
            FROM ({published}) AS p
            LEFT JOIN analysis.standards AS s
                ON s.measure_code = 'ohid.indicator_90284' AND s.location_code = p.code
                AND s.period_code = 'FY' || replace(p.period, '/', '-')
                AND s.category = replace(p.sex, 'Persons', 'Total')""",
    )
    assert counted == [(5701, 5701, 2094)]


def test_byars_limits_are_fingertips_own_while_counts_were_not_rounded(beside: duckdb.DuckDBPyConnection) -> None:
    (unrounded, furthest, flagged), *_ = rows(
        beside,
        """SELECT count(*), max(limits_difference), count(*) FILTER (WHERE is_computed_from_rounded_counts)
           FROM analysis.estimates
           WHERE measure_code = 'ohid.indicator_90284' AND period_code IN ('FY2010-11', 'FY2011-12')
             AND limits_method = 'byar' AND limits_difference IS NOT NULL""",
    )
    assert unrounded == 292
    assert furthest < 1e-4
    assert flagged == 0
    # From 2012/13 counts of areas are rounded to 5; some of England's are not, and are not said to be.
    later = rows(
        beside,
        """SELECT location_level, max(limits_difference) > 1, bool_and(is_computed_from_rounded_counts),
                  bool_and(is_computed_from_rounded_counts = (numerator % 5 = 0))
           FROM analysis.estimates
           WHERE measure_code = 'ohid.indicator_90284' AND period_code > 'FY2012' AND limits_difference IS NOT NULL
             AND characteristic IN ('Total', 'Sex') GROUP BY ALL ORDER BY ALL""",
    )
    assert later == [("country", False, False, True), ("local_authority", True, True, True)]


def test_each_rate_of_injuries_is_its_count_over_its_denominator(beside: duckdb.DuckDBPyConnection) -> None:
    counted = rows(
        beside,
        f"""SELECT count(*), count(*) FILTER (WHERE abs("Value"::DOUBLE - "Count"::DOUBLE / "Denominator"::DOUBLE * 10000)
                                              < 1e-4 * "Value"::DOUBLE)
            FROM sent('{FINGERTIPS}') WHERE "Value" IS NOT NULL AND "Count" IS NOT NULL AND "Denominator" IS NOT NULL""",
    )
    assert counted == [(6787, 6787)]
    assert rows(
        beside,
        """SELECT count(*) FROM analysis.estimates WHERE measure_code = 'ohid.indicator_90284' AND origin = 'sent'
           AND abs(value - numerator / denominator * 10000) > 1e-4 * value""",
    ) == [(0,)]


def test_medians_of_adult_social_care_are_the_published_ones(beside: duckdb.DuckDBPyConnection) -> None:
    counted = rows(
        beside,
        """SELECT count(*), count(*) FILTER (WHERE abs(s.peer_median - p."MEDIAN"::DOUBLE) <= 1e-9 * p."MEDIAN"::DOUBLE),
                  count(DISTINCT s.measure_code),
                  count(*) FILTER (WHERE abs(coalesce(s.robust_distance, 0) - p."MADs_from_median"::DOUBLE) < 1e-6)
           FROM (SELECT row_number() OVER () + 1 AS source_row, *
                 FROM sent('localgov/oflog_adult_social_care.csv')) AS p
           JOIN analysis.observations AS o
               ON o.return_code = 'dhsc.adult_social_care_outcomes' AND o.source_row = p.source_row
           JOIN analysis.standards AS s ON s.observation_key = o.observation_key""",
    )
    compared, medians, measures, distances = counted[0]
    assert measures == 7
    assert compared > 5000
    assert medians == compared
    assert distances == compared


def test_quintiles_of_young_people_out_of_work_are_the_published_ones(beside: duckdb.DuckDBPyConnection) -> None:
    """The publisher ranks unrounded values. After rounding, authorities on both sides of a boundary are equal, and the
    warehouse keeps them together. All others are in the published quintile."""
    together = """
        SELECT s.value, s.quintile, p."NEET_NK_quintile"::INTEGER AS published,
               min(published) OVER (PARTITION BY s.value) <> max(published) OVER (PARTITION BY s.value) AS is_divided
        FROM sent('education/neet_scorecard_la_2022.csv') AS p
        JOIN analysis.standards AS s
            ON s.measure_code = 'dfe.neet_or_not_known_proportion' AND s.location_code = p.new_la_code
            AND s.characteristic = 'Total' AND s.service_line = 'Total' AND s.location_level = 'local_authority'
        WHERE regexp_full_match(p."NEET_NK_quintile", '[1-5]')"""
    counted = rows(
        beside,
        f"""SELECT count(*), count(*) FILTER (WHERE quintile = published),
                   count(*) FILTER (WHERE quintile <> published AND NOT is_divided),
                   max(abs(quintile - published))
            FROM ({together})""",
    )
    assert counted == [(150, 145, 0, 1)]


def test_rate_ratios_of_stop_and_search_are_the_published_ones_in_326_of_327(
    beside: duckdb.DuckDBPyConnection,
) -> None:
    counted = rows(
        beside,
        """WITH gaps AS (
               SELECT location_code AS la_code, relative_gap, relative_gap_lower_95, relative_gap_upper_95
               FROM analysis.group_gaps
               WHERE measure_code = 'ho.stop_and_search_rate' AND category_code = 'black'
           )
           SELECT count(*),
                  count(*) FILTER (WHERE abs(gaps.relative_gap - p.rr::DOUBLE) < 1e-9
                                   OR (gaps.relative_gap IS NOT DISTINCT FROM try_cast(p.rr AS DOUBLE))),
                  count(*) FILTER (WHERE abs(gaps.relative_gap_lower_95 - try_cast(p.rr_ci_low AS DOUBLE)) < 1e-6
                                   AND abs(gaps.relative_gap_upper_95 - try_cast(p.rr_ci_upp AS DOUBLE)) < 1e-6)
           FROM sent('justice/stop_search_disparity_black_la.csv') AS p LEFT JOIN gaps USING (la_code)""",
    )
    assert counted[0][0] == 327
    assert counted[0][1] >= 326, counted


def test_the_disadvantage_gap_of_schools_is_the_published_one(
    beside: duckdb.DuckDBPyConnection, real_returns: Path
) -> None:
    with (real_returns / "education/ks2_school_hampshire_2018-19.csv").open(encoding="utf-8-sig", newline="") as file:
        sent = {row["URN"]: (row["DIFFN_RWM_EXP"] or "").rstrip("%") for row in csv.DictReader(file) if row["URN"]}
    published = {urn: float(gap) for urn, gap in sent.items() if re.fullmatch(r"-?[0-9]+", gap)}
    made = dict(
        rows(
            beside,
            """SELECT replace(location_code, 'urn:', ''), gap_to_national_reference FROM analysis.group_gaps
               WHERE measure_code = 'dfe.ks2_rwm_expected_proportion' AND period_code = 'AY2018-19'
                 AND location_level = 'school' AND category_code = 'disadvantaged' AND held_group_code = 'Total'""",
        )
    )
    compared = published.keys() & made.keys()
    assert len(compared) > 150
    assert sum(published[urn] == made[urn] for urn in compared) >= len(compared) - 2


def test_pupils_with_free_meals_are_compared_with_all_pupils(beside: duckdb.DuckDBPyConnection) -> None:
    counted = rows(
        beside,
        """SELECT count(*), count(*) FILTER (WHERE abs(g.absolute_gap - (f.observation::DOUBLE - a.observation::DOUBLE)) < 1e-9)
           FROM sent('education/ons_persistent_absence_fsm.csv') AS f
           JOIN sent('education/ons_persistent_absence_all.csv') AS a USING (areacd, period)
           JOIN analysis.group_gaps AS g
               ON g.measure_code = 'ons.persistent_absence_fsm_proportion' AND g.location_code = f.areacd
               AND year(g.period_start) = left(f.period, 4)::INTEGER
               AND g.category_code = 'eligible'
           WHERE try_cast(f.observation AS DOUBLE) IS NOT NULL AND try_cast(a.observation AS DOUBLE) IS NOT NULL""",
    )
    compared, agreeing = counted[0]
    assert compared > 900
    assert agreeing == compared


def test_the_four_hour_standard_stands_with_icons_by_trust_and_month(beside: duckdb.DuckDBPyConnection) -> None:
    """Totals over types of department, England's rate and an XmR chart, each worked out here from the file alone."""
    totals = """
        SELECT 'ods:' || org_code AS code, left(period, 7) AS month, sum(breaches::DOUBLE) AS late,
               sum(attendances::DOUBLE) AS all_of_them
        FROM sent('health/nhs_ae_attendances_trust_monthly_2016_2019.csv') GROUP BY ALL"""
    checked = rows(
        beside,
        f"""SELECT count(*), count(*) FILTER (WHERE abs(s.value - 100 * t.late / t.all_of_them) < 1e-9),
                   count(*) FILTER (WHERE s.is_standard_met = (100 * t.late / t.all_of_them <= 5)),
                   count(*) FILTER (WHERE s.variation_icon IS NOT NULL),
                   count(*) FILTER (WHERE abs(s.benchmark_value - e.england) < 1e-9)
            FROM ({totals}) AS t
            JOIN (SELECT month, 100 * sum(late) / sum(all_of_them) AS england FROM ({totals}) GROUP BY month) AS e
                USING (month)
            LEFT JOIN analysis.standards AS s
                ON s.measure_code = 'nhse.ae_breach_proportion' AND s.location_code = t.code
                AND s.period_code = t.month AND s.service_line = 'Total'
            WHERE t.all_of_them > 0""",
    )
    compared, values, met, icons, england = checked[0]
    assert compared > 8000
    assert (values, met, icons, england) == (compared, compared, compared, compared)
    chart = rows(
        beside,
        f"""WITH series AS (
                SELECT month, 100 * late / all_of_them AS y,
                       abs(y - lag(y) OVER (ORDER BY month)) AS moved FROM ({totals}) WHERE code = 'ods:RQM'
            ), average AS (SELECT avg(y) AS mean, avg(moved) AS moved FROM series),
            screened AS (
                SELECT avg(series.moved) AS moved FROM series, average WHERE series.moved < 3.267 * average.moved
            )
            SELECT average.mean, average.mean + 2.66 * screened.moved FROM average, screened""",
    )
    stands = rows(
        beside,
        """SELECT DISTINCT process_mean, upper_process_limit FROM analysis.standards
           WHERE measure_code = 'nhse.ae_breach_proportion' AND location_code = 'ods:RQM' AND service_line = 'Total'""",
    )
    assert stands == [pytest.approx(chart[0], rel=1e-9)]


def test_prevalence_rises_with_deprivation_where_it_does(beside: duckdb.DuckDBPyConnection) -> None:
    """Chronic obstructive pulmonary disease: 2.62% in the most deprived tenth of England, 1.51% in the least."""
    found = rows(
        beside,
        """SELECT round(100 * f.absolute_gap, 2), f.worse_category_code, f.better_category_code, f.group_count,
                  f.slope_index < 0, 100 * f.absolute_gap_lower_95 > 1
           FROM analysis.fairness AS f
           WHERE f.return_code = 'nhse.qof_prevalence_by_deprivation' AND f.location_code = 'E92000001'
             AND f.dimension = 'deprivation' AND f.service_line = 'Chronic obstructive pulmonary disease'""",
    )
    assert found == [(1.12, "1", "10", 10, True, True)]


def test_schools_are_compared_within_their_authority_and_practices_within_their_board(
    beside: duckdb.DuckDBPyConnection,
) -> None:
    hampshire = rows(
        beside,
        """SELECT location_code, unit_count FROM analysis.consistency
           WHERE measure_code = 'dfe.ks2_rwm_expected_proportion' AND unit_level = 'school'
             AND location_level = 'local_authority' AND period_code = 'AY2018-19' AND characteristic = 'Total'""",
    )
    sent = rows(
        beside,
        """SELECT 'E10000014', count(*) FROM analysis.observations
           WHERE measure_code = 'dfe.ks2_rwm_expected_proportion' AND location_level = 'school'
             AND period_code = 'AY2018-19' AND characteristic = 'Total' AND value IS NOT NULL""",
    )
    assert hampshire == sent
    boards = rows(
        beside,
        """SELECT count(DISTINCT location_code), min(unit_count) FROM analysis.consistency
           WHERE return_code = 'cqc.gp_ratings' AND unit_level = 'gp_practice' AND location_level = 'icb'""",
    )
    assert boards[0][0] == 42
