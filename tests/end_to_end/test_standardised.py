"""Measures standardised by age, from the files of the sample to the published tables.

Contains figures of the release recalculated from the files. Not here: single methods, which have dbt unit tests and
`tests/conformance`.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.conftest import Home

pytestmark = pytest.mark.slow

WEIGHTS = (5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500,
           1000)  # fmt: skip
ESTIMATES = "analysis.estimates WHERE origin = 'standardised' AND period_code = 'CY2024' AND measure_code ="


def values(
    home: Home, measure: str, chosen: str, columns: str = "location_code, category, value"
) -> list[list[object]]:
    found = home.rows(f"SELECT {columns} FROM {ESTIMATES} '{measure}' AND {chosen} ORDER BY ALL")
    return [list(row.values()) for row in found]


def counted(sample: Path, sex: str) -> dict[str, list[tuple[int, int]]]:
    """Deaths and residents of 2024 by area, in order of age, those under 5 as one."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    with (sample.parent / "health" / "ons_deaths_by_age_2024.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["GENDER_NAME"] == sex and row["AGE_NAME"] != "All ages":
                found[row["GEOGRAPHY_CODE"]].append((int(row["DEATHS"]), int(row["POPULATION"])))
    for ages in found.values():
        infants, young, *older = ages
        ages[:] = [(infants[0] + young[0], infants[1] + young[1]), *older]
    return found


def test_the_directly_standardised_rate_is_the_weighted_mean_of_the_rates_by_age(published: Home, sample: Path) -> None:
    expected = {
        code: sum(weight * deaths / people for weight, (deaths, people) in zip(WEIGHTS, ages, strict=True))
        for code, ages in counted(sample, "Females").items()
        if sum(deaths for deaths, _ in ages) >= 10
    }
    found = values(
        published, "ons.mortality_directly_standardised_rate", "category = 'Female' AND location_level <> 'region'"
    )
    given = {str(code): value for code, _, value in found if value is not None}
    assert len(given) > 140
    assert given == pytest.approx(expected)


def test_england_has_a_ratio_of_100_and_a_region_that_of_its_own_deaths(published: Home, sample: Path) -> None:
    england = values(published, "ons.mortality_ratio", "location_code = 'E92000001'", "category, value")
    assert england == [["Female", 100.0], ["Male", 100.0], ["Total", 100.0]]
    inside = {
        str(row["location_code"])
        for row in published.rows(
            "SELECT location_code FROM marts.dim_location WHERE region_code = 'E12000001' AND is_current "
            "AND location_level = 'local_authority'"
        )
    }
    ages = counted(sample, "Persons")
    whole = [deaths / people for deaths, people in ages["E92000001"]]
    # Those under 5 apart: the ratio is of the ages as they are sent, in which infants are one by themselves.
    observed = sum(deaths for code in inside for deaths, _ in ages[code])
    expected = sum(people * rate for code in inside for (_, people), rate in zip(ages[code], whole, strict=True))
    [[_, _, ratio]] = values(published, "ons.mortality_ratio", "location_code = 'E12000001' AND category = 'Total'")
    assert ratio == pytest.approx(100 * observed / expected, rel=1e-3)


def test_women_live_longer_than_men_and_people_of_deprived_areas_die_sooner(published: Home) -> None:
    lives = values(published, "ons.life_expectancy_at_birth", "location_code = 'E92000001'", "category, value")
    assert [category for category, _ in lives] == ["Female", "Male", "Total"]
    women, men, everybody = (float(str(years)) for _, years in lives)
    assert 70 < men < everybody < women < 90
    fifths = published.rows(
        """SELECT measure_code, string_agg(category_code, '' ORDER BY value) AS from_lowest FROM marts.fct_group_gap
           WHERE characteristic_code LIKE 'area_deprivation_quintile:%' AND period_code = 'CY2024'
             AND held_group_code = 'Total' AND return_code = 'ons.deaths_by_age' GROUP BY ALL ORDER BY ALL"""
    )
    by_measure = {row["measure_code"]: row["from_lowest"] for row in fifths}
    assert by_measure["ons.life_expectancy_at_birth"] == "12345"
    assert by_measure["ons.mortality_directly_standardised_rate"] == "54321"
    assert by_measure["ons.mortality_ratio"] == "54321"
    # If older people live in less deprived areas, the crude rate gives a different picture.
    assert by_measure["ons.mortality_rate"] != "54321"


def test_a_place_too_small_for_a_life_table_says_so(published: Home) -> None:
    small = values(published, "ons.life_expectancy_at_birth", "value IS NULL AND location_level = 'local_authority'",
                   "reason, value_status, lower_95")  # fmt: skip
    assert small
    assert {tuple(row) for row in small} == {("population of 5,000 or fewer", "x", None)}


def test_standardised_measures_are_compared_like_others(published: Home) -> None:
    compared = published.rows(
        """SELECT measure_code, count(benchmark_comparison) AS benchmarks, count(neighbour_median) AS neighbours,
               count(quintile) AS quintiles, count(previous_comparison) AS before
           FROM analysis.standards WHERE measure_code = 'ons.mortality_directly_standardised_rate'
             AND period_code = 'CY2024' AND location_level = 'local_authority' AND category = 'Total' GROUP BY ALL"""
    )
    [row] = compared
    assert min(int(str(count)) for name, count in row.items() if name != "measure_code") > 140


def test_whoever_traces_a_standardised_figure_is_led_to_the_counts(published: Home) -> None:
    question = (
        "trace",
        "--measure",
        "ons.mortality_ratio",
        "--location",
        "E92000001",
        "--period",
        "CY2024",
        "--category",
        "Total",
    )
    output = published.run(*question).stdout
    assert "the counts and population by age in ons.deaths_by_age" in output
    assert re.search(r"^based on [\d,]+ cells from 1 file$", output, re.MULTILINE)
