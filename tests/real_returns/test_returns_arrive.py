"""Real returns, landed from their list and published in one release: the figures that must arrive."""

import pytest

from tests.conftest import Home
from tests.sizes import only_full

pytestmark = [pytest.mark.real, pytest.mark.slow]

KEY = "return_code, measure_code, location_code, location_level, period_code, characteristic, category, service_line"
HISTORY = "analysis.observation_history"


def one(home: Home, query: str) -> dict[str, object]:
    (row,) = home.rows(query)
    return row


def test_what_has_no_contract_is_reported_and_skipped(landed: tuple[Home, str]) -> None:
    _, said = landed
    assert "3 returns and 2 references have no contract" in said


def test_every_return_with_a_contract_is_in_one_release(real: Home) -> None:
    rows = real.rows(
        "SELECT return_code, count(*) AS n FROM analysis.submissions WHERE outcome = 'accepted' GROUP BY 1"
    )
    assert len(rows) == 31
    assert sum(int(str(row["n"])) for row in rows) == 43


def test_every_cell_of_every_submission_is_accounted_for(real: Home) -> None:
    rows = real.rows(
        "SELECT submission_key FROM analysis.submissions WHERE cell_count <> observation_count + collapsed_count "
        "+ filtered_count + unreadable_period_count"
    )
    assert rows == []


@only_full("test_lait_keeps_every_row_and_every_marker")
def test_the_interactive_tool_loses_no_row(real: Home) -> None:
    rows = real.rows(
        "SELECT cell_count AS cells, unreadable_period_count AS unreadable FROM analysis.submissions "
        "WHERE return_code = 'dfe.lait' ORDER BY received_at"
    )
    assert rows == [
        {"cells": 559300, "unreadable": 0},
        {"cells": 591430, "unreadable": 170},
        {"cells": 641070, "unreadable": 170},
    ]


def test_there_is_one_row_per_natural_key(real: Home) -> None:
    assert real.rows(f"SELECT {KEY} FROM analysis.observations GROUP BY ALL HAVING count(*) > 1") == []


def test_exactly_the_587_changed_keys_of_children_looked_after_get_a_new_version(real: Home) -> None:
    second = "SELECT * FROM analysis.observation_history WHERE return_code = 'dfe.children_looked_after'"
    row = one(
        real,
        f"""SELECT count(*) AS changed, count(*) FILTER (WHERE new.numerator IS DISTINCT FROM old.numerator
                OR new.numerator_status <> old.numerator_status) AS counts,
            count(*) FILTER (WHERE new.denominator IS DISTINCT FROM old.denominator
                OR new.denominator_status <> old.denominator_status) AS denominators,
            count(*) FILTER (WHERE new.value IS DISTINCT FROM old.value
                OR new.value_status <> old.value_status) AS rates
            FROM ({second} AND version_number = 2) AS new
            JOIN ({second} AND version_number = 1) AS old USING (observation_key)""",
    )
    assert row == {"changed": 587, "counts": 347, "denominators": 498, "rates": 129}
    assert one(real, f"SELECT max(version_number) AS n FROM ({second})") == {"n": 2}


def test_the_45_rows_of_merged_authorities_are_withdrawn(real: Home) -> None:
    rows = real.rows(
        "SELECT location_code, count(*) AS n FROM analysis.revisions "
        "WHERE return_code = 'dfe.children_looked_after' AND kind = 'withdrawn' GROUP BY 1"
    )
    assert sum(int(str(row["n"])) for row in rows) == 45
    assert {"E10000023", "E10000027"} <= {row["location_code"] for row in rows}
    for name in ("North Yorkshire", "Somerset"):
        rows = real.rows(
            "SELECT location_code FROM analysis.observations WHERE measure_code = 'dfe.children_looked_after_rate' "
            f"AND period_code = '2023-03-31' AND location_name = '{name}'"
        )
        assert len(rows) == 1, name


def test_years_that_a_later_file_does_not_contain_stay(real: Home) -> None:
    rows = real.rows(
        "SELECT period_code, count(*) AS n FROM analysis.observations WHERE measure_code = "
        "'dfe.children_looked_after_rate' AND period_code IN ('2019-03-31', '2020-03-31') GROUP BY 1 ORDER BY 1"
    )
    assert [row["n"] for row in rows] == [168, 168]


def test_a_reissue_with_new_headers_makes_new_versions_of_three_rows_only(real: Home) -> None:
    rows = real.rows(
        f"SELECT version_number AS version, count(*) AS n FROM {HISTORY} "
        "WHERE return_code = 'ons.healthy_life_expectancy' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [{"version": 1, "n": 4202}, {"version": 2, "n": 3}]


def test_the_repeated_england_keys_of_fingertips_collapse_and_are_counted(real: Home) -> None:
    row = one(
        real, "SELECT collapsed_count AS n FROM analysis.submissions WHERE return_code = 'ohid.fingertips_export'"
    )
    assert row == {"n": 703}


def test_sex_and_deprivation_decile_make_one_population_group(real: Home) -> None:
    rows = real.rows(
        "SELECT DISTINCT population_group_code AS code, category FROM analysis.observations "
        "WHERE population_group_code = 'deprivation_decile:imd2019_utla_2023=1;sex=male'"
    )
    assert rows == [{"code": "deprivation_decile:imd2019_utla_2023=1;sex=male", "category": "1 × Male"}]


def test_more_arrests_than_searches_is_accepted_with_693_warnings(real: Home) -> None:
    row = one(
        real,
        "SELECT sum(occurrence_count)::INT AS n, min(severity) AS severity FROM analysis.screening "
        "WHERE rule = 'consistency.numerator_above_denominator' AND return_code = 'ho.stop_and_search'",
    )
    assert row == {"n": 693, "severity": "warning"}


def test_a_missing_value_is_never_zero_and_says_why(real: Home) -> None:
    assert one(real, "SELECT count(*) AS n FROM analysis.observations WHERE value IS NULL AND value_status = ''") == {
        "n": 0
    }
    searches = one(
        real,
        "SELECT count(*) AS n, count(value) AS with_value FROM analysis.observations "
        "WHERE measure_code = 'ho.stop_and_searches' AND value_status = 'x'",
    )
    assert searches == {"n": 37925, "with_value": 0}


def test_the_london_authority_and_the_london_region_share_a_code_and_are_two_places(real: Home) -> None:
    rows = real.rows(
        "SELECT DISTINCT location_level FROM analysis.observations WHERE location_code = 'E12000007' ORDER BY 1"
    )
    assert {"location_level": "region"} in rows
    assert {"location_level": "strategic_authority"} in rows


def test_service_lines_carry_the_seven_columns_of_the_outturn(real: Home) -> None:
    row = one(
        real,
        "SELECT count(DISTINCT measure_code) AS measures, count(DISTINCT service_line) AS lines "
        "FROM analysis.observations WHERE return_code = 'mhclg.revenue_outturn_ro3'",
    )
    assert row["measures"] == 8
    assert int(str(row["lines"])) >= 69


@only_full("tests/end_to_end/test_refresh.py")
def test_a_second_refresh_finds_the_same_fingerprint_and_publishes_nothing(real: Home) -> None:
    (release,) = (path.name for path in (real.root / "releases" / "restricted").iterdir())
    again = real.refresh()
    assert again["published"] is False
    assert again["release_id"] == release
