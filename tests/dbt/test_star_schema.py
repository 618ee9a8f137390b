"""Results of the dbt project on a tiny world of returns: versions, locations, groups, revisions and flat views.

Contains assertions about the tables that dbt builds. Not here: the world itself (`landing_fixture`), and single steps
of the logic, which have dbt unit tests beside their models.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tests.dbt.landing_fixture import (
    ADMISSIONS_FINAL,
    CHILDREN_2023,
    CHILDREN_2025,
    CHILDREN_REFUSED,
    OBSERVATIONS,
    PROJECT_ROOT,
    WORKFORCE_2023,
    WORLD,
    Row,
    lay_landing,
)

FOREVER = datetime(9999, 12, 31)
NATURAL_KEY = (
    "return_code, measure_code, location_code, location_level, period_code, characteristic, category, service_line"
)
PROMISED_COLUMNS = [
    *("department_code", "return_code", "measure_code", "measure_name", "domain"),
    *("location_code", "location_name", "location_level", "period_code", "period_start", "period_end"),
    *("characteristic", "category", "service_line", "numerator", "denominator", "value", "value_status"),
    *("lower_95", "upper_95", "lower_99_8", "upper_99_8", "unit", "note"),
    *("submission_key", "received_at", "source_row"),
]
GOOD = ("success", "pass", "no-op")

Ask = Callable[..., list[tuple[Any, ...]]]


def _dbt(folder: Path, world: dict[str, list[Row]], *arguments: str) -> Any:
    """Lay a world in `folder`/build.duckdb, in place of what was there, and run dbt on it in this process.

    All worlds share a folder, because dbt would parse the project again for another path.
    """
    database = folder / "build.duckdb"
    database.unlink(missing_ok=True)
    lay_landing(database, world)
    places = {
        "--project-dir": PROJECT_ROOT / "dbt_project",
        "--profiles-dir": PROJECT_ROOT / "dbt_project",
        "--target-path": folder / "target",
        "--log-path": folder / "logs",
    }
    flags = [text for flag, place in places.items() for text in (flag, str(place))]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OVERSIGHT_BUILD_DATABASE", str(database))
        try:
            return dbtRunner().invoke([*arguments, "--quiet", *flags])
        finally:
            # dbt keeps the file open until the process ends, so nothing else could read it.
            DuckDBConnectionManager.close_all_connections()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("star_schema")


@pytest.fixture(scope="session")
def built(folder: Path) -> Path:
    """A database on which every model, data test and unit test has run, renamed since."""
    outcome = _dbt(folder, WORLD, "build")
    failed = [f"{result.node.name}: {result.message}" for result in outcome.result or [] if result.status not in GOOD]
    assert outcome.success, failed or outcome.exception
    return (folder / "build.duckdb").rename(folder / "built.duckdb")


@pytest.fixture(scope="session")
def ask(built: Path) -> Iterator[Ask]:
    """Rows that the built database gives to a query."""
    with duckdb.connect(str(built), read_only=True) as connection:

        def rows(query: str, *parameters: Any) -> list[tuple[Any, ...]]:
            return connection.execute(query, list(parameters)).fetchall()

        yield rows


def _content(database: Path) -> dict[str, tuple[int, int]]:
    """Rows and an order-free hash of every table of schema marts."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
        ).fetchall()
        return {
            table: connection.execute(
                f"select count(*), coalesce(sum(hash(content)), 0) from marts.{table} as content"
            ).fetchone()
            for (table,) in tables
        }


def _columns(ask: Ask, relation: str) -> list[str]:
    return [name for name, *_ in ask(f"describe {relation}")]


# ---------------------------------------------------------------- knowledge time


def test_a_revised_and_mistaken_figure_tells_its_whole_history(ask: Ask) -> None:
    history = ask(
        """select value, known_from, known_to, version_number from analysis.observation_history
           where location_code = 'E06000001' and period_code = 'FY2022-23' order by version_number"""
    )
    assert history == [
        (160.0, datetime(2023, 11, 16, 9, 30), datetime(2025, 11, 27, 9, 30), 1),
        (161.0, datetime(2025, 11, 27, 9, 30), datetime(2026, 1, 10, 9, 30), 2),
        (999.0, datetime(2026, 1, 10, 9, 30), datetime(2026, 1, 12, 12, 0), 3),
        (161.0, datetime(2026, 1, 12, 12, 0), FOREVER, 4),
    ]


def test_an_authority_that_the_later_file_drops_counts_no_more(ask: Ask) -> None:
    in_force = ask(
        """select location_code from analysis.observations
           where location_name = 'North Yorkshire' and period_code = 'FY2022-23'"""
    )
    assert in_force == [("E06000065",)]


def test_a_slice_that_the_later_file_does_not_contain_stays_as_it_was(ask: Ask) -> None:
    stays = ask(
        """select value, submission_key from analysis.observations
           where return_code = 'dfe.children' and period_code = 'FY2021-22'"""
    )
    assert stays == [(150.0, CHILDREN_2023["submission_key"])]


def test_a_limit_filled_in_makes_a_version_and_a_renamed_column_makes_none(ask: Ask) -> None:
    versions = ask(
        """select location_code, count(*) from analysis.observation_history
           where location_code in ('E92000001', 'E06000065') and return_code = 'dfe.children'
             and known_from < timestamp '2026-01-01' group by all order by all"""
    )
    assert versions == [("E06000065", 1), ("E92000001", 2)]


def test_a_version_keeps_its_source_and_names_the_latest_submission_that_confirms_it(ask: Ask) -> None:
    source = ask(
        """select submission_key, confirmed_submission_key, source_column from analysis.observation_history
           where return_code = 'dfe.children' and location_code = 'E06000065' and version_number = 1"""
    )
    assert source == [(CHILDREN_2023["submission_key"], CHILDREN_2025["submission_key"], "rate")]


def test_a_file_that_speaks_for_its_return_withdraws_the_years_it_lacks(ask: Ask) -> None:
    years = ask(
        """select period_code, known_to from marts.fct_observation
           where return_code = 'ho.workforce' and version_number = 1 and population_group_code = 'Total'
             and location_key = 'police_force:E23000014' order by period_code"""
    )
    assert years == [("FY2020-21", WORKFORCE_2023["received_at"]), ("FY2021-22", FOREVER)]


def test_a_file_that_speaks_for_its_keys_leaves_the_cells_it_lacks(ask: Ask) -> None:
    cells = ask(
        """select location_code, value_status, submission_key = ? from analysis.observations
           where return_code = 'dfe.admissions' order by location_code""",
        ADMISSIONS_FINAL["submission_key"],
    )
    assert cells == [("E06000001", "", True), ("E92000001", "p", False)]


def test_at_no_time_does_a_cell_have_two_versions(ask: Ask) -> None:
    overlaps = ask(
        """select count(*) from marts.fct_observation as one join marts.fct_observation as other
           on one.observation_key = other.observation_key and one.version_number < other.version_number
           and one.known_to > other.known_from"""
    )
    assert overlaps == [(0,)]


# ---------------------------------------------------------------- places and groups


def test_one_code_at_two_levels_is_two_locations_with_their_own_names(ask: Ask) -> None:
    london = ask(
        """select location_level, location_name, region_name from marts.dim_location
           where location_code = 'E12000007' order by all"""
    )
    assert london == [
        ("region", "London", "London"),
        ("strategic_authority", "Greater London Authority", "London"),
    ]


def test_a_region_and_a_force_of_one_name_stay_apart(ask: Ask) -> None:
    officers = ask(
        """select location_level, value from analysis.observations
           where location_name = 'West Midlands' and category = 'Total' order by all"""
    )
    assert officers == [("police_force", 7200.0), ("region", 16000.0)]


def test_a_merged_authority_keeps_its_dates_and_knows_its_successor(ask: Ask) -> None:
    merged = ask(
        """select old.valid_to, old.is_current, new.location_code, new.valid_from,
                  succession_date, successor_count
           from marts.bridge_location_successor
           join marts.dim_location as old using (location_key)
           join marts.dim_location as new on new.location_key = successor_location_key
           where old.location_code = 'E10000023'"""
    )
    assert merged == [(date(2023, 3, 31), False, "E06000065", date(2023, 4, 1), date(2023, 4, 1), 1)]


def test_a_divided_authority_says_that_its_figures_cannot_be_moved_whole(ask: Ask) -> None:
    parts = ask(
        """select successor_location_key, successor_count from marts.bridge_location_successor
           where location_key = 'local_authority:E10000006' order by all"""
    )
    assert parts == [("local_authority:E06000063", 2), ("local_authority:E06000064", 2)]


def test_a_district_lies_in_its_county_region_and_force(ask: Ask) -> None:
    district = ask(
        """select upper_tier_name, region_name, police_force_name, country_name
           from marts.dim_location where location_code = 'E07000032'"""
    )
    assert district == [("Derbyshire", "East Midlands", "Derbyshire", "England")]


def test_a_location_no_reference_has_takes_the_name_it_was_last_sent_with(ask: Ask) -> None:
    trust = ask("select location_name, scheme, in_reference from marts.dim_location where location_code = 'ods:RJ1'")
    assert trust == [("Guy's and St Thomas'", "ods", False)]


def test_a_group_of_two_characteristics_is_shown_joined_in_the_order_of_their_codes(ask: Ask) -> None:
    groups = ask(
        """select characteristic, category, value from analysis.observations
           where return_code = 'ho.workforce' and category <> 'Total' order by all"""
    )
    assert groups == [("Deprivation decile (IMD 2019) × Sex", "1 × Female", 200.0), ("Sex", "Female", 2400.0)]


# ---------------------------------------------------------------- flat views


def test_observations_open_with_the_promised_columns_in_their_order(ask: Ask) -> None:
    assert _columns(ask, "analysis.observations")[: len(PROMISED_COLUMNS)] == PROMISED_COLUMNS


def test_the_history_opens_with_the_same_columns_and_then_says_when_it_was_known(ask: Ask) -> None:
    expected = [*PROMISED_COLUMNS, "known_from", "known_to", "version_number"]
    assert _columns(ask, "analysis.observation_history")[: len(expected)] == expected


def test_every_view_has_a_department(ask: Ask) -> None:
    views = ask("select view_name from duckdb_views() where schema_name = 'analysis'")
    assert len(views) == 22
    assert [view for (view,) in views if "department_code" not in _columns(ask, f"analysis.{view}")] == []


def test_observations_have_one_row_per_natural_key(ask: Ask) -> None:
    [(rows, keys)] = ask(f"select count(*), count(distinct ({NATURAL_KEY})) from analysis.observations")
    assert rows == keys > 0


def test_a_missing_value_is_never_zero_and_says_why(ask: Ask) -> None:
    missing = ask("select value, value_status from analysis.observations where location_code = 'ods:RJ1'")
    assert missing == [(None, "x")]


def test_revisions_say_what_happened_to_each_changed_cell(ask: Ask) -> None:
    revisions = ask(
        """select location_code, period_code, kind, first_value, latest_value, revision,
                  withdrawn_by_submission_key
           from analysis.revisions where kind <> 'reinstated' order by all"""
    )
    assert revisions == [
        ("E06000001", "FY2022-23", "revised", 160.0, 161.0, 1.0, None),
        ("E06000001", "FY2023-24", "status changed", 900.0, 900.0, 0.0, None),
        ("E10000023", "FY2022-23", "withdrawn", 40.0, None, None, CHILDREN_2025["submission_key"]),
        ("E23000014", "FY2020-21", "withdrawn", 7000.0, None, None, WORKFORCE_2023["submission_key"]),
    ]


def test_a_refused_file_is_listed_with_every_problem_and_changes_no_figure(ask: Ask) -> None:
    problems = ask(
        """select problem_number, found_value, submission_status from analysis.screening
           where submission_key = ? order by all""",
        CHILDREN_REFUSED["submission_key"],
    )
    assert problems == [(1, "abc", "refused"), (2, "E06999999", "refused")]
    figures = ask(
        "select count(*) from marts.fct_observation where submission_key = ?",
        CHILDREN_REFUSED["submission_key"],
    )
    assert figures == [(0,)]


def test_submissions_say_what_was_late_repeated_and_withdrawn(ask: Ask) -> None:
    status = ask(
        """select received_at, submission_status, days_late_count from analysis.submissions
           where return_code = 'dfe.children' order by received_at"""
    )
    assert [(str(received.date()), *rest) for received, *rest in status] == [
        ("2023-11-16", "accepted", None),
        ("2025-11-27", "accepted", 7),
        ("2026-01-10", "withdrawn", None),
        ("2026-02-01", "refused", None),
        ("2026-02-02", "repeat", None),
    ]


# ---------------------------------------------------------------- comparisons


def test_an_authority_is_compared_with_its_country_and_the_standard_and_equality_meets_it(ask: Ask) -> None:
    places = ask(
        """select location_name, value, benchmark_comparison, peer_rank, is_standard_met from analysis.standards
           where measure_code = 'dfe.out_of_work' and category = 'Total' and location_level = 'local_authority'
           order by peer_rank"""
    )
    assert places == [
        ("North Yorkshire", 4.0, "better", 1, True),
        ("Westmorland", 5.0, "similar", 2, True),
        ("Hartlepool", 12.0, "worse", 3, False),
    ]


def test_a_group_is_compared_with_the_reference_at_its_own_place(ask: Ask) -> None:
    gaps = ask(
        """select category_name, reference_category_code, absolute_gap, comparison from analysis.group_gaps
           where measure_code = 'dfe.out_of_work' and dimension = 'sex' order by category_code"""
    )
    assert gaps == [("Female", "male", -8.0, "better"), ("Male", "male", None, None)]


def test_counts_are_no_estimates_since_they_measure_size(ask: Ask) -> None:
    measures = ask("select distinct measure_code from analysis.estimates order by all")
    assert measures == [("dfe.looked_after_rate",), ("dfe.out_of_work",)]


# ---------------------------------------------------------------- the build as a whole


# The world of these tests derives nothing, and has no series long enough for a pattern.
EMPTY_HERE = {
    "derived_measures",
    "frontiers",
    "productivity",
    "revision_patterns",
    "spend_and_need",
    "value_for_money",
}


def test_views_work_in_a_file_with_another_name(built: Path, tmp_path: Path) -> None:
    copied = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(copied)) as release:
        release.execute(f"attach '{built}' as source (read_only)")
        for schema in ("marts", "analysis"):
            release.execute(f"create schema {schema}")
        for (table,) in release.execute(
            """select table_name from duckdb_tables()
               where database_name = 'source' and schema_name = 'marts'"""
        ).fetchall():
            release.execute(f"create table marts.{table} as from source.marts.{table}")
        views = release.execute(
            """select view_name, sql from duckdb_views()
               where database_name = 'source' and schema_name = 'analysis'"""
        ).fetchall()
        release.execute("detach source")
        for view, definition in views:
            release.execute(definition)
            filled = release.execute(f"select count(*) > 0 from analysis.{view}").fetchone()
            assert (view, filled) == (view, (view not in EMPTY_HERE,))


def test_the_same_world_in_another_order_builds_the_same_content(folder: Path, built: Path) -> None:
    assert _dbt(folder, {table: list(reversed(rows)) for table, rows in WORLD.items()}, "run").success
    assert _content(folder / "build.duckdb") == _content(built)


def test_an_observation_of_an_unknown_submission_stops_the_build(folder: Path) -> None:
    stray = {**OBSERVATIONS[0], "submission_key": "dfe.children.20240101T000000Z.ffffffff"}
    world = {**WORLD, "observations": [*OBSERVATIONS, stray]}
    outcome = _dbt(folder, world, "build", "--exclude-resource-type", "unit_test")
    failed = [result.node.name for result in outcome.result if result.status == "fail"]
    assert failed == ["assert_every_landed_observation_is_accounted_for"]
