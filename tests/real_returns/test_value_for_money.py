"""Unit costs, revisions and boundaries of real returns, compared with published results and queries of the files.

Contains derived measures, vintages and territories, compared with the source files by separate queries. Not here:
comparisons between locations (`test_published_comparisons`).
"""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Home

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def beside(real: Home, real_returns: Path) -> duckdb.DuckDBPyConnection:
    """The release in force, as `release`, with a macro for the files beside it."""
    connection = duckdb.connect()
    release = (real.root / "current" / "restricted").resolve() / "warehouse.duckdb"
    connection.execute(f"ATTACH '{release}' AS release (READ_ONLY); USE release")
    connection.execute(
        "CREATE MACRO memory.main.sent(path) AS TABLE "
        f"SELECT * FROM read_csv('{real_returns}/' || path, all_varchar = true, header = true, strict_mode = false)"
    )
    return connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query.replace("sent(", "memory.main.sent(")).fetchall()


def reproduced(connection: duckdb.DuckDBPyConnection, measure: str) -> dict[str, tuple[int, int, int]]:
    """By year: areas with a published weekly cost that have one here, how many are equal, and how many £5 off."""
    return {
        period: (there, equal, near)
        for period, there, equal, near in rows(
            connection,
            f"""SELECT period_code, count(ours.value), count(*) FILTER (WHERE ours.value = published.value),
                       count(*) FILTER (WHERE abs(ours.value - published.value) = 5)
                FROM analysis.observations AS published
                JOIN analysis.derived_measures AS ours USING (location_code, location_level, period_code)
                WHERE published.measure_code = 'dfe.LACFinance' AND ours.measure_code = '{measure}'
                  AND published.value IS NOT NULL AND period_code IN ('FY2022-23', 'FY2024-25')
                GROUP BY period_code""",
        )
    }


def test_the_published_weekly_cost_comes_out_with_the_count_known_when_it_was_compiled(
    beside: duckdb.DuckDBPyConnection,
) -> None:
    assert reproduced(beside, "dfe.looked_after_weekly_cost_as_compiled") == {
        "FY2022-23": (163, 162, 1),
        "FY2024-25": (161, 158, 3),
    }
    authorities = rows(
        beside,
        """SELECT count(*), count(*) FILTER (WHERE ours.value = published.value)
           FROM analysis.observations AS published
           JOIN analysis.derived_measures AS ours USING (location_code, location_level, period_code)
           WHERE published.measure_code = 'dfe.LACFinance' AND location_level = 'local_authority'
             AND ours.measure_code = 'dfe.looked_after_weekly_cost_as_compiled' AND ours.value IS NOT NULL
             AND period_code IN ('FY2022-23', 'FY2024-25')""",
    )
    assert authorities == [(300, 300)]


def test_todays_count_gives_another_cost_and_the_pin_is_all_the_difference(beside: duckdb.DuckDBPyConnection) -> None:
    there, equal, _ = reproduced(beside, "dfe.looked_after_weekly_cost")["FY2022-23"]
    assert (there, equal) == (163, 88)
    recipe = """SELECT component_number, side, weight, component_measure_code, figure, period_rule, service_lines
                FROM marts.bridge_measure_component WHERE measure_code = '{}' ORDER BY ALL"""
    today, compiled = (
        rows(beside, recipe.format(code))
        for code in ("dfe.looked_after_weekly_cost", "dfe.looked_after_weekly_cost_as_compiled")
    )
    assert today == compiled


@pytest.mark.parametrize(("period", "with_patients", "without"), [("FY2019-20", 6886, 115), ("FY2022-23", 6463, 206)])
def test_payments_per_patient_come_out_to_the_penny(
    beside: duckdb.DuckDBPyConnection, period: str, with_patients: int, without: int
) -> None:
    counted = rows(
        beside,
        f"""SELECT count(ours.value), count(*) FILTER (WHERE ours.value = published.value),
                   count(*) FILTER (WHERE ours.value IS NULL AND ours.reason = 'nothing to divide by')
            FROM analysis.derived_measures AS ours
            LEFT JOIN analysis.observations AS published USING (location_code, location_level, period_code)
            WHERE ours.measure_code = 'nhse.gp_cost_per_registered_patient' AND location_level = 'gp_practice'
              AND published.measure_code = 'nhse.gp_payments_per_registered_patient'
              AND published.service_line = 'Total' AND period_code = '{period}'""",
    )
    assert counted == [(with_patients, with_patients, without)]


def test_first_against_second_release_of_the_revenue_outturn(beside: duckdb.DuckDBPyConnection) -> None:
    # Filled in: an authority without any figure in the first release, with nearly all in the second.
    filled_in = rows(
        beside,
        """SELECT count(*), sum(cells)::INTEGER FROM (
               SELECT location_code, count(*) AS cells FROM analysis.revision_triangle
               WHERE return_code = 'mhclg.revenue_outturn_ro3' AND replaced_at IS NULL
               GROUP BY 1 HAVING count(first_value) = 0 AND count(value) > 0)""",
    )
    assert filled_in == [(13, 6370)]
    revised = rows(
        beside,
        """SELECT count(*), count(DISTINCT location_code) FROM analysis.revisions
           WHERE return_code = 'mhclg.revenue_outturn_ro3' AND revision <> 0 AND location_level <> 'country'""",
    )
    assert revised == [(4110, 58)]
    with_england = rows(
        beside,
        """SELECT count(*), count(DISTINCT location_code) FROM analysis.revisions
           WHERE return_code = 'mhclg.revenue_outturn_ro3' AND revision <> 0""",
    )
    assert with_england == [(4582, 59)]


def test_vintages_of_the_claimant_count_differ_as_the_files_do(beside: duckdb.DuckDBPyConnection) -> None:
    in_files = rows(
        beside,
        """SELECT count(*), count(*) FILTER (WHERE old.Observation::DOUBLE <> new.observation::DOUBLE)
           FROM sent('employment/ons_claimant_count_v2025-01-24.csv') AS old
           JOIN sent('employment/ons_claimant_count_v2026-01-29.csv') AS new
               ON old.AREACD = new.areacd AND old.Period = left(new.period, 4)""",
    )
    here = rows(
        beside,
        """SELECT count(*) + (SELECT count(*) FROM marts.fct_observation WHERE return_code = 'ons.claimant_count'
                              AND version_number = 1 AND known_to = '9999-12-31'
                              AND confirmed_submission_key <> submission_key),
                  count(*) FILTER (WHERE revision <> 0)
           FROM analysis.revisions WHERE return_code = 'ons.claimant_count' AND kind <> 'withdrawn'""",
    )
    assert here == in_files
    assert in_files[0][1] == 1768


def test_vintages_of_employment_differ_as_the_files_do(beside: duckdb.DuckDBPyConnection) -> None:
    wide = " UNION ALL ".join(
        f"""SELECT areacd, left(period, 4) AS year, '{name}' AS name, {column} AS observation,
                   {column}_numerator AS numerator, {column}_denominator AS denominator,
                   {column}_lower_confidence_interval_95 AS lower_95, {column}_upper_confidence_interval_95 AS upper_95
            FROM sent('employment/ons_employment_rate_v2023-08-16_wide.csv')"""
        for name, column in {
            "Employment rate": "employment_rate",
            "Economic activity rate": "economic_activity_rate",
            "Unemployment rate": "unemployment_activity_rate",
            "Economically inactive": "economically_inactive",
        }.items()
    )
    figures = ("observation", "numerator", "denominator", "lower_95", "upper_95")
    differ = " OR ".join(f"try_cast(old.{f} AS DOUBLE) IS DISTINCT FROM try_cast(new.{f} AS DOUBLE)" for f in figures)
    new = rows(beside, "DESCRIBE FROM sent('employment/ons_employment_rate_v2025-08-13.csv')")
    columns = {name.lower(): name for name, *_ in new}
    lower = columns.get("lower_confidence_interval_95", columns.get("lci_95"))
    upper = columns.get("upper_confidence_interval_95", columns.get("uci_95"))
    in_files = rows(
        beside,
        f"""SELECT count(*), count(*) FILTER (WHERE {differ})
            FROM ({wide}) AS old
            JOIN (SELECT areacd, left(period, 4) AS year, indicator, observation, numerator, denominator,
                         "{lower}" AS lower_95, "{upper}" AS upper_95
                  FROM sent('employment/ons_employment_rate_v2025-08-13.csv')) AS new
                ON old.areacd = new.areacd AND old.year = new.year
                AND lower(old.name) = lower(CASE new.indicator WHEN 'Economic inactivity rate'
                    THEN 'Economically inactive' ELSE new.indicator END)""",
    )
    here = rows(
        beside,
        """SELECT count(*) FILTER (WHERE kind <> 'withdrawn') FROM analysis.revisions
           WHERE return_code = 'ons.employment'""",
    )
    assert in_files[0][0] > 10_000
    assert here == [(in_files[0][1],)]


def test_no_series_of_these_files_was_divided_anew(beside: duckdb.DuckDBPyConnection) -> None:
    assert rows(beside, "FROM marts.fct_revision_pattern") == []


def test_provisional_figures_and_final_ones_are_one_series(beside: duckdb.DuckDBPyConnection) -> None:
    twice = rows(
        beside,
        """SELECT measure_code, location_code, period_code FROM analysis.observations
           WHERE return_code = 'dfe.lait' AND (period_code LIKE '%prov%' OR period_code LIKE '%ev)%')""",
    )
    assert twice == []
    provisional = rows(
        beside,
        """SELECT count(*) FROM analysis.observation_history
           WHERE return_code = 'dfe.lait' AND value_status IN ('p', 'r') AND version_number = 1""",
    )
    assert provisional[0][0] > 0


def test_crimes_of_a_file_with_old_line_ends_are_all_counted(
    beside: duckdb.DuckDBPyConnection, real_returns: Path
) -> None:
    text = (real_returns / "justice/crime_outcomes_force_2012_2016.csv").read_bytes().decode("latin-1")
    sent: dict[str, int] = {}
    for line in text.split("\r")[1:]:
        year, count, kind, *_ = line.split(",")
        if kind.strip('"') != "Anti-social behaviour":
            sent[f"CY{year}"] = sent.get(f"CY{year}", 0) + int(count)
    here = rows(
        beside,
        """SELECT period_code, sum(value)::BIGINT FROM analysis.derived_measures
           WHERE measure_code = 'ho.crimes_recorded' GROUP BY 1 ORDER BY 1""",
    )
    assert dict(here) == sent


def test_the_cost_collection_gives_its_own_unit_costs(beside: duckdb.DuckDBPyConnection) -> None:
    counted = rows(
        beside,
        """SELECT count(*), count(*) FILTER (WHERE abs(ours.value - sent.cost::DOUBLE / sent.activity::DOUBLE) < 1e-6)
           FROM (SELECT currency_code, sum(cost::DOUBLE) AS cost, sum(activity::DOUBLE) AS activity
                 FROM sent('health/national_cost_collection.csv') GROUP BY 1
                 HAVING count(activity) = count(*)) AS sent
           JOIN analysis.derived_measures AS ours
               ON ours.measure_code = 'nhse.cost_per_unit_of_activity_all_settings'
               AND starts_with(ours.service_line, sent.currency_code || ' ')""",
    )
    assert counted[0][0] == counted[0][1] > 1500


def test_social_housing_of_each_state_stands_in_a_row_of_its_own(beside: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        beside,
        """SELECT o.location_code, o.value, o.source_column, d.value
           FROM analysis.observations AS o
           JOIN analysis.derived_measures AS d USING (location_code, period_code, service_line)
           WHERE o.measure_code = 'intl.rogs_recurrent_expenditure' AND period_code = 'JY2022-23'
             AND d.measure_code = 'intl.social_housing_cost_per_dwelling' AND service_line = 'Public housing'
             AND location_code IN ('iso:AU-NSW', 'iso:AU') ORDER BY location_code""",
    )
    assert [(code, value, column) for code, value, column, _ in found] == [
        ("iso:AU", 3656.4, "Aust"),
        ("iso:AU-NSW", 1201.4, "NSW"),
    ]
    assert [unit for *_, unit in found] == pytest.approx([3656.4e6 / 298404, 1201.4e6 / 95765])


def test_cumbria_goes_on_as_the_sum_of_what_became_of_it(beside: duckdb.DuckDBPyConnection) -> None:
    sent = rows(
        beside,
        """SELECT sum(children_count::DOUBLE), sum(population_estimate::DOUBLE)
           FROM sent('education/cla_number_and_rate_v2025-11-27.csv')
           WHERE new_la_code IN ('E06000063', 'E06000064') AND time_period = '2025'
             AND population_type LIKE 'Children looked after%'""",
    )
    here = rows(
        beside,
        """SELECT numerator, denominator, how FROM analysis.territory_series
           WHERE basis = 'like for like' AND measure_code = 'dfe.children_looked_after_rate'
             AND territory_code = 'E10000006' AND period_code = '2025-03-31'""",
    )
    assert here == [(*sent[0], "sum of 2 places")]


@pytest.mark.parametrize(
    ("territory", "before"),
    [
        ("E06000066", "local_authority:E10000027"),
        ("E06000065", "local_authority:E10000023"),
        ("E06000060", "local_authority:E10000002"),
    ],
)
def test_a_merged_county_is_one_series_from_before_to_after(
    beside: duckdb.DuckDBPyConnection, territory: str, before: str
) -> None:
    series = rows(
        beside,
        f"""SELECT period_code, value IS NOT NULL, location_keys FROM analysis.territory_series
            WHERE basis = 'like for like' AND measure_code = 'dfe.social_workers_fte' AND territory_code = '{territory}'
            ORDER BY period_code""",
    )
    assert [period[:4] for period, *_ in series] == [str(year) for year in range(2017, 2026)]
    assert all(has_value for _, has_value, _ in series)
    assert series[0][2] == before
    assert series[-1][2] == f"local_authority:{territory}"


def test_money_follows_need_in_childrens_services(beside: duckdb.DuckDBPyConnection) -> None:
    shares = rows(
        beside,
        """SELECT category_code, cost_share_pct > output_share_pct, spend_and_outcome
           FROM analysis.spend_and_need
           WHERE unit_cost_measure_code = 'mhclg.children_services_cost_per_child'
             AND service_line = 'TOTAL CHILDREN SOCIAL CARE' AND characteristic_code LIKE 'area_deprivation%'
           ORDER BY category_code""",
    )
    assert shares[0] == ("1", True, "more is spent")
    assert shares[-1] == ("5", False, None)


def test_practices_are_grouped_by_the_deprivation_of_their_patients(beside: duckdb.DuckDBPyConnection) -> None:
    fifths = rows(
        beside,
        """SELECT category_code, output FROM analysis.spend_and_need
           WHERE unit_cost_measure_code = 'nhse.gp_cost_per_registered_patient' AND period_code = 'FY2022-23'
             AND characteristic_code = 'practice_deprivation_quintile:imd2019' ORDER BY category_code""",
    )
    assert [category for category, _ in fifths] == ["1", "2", "3", "4", "5"]
    assert all(patients > 5e6 for _, patients in fifths)


def test_what_was_known_then_is_asked_of_the_release_itself(real: Home) -> None:
    query = "SELECT count(value) AS n FROM analysis.derived_measures WHERE measure_code LIKE 'dfe.looked_after%'"
    then = real.rows(query, "--as-at", "2025-11-30T00:00:00Z")
    same = real.rows(query.replace("derived_measures", "derived_measures_as_at(TIMESTAMP '2025-11-30')"))
    now = real.rows(query)
    assert then == same
    assert 0 < int(str(then[0]["n"])) < int(str(now[0]["n"]))
