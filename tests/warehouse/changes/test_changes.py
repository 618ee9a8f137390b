"""changes.parquet lists each observation that differs from the previous release."""

from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.warehouse.changes.change_list import write_changes
from orchestration.warehouse.publishing.promotion import publish
from tests.expectations.small_warehouse import passed_candidate as passed


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


def changes(settings: Settings, change: str, columns: str) -> list[tuple[object, ...]]:
    """Publish the small warehouse, then the same with `change`, and read what the second one changed."""
    publish(settings, passed(settings, "r1"))
    folder = publish(settings, passed(settings, "r2", change)).folder
    return duckdb.sql(f"SELECT {columns} FROM '{folder}/changes.parquet' ORDER BY ALL").fetchall()


def test_the_first_release_has_nothing_to_be_compared_with(settings: Settings) -> None:
    published = publish(settings, passed(settings, "r1"))
    assert published.changes == {}
    assert duckdb.sql(f"SELECT count(*) FROM '{published.folder}/changes.parquet'").fetchall() == [(0,)]


def test_the_same_numbers_again_change_nothing(settings: Settings) -> None:
    assert changes(settings, "", "*") == []


def test_added_revised_and_withdrawn_cells_are_told_with_old_and_new(settings: Settings) -> None:
    found = changes(
        settings,
        """UPDATE marts.fct_observation SET numerator = 13, value = 32.5, submission_key = 'dfe.children.later'
           WHERE observation_key = 1 AND version_number = 2;
           UPDATE marts.fct_observation SET known_to = '2025-01-01 09:00' WHERE observation_key = 4;
           INSERT INTO marts.fct_observation SELECT * REPLACE (99 AS observation_key, 'FY2023-24' AS period_code)
           FROM marts.fct_observation WHERE observation_key = 3""",
        "change, measure_code, location_code, period_code, category, old_value, new_value, old_numerator, "
        "new_numerator, right(old_submission_key, 8), right(new_submission_key, 5)",
    )
    assert found == [
        ("added", "dfe.in_school", "E06000065", "FY2023-24", "Total", None, 10.0, None, 5.0, None, "aaaaa"),
        ("revised", "dfe.in_school", "E06000014", "FY2022-23", "Total", 30.0, 32.5, 12.0, 13.0, "bbbbbbbb", "later"),
        ("withdrawn", "dfe.in_school", "E06000014", "FY2022-23", "Male", 20.0, None, 4.0, None, "aaaaaaaa", None),
    ]


@pytest.mark.parametrize(
    "figure",
    [
        "numerator = 1",
        "denominator = 90",
        "value = 61",
        "value = NULL",
        "value_status = 'r'",
        "lower_95 = NULL",
        "upper_95 = 62.9",
        "lower_99_8 = 61.4",
        "upper_99_8 = 63.6",
    ],
)
def test_a_change_in_any_figure_status_or_limit_is_a_revision(settings: Settings, figure: str) -> None:
    change = f"UPDATE marts.fct_observation SET {figure} WHERE observation_key = 6"
    assert changes(settings, change, "change, location_code") == [("revised", "E92000001")]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE marts.fct_observation SET note = 'A note', source_row = 99",
        "UPDATE marts.dim_location SET location_name = 'Yorke'",
        "UPDATE marts.fct_observation SET submission_key = 'ons.life.again' WHERE return_code = 'ons.life'",
    ],
)
def test_a_note_a_name_or_the_same_figure_in_a_later_file_is_no_change(settings: Settings, change: str) -> None:
    assert changes(settings, change, "*") == []


def test_a_great_many_changes_need_no_great_memory(settings: Settings, tmp_path: Path) -> None:
    tight = settings.model_copy(update={"memory_limit": "400MB", "threads": 1})
    files = []
    for name, shift in (("old", 0), ("new", 1)):
        files.append(tmp_path / f"{name}.duckdb")
        with connect(files[-1], tight) as connection:
            connection.execute(
                f"""CREATE SCHEMA analysis; CREATE SCHEMA marts;
                CREATE TABLE marts.cells AS SELECT 'dfe' AS department_code, 'dfe.children' AS return_code,
                    'dfe.a_measure_with_a_long_name' AS measure_code, 'E' || lpad(n::VARCHAR, 8, '0') AS location_code,
                    'local_authority' AS location_level, 'FY2022-23' AS period_code, 'Total' AS characteristic,
                    'Total' AS category, 'Total' AS service_line, n::DOUBLE AS numerator, 1.0 AS denominator,
                    (n + {shift} * (n % 1000 = 0)::INT)::DOUBLE AS value, '' AS value_status, 0.0 AS lower_95,
                    1.0 AS upper_95, 0.0 AS lower_99_8, 1.0 AS upper_99_8, 'dfe.children.{name}' AS submission_key
                FROM range({shift * 1000}, 500000 + {shift * 1000}) AS t(n);
                CREATE VIEW analysis.observations AS FROM marts.cells;
                CREATE TABLE marts.dim_submission AS SELECT 'dfe.children.{name}' AS submission_key,
                    'dfe.children' AS return_code, TIMESTAMP '2025-01-01' AS received_at, false AS is_late,
                    'accepted' AS submission_status;
                CREATE TABLE marts.dim_return AS SELECT 'dfe.children' AS return_code, '1' AS contract_version;
                CREATE TABLE marts.dim_measure AS SELECT 'dfe.a_measure_with_a_long_name' AS measure_code, '%' AS unit,
                    'mean' AS value_type, 1.0 AS multiplier, 'none' AS polarity, 'none' AS aggregation,
                    '' AS definition"""
            )
    old, new = files
    found = write_changes(tight, new, old, tmp_path / "changes.parquet")
    assert found.by_kind == {"added": 1000, "revised": 499, "withdrawn": 1000}
    assert found.by_cause == {"new submission": 2499}
