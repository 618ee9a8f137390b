"""Equal numbers have equal fingerprints; any other number, name or definition has another."""

from pathlib import Path

import pytest

from orchestration.foundation.database import connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import make_candidate
from orchestration.warehouse.store.fingerprint import RUN_METADATA, fingerprint
from tests.expectations import small_warehouse


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


def test_the_same_numbers_built_twice_have_one_fingerprint(settings: Settings) -> None:
    assert small_warehouse.build(settings) == small_warehouse.build(settings)


def test_the_order_of_rows_does_not_count(settings: Settings) -> None:
    reversed_rows = """CREATE TABLE marts.turned AS FROM marts.fct_observation ORDER BY observation_key DESC;
        DELETE FROM marts.fct_observation; INSERT INTO marts.fct_observation FROM marts.turned;
        DROP TABLE marts.turned"""
    assert small_warehouse.build(settings, reversed_rows) == small_warehouse.build(settings)


def test_the_day_of_landing_does_not_count(settings: Settings) -> None:
    later = "UPDATE marts.dim_submission SET landed_at = '2030-01-01'"
    assert small_warehouse.build(settings, later) == small_warehouse.build(settings)


def test_every_column_left_out_has_its_reason() -> None:
    assert all(reason for reason in RUN_METADATA.values())


def test_a_candidate_has_the_fingerprint_of_its_build(settings: Settings) -> None:
    built = small_warehouse.build(settings)
    assert fingerprint(make_candidate(settings, "r1").database, settings).value == built


def test_the_thread_count_does_not_count(settings: Settings) -> None:
    built = small_warehouse.build(settings)
    alone = settings.model_copy(update={"threads": 1})
    assert fingerprint(settings.build_database, alone).value == built


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE marts.fct_observation SET value = 25.000000000000004 WHERE value = 25",
        "UPDATE marts.fct_observation SET value_status = 'c' WHERE value_status = 'x'",
        "UPDATE marts.dim_location SET location_name = 'Yorke' WHERE location_name = 'York'",
        "INSERT INTO marts.dim_service_line FROM marts.dim_service_line WHERE service_line = 'Inpatient' LIMIT 1",
        """INSERT INTO marts.dim_service_line
           SELECT * FROM marts.dim_service_line, range(2) AS t(i) WHERE NOT is_total""".replace(
            "SELECT *", "SELECT * EXCLUDE (i)"
        ),
        "DELETE FROM marts.fct_screening",
        "ALTER TABLE marts.dim_department ADD COLUMN note VARCHAR",
        "ALTER TABLE marts.dim_department RENAME department_name TO name",
        "CREATE TABLE marts.more AS SELECT 1 AS one",
        "CREATE VIEW analysis.more AS SELECT 1 AS one",
        "CREATE MACRO analysis.more(x) AS x + 1",
        "CREATE OR REPLACE VIEW analysis.observations AS FROM marts.fct_observation WHERE value > 0",
    ],
)
def test_any_change_of_what_is_said_changes_the_fingerprint(settings: Settings, change: str) -> None:
    assert small_warehouse.build(settings, change) != small_warehouse.build(settings)


def test_swapping_two_values_between_rows_or_columns_changes_the_fingerprint(settings: Settings) -> None:
    plain = small_warehouse.build(settings)
    rows = "UPDATE marts.fct_observation SET value = CASE value WHEN 20 THEN 7 WHEN 7 THEN 20 ELSE value END"
    columns = "UPDATE marts.fct_observation SET lower_95 = upper_95, upper_95 = lower_95"
    assert len({plain, small_warehouse.build(settings, rows), small_warehouse.build(settings, columns)}) == 3


def test_a_pair_of_equal_rows_does_not_cancel_out(settings: Settings) -> None:
    pair = "INSERT INTO marts.dim_service_line FROM (VALUES ('{0}', false), ('{0}', false))"
    assert small_warehouse.build(settings, pair.format("a")) != small_warehouse.build(settings, pair.format("b"))


def test_only_the_table_that_changed_gets_another_fingerprint_of_its_own(settings: Settings) -> None:
    small_warehouse.build(settings)
    before = fingerprint(settings.build_database, settings).tables
    small_warehouse.build(settings, "DELETE FROM marts.fct_screening")
    after = fingerprint(settings.build_database, settings).tables
    assert [name for name in before if before[name] != after[name]] == ["marts.fct_screening"]


def test_schemas_that_are_not_published_do_not_count(settings: Settings) -> None:
    more = "CREATE SCHEMA staging; CREATE TABLE staging.more AS SELECT 1 AS one"
    assert small_warehouse.build(settings, more) == small_warehouse.build(settings)


def test_an_empty_database_has_no_fingerprint(settings: Settings) -> None:
    with connect(settings.build_database, settings) as connection:
        connection.execute("CREATE SCHEMA marts")
    with pytest.raises(OversightError, match="no table in the schemas marts and analysis"):
        fingerprint(settings.build_database, settings)
