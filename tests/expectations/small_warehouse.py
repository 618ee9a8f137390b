"""A warehouse small enough to read: two departments, six submissions and a dozen observations, all correct.

Contains the numbers, and the tables with the columns declared in the dbt project. Not here: expectations. The tables
have no constraints, so that a test can break any rule.
"""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import yaml

from orchestration.foundation.database import connect
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.store.candidate import Candidate, make_candidate
from orchestration.warehouse.store.fingerprint import fingerprint
from orchestration.warehouse.store.verdict import SuiteVerdict, Verdict, write_verdict
from tests.expectations import small_comparisons, small_money

MODELS = PROJECT_ROOT / "dbt_project" / "models"

ROWS = """
INSERT INTO marts.dim_department BY NAME
FROM (VALUES ('dfe', 'Department for Education'), ('ons', 'Office for National Statistics'))
    AS t(department_code, department_name);

INSERT INTO marts.dim_return BY NAME
SELECT *, split_part(return_code, '.', 1) AS department_code, 'Statistics team' AS owner_name,
       'statistics@example.gov.uk' AS owner_email, 'annual' AS cadence, 'slice' AS speaks_for,
       4.0 AS burden_hours, '0123456789ab' AS contract_version
FROM (VALUES ('dfe.children', 'Children looked after'), ('ons.life', 'Healthy life expectancy'))
    AS t(return_code, return_name);

INSERT INTO marts.dim_submission BY NAME
SELECT *, split_part(submission_key, '.', 1) || '.' || split_part(submission_key, '.', 2) AS return_code,
       split_part(submission_key, '.', 1) AS department_code, repeat('0', 64) AS sha256,
       'figures.csv' AS file_name,
       coalesce(if(withdrawn_at IS NOT NULL, 'withdrawn', NULL), outcome) AS submission_status,
       '2025-06-01'::TIMESTAMP AS landed_at, received_at::DATE - 10 AS due_date, true AS is_late,
       10 AS days_late_count, 9 AS row_count, '0123456789ab' AS contract_version
FROM (VALUES
    ('dfe.children.20240101T090000Z.aaaaaaaa', '2024-01-01 09:00'::TIMESTAMP, 'accepted', NULL::TIMESTAMP,
     NULL, 7, 5, 5, 1, 1, 0, 0, 2),
    ('dfe.children.20250101T090000Z.bbbbbbbb', '2025-01-01 09:00', 'accepted', NULL, NULL,
     4, 4, 4, 0, 0, 0, 0, 0),
    ('ons.life.20240601T090000Z.cccccccc', '2024-06-01 09:00', 'accepted', NULL, NULL,
     5, 4, 2, 0, 0, 1, 0, 0),
    ('ons.life.20250201T090000Z.dddddddd', '2025-02-01 09:00', 'refused', NULL, NULL,
     0, 0, 0, 0, 0, 0, 1, 0),
    ('ons.life.20250301T090000Z.eeeeeeee', '2025-03-01 09:00', 'accepted', '2025-03-02 09:00', 'Wrong year.',
     1, 1, 1, 0, 0, 0, 0, 0),
    ('ons.life.20250401T090000Z.ffffffff', '2025-04-01 09:00', 'repeat', NULL, NULL,
     0, 0, 0, 0, 0, 0, 0, 0)
) AS t(submission_key, received_at, outcome, withdrawn_at, withdrawal_reason, cell_count, observation_count,
       value_count, collapsed_count, filtered_count, unreadable_period_count, error_count, warning_count);

INSERT INTO marts.dim_measure BY NAME
SELECT *, split_part(measure_code, '.', 1) AS department_code, 'standards' AS domain, 'high' AS polarity,
       'none' AS aggregation, 0.9 AS minimum_coverage, 'As published.' AS definition, 'contract' AS definition_source
FROM (VALUES
    ('dfe.in_school', 'In school', 'dfe.children', '%', 'proportion', 100.0, '2020-01-01'::DATE,
     '2030-01-01'::DATE),
    ('dfe.children_count', 'Children', 'dfe.children', 'children', 'count', 1.0, NULL, NULL),
    ('ons.healthy_years', 'Healthy years', 'ons.life', 'years', 'mean', 1.0, NULL, NULL),
    ('ons.survival_ratio', 'Survivors of those expected', 'ons.life', 'England = 100', 'ratio', 100.0, NULL, NULL)
) AS t(measure_code, measure_name, return_code, unit, value_type, multiplier, valid_from, valid_to);

INSERT INTO marts.dim_location BY NAME
SELECT *, location_level || ':' || location_code AS location_key, location_level AS location_type,
       if(contains(location_code, ':'), 'ods', 'gss') AS scheme, 'E92000001' AS country_code,
       'England' AS country_name, valid_to IS NULL AS is_current, true AS in_reference
FROM (VALUES
    ('E92000001', 'country', 'England', NULL, NULL::DATE, NULL::DATE),
    ('E12000003', 'region', 'Yorkshire and The Humber', 'E12000003', NULL, NULL),
    ('E10000023', 'local_authority', 'North Yorkshire County', 'E12000003', '1974-04-01', '2023-03-31'),
    ('E06000065', 'local_authority', 'North Yorkshire', 'E12000003', '2023-04-01', NULL),
    ('E06000014', 'local_authority', 'York', 'E12000003', '1996-04-01', NULL),
    ('ods:RJ1', 'nhs_trust', 'A trust', NULL, NULL, NULL)
) AS t(location_code, location_level, location_name, region_code, valid_from, valid_to);

INSERT INTO marts.bridge_location_successor BY NAME
SELECT 'local_authority:E10000023' AS location_key, 'local_authority:E06000065' AS successor_location_key,
       '2023-04-01'::DATE AS succession_date, 1 AS successor_count;

INSERT INTO marts.bridge_location_territory BY NAME
SELECT *, 'E06000065' AS territory_code, 'North Yorkshire' AS territory_name,
       'local_authority:E06000065' AS territory_location_key, 'upper' AS tier, 1 AS member_count
FROM (VALUES (1, 'local_authority:E10000023', NULL, '2023-03-31'::DATE),
             (2, 'local_authority:E06000065', '2023-04-01'::DATE, NULL))
    AS t(generation_number, location_key, valid_from, valid_to);

INSERT INTO marts.dim_period BY NAME
SELECT *, period_code AS period_label, period_end - period_start + 1 AS period_day_count
FROM (VALUES ('FY2022-23', 'FY', '2022-04-01'::DATE, '2023-03-31'::DATE),
             ('FY2021-22', 'FY', '2021-04-01', '2022-03-31'),
             ('2024-03', 'month', '2024-03-01', '2024-03-31'),
             ('CY2020-22', 'CY_span', '2020-01-01', '2022-12-31'))
    AS t(period_code, period_kind, period_start, period_end);

INSERT INTO marts.bridge_population_group_member BY NAME
FROM (VALUES ('sex=male', 1, 'sex', 'Sex', 'male', 'Male'),
             ('age=0_to_4;sex=male', 1, 'age', 'Age', '0_to_4', '0 to 4'),
             ('age=0_to_4;sex=male', 2, 'sex', 'Sex', 'male', 'Male'))
    AS t(population_group_code, member_number, characteristic_code, characteristic_name, category_code,
         category_name);

INSERT INTO marts.dim_population_group BY NAME
FROM (VALUES ('Total', 'Total', 'Total', 0), ('sex=male', 'Sex', 'Male', 1),
             ('age=0_to_4;sex=male', 'Age × Sex', '0 to 4 × Male', 2))
    AS t(population_group_code, characteristic, category, member_count);

INSERT INTO marts.dim_service_line BY NAME
FROM (VALUES ('Total', true), ('Inpatient', false)) AS t(service_line, is_total);

INSERT INTO marts.fct_observation BY NAME
SELECT cells.* REPLACE (coalesce(known_to::TIMESTAMP, '9999-12-31') AS known_to),
       submissions.received_at AS known_from,
       submissions.return_code, submissions.department_code, submission_key AS confirmed_submission_key,
       row_number() OVER () + 1 AS source_row, 'rate' AS source_column
FROM (VALUES
    -- York was revised; the county that went is withdrawn; a note alone makes no version.
    (1, 1, 'dfe.children.20240101T090000Z.aaaaaaaa', '2025-01-01 09:00', 'dfe.in_school',
     'local_authority:E06000014', 'FY2022-23', 'Total', 'Total', 10.0, 40.0, 25.0, '', NULL, NULL, NULL, NULL),
    (1, 2, 'dfe.children.20250101T090000Z.bbbbbbbb', NULL, 'dfe.in_school', 'local_authority:E06000014',
     'FY2022-23', 'Total', 'Total', 12.0, 40.0, 30.0, 'r', NULL, NULL, NULL, NULL),
    (2, 1, 'dfe.children.20240101T090000Z.aaaaaaaa', '2025-01-01 09:00', 'dfe.in_school',
     'local_authority:E10000023', 'FY2022-23', 'Total', 'Total', 5.0, 50.0, 10.0, '', NULL, NULL, NULL, NULL),
    (3, 1, 'dfe.children.20240101T090000Z.aaaaaaaa', NULL, 'dfe.in_school', 'local_authority:E06000065',
     'FY2022-23', 'Total', 'Total', 5.0, 50.0, 10.0, '', NULL, NULL, NULL, NULL),
    (4, 1, 'dfe.children.20240101T090000Z.aaaaaaaa', NULL, 'dfe.in_school', 'local_authority:E06000014',
     'FY2022-23', 'sex=male', 'Total', 4.0, 20.0, 20.0, '', NULL, NULL, NULL, NULL),
    (5, 1, 'dfe.children.20240101T090000Z.aaaaaaaa', NULL, 'dfe.children_count', 'local_authority:E06000014',
     'FY2022-23', 'age=0_to_4;sex=male', 'Total', NULL, NULL, 7.0, '', NULL, NULL, NULL, NULL),
    (6, 1, 'ons.life.20240601T090000Z.cccccccc', NULL, 'ons.healthy_years', 'country:E92000001',
     'CY2020-22', 'Total', 'Total', NULL, NULL, 62.5, '', 62.0, 63.0, 61.5, 63.5),
    (7, 1, 'ons.life.20240601T090000Z.cccccccc', NULL, 'ons.healthy_years', 'nhs_trust:ods:RJ1',
     '2024-03', 'Total', 'Inpatient', NULL, NULL, NULL, 'x', NULL, NULL, NULL, NULL),
    (8, 1, 'ons.life.20240601T090000Z.cccccccc', NULL, 'ons.healthy_years', 'region:E12000003',
     'CY2020-22', 'Total', 'Total', NULL, NULL, 61.0, '', 60.0, 62.0, NULL, NULL),
    (9, 1, 'ons.life.20240601T090000Z.cccccccc', NULL, 'ons.healthy_years', 'local_authority:E06000014',
     'CY2020-22', 'Total', 'Total', NULL, NULL, NULL, 'c', NULL, NULL, NULL, NULL)
) AS cells(observation_key, version_number, submission_key, known_to, measure_code, location_key, period_code,
           population_group_code, service_line, numerator, denominator, value, value_status, lower_95,
           upper_95, lower_99_8, upper_99_8)
JOIN marts.dim_submission AS submissions USING (submission_key);

INSERT INTO marts.fct_screening BY NAME
SELECT 'ons.life.20250201T090000Z.dddddddd' AS submission_key, 1 AS problem_number, 'ons' AS department_code,
       'ons.life' AS return_code, 'content' AS stage, 'number.unreadable' AS rule, 'error' AS severity,
       1 AS occurrence_count, 'Row 3 has text in a number.' AS message, 'Correct the cell.' AS remedy;

INSERT INTO marts.fct_revision BY NAME
SELECT firsts.observation_key, firsts.department_code, firsts.return_code, firsts.measure_code,
       firsts.location_key, firsts.period_code, firsts.population_group_code, firsts.service_line,
       if(lasts.version_number = 2, 'revised', 'withdrawn') AS kind, lasts.version_number AS version_count,
       firsts.value AS first_value, firsts.known_from AS first_known_from,
       firsts.value AS previous_value, firsts.known_from AS previous_known_from,
       if(kind = 'revised', lasts.value, NULL) AS latest_value,
       if(kind = 'revised', lasts.known_from, NULL) AS latest_known_from,
       latest_value - first_value AS revision, if(kind = 'withdrawn', firsts.known_to, NULL) AS withdrawn_at
FROM marts.fct_observation AS firsts JOIN marts.fct_observation AS lasts USING (observation_key)
WHERE observation_key IN (1, 2) AND firsts.version_number = 1
QUALIFY row_number() OVER (PARTITION BY observation_key ORDER BY lasts.version_number DESC) = 1;

-- York alone was reported again: raised by a fifth.
INSERT INTO marts.fct_revision_summary BY NAME
SELECT 1 AS revision_summary_key, 'measure' AS summary_level, 'dfe' AS department_code, 'dfe.children' AS return_code,
       'dfe.in_school' AS measure_code, 1 AS cell_count, 1 AS revised_count, 1 AS upward_count, 0 AS downward_count,
       5.0 AS mean_revision, 5.0 AS mean_absolute_revision, 20.0 AS mean_revision_pct,
       20.0 AS mean_absolute_revision_pct;

-- As if York's series were longer and each period of it had been raised by a fifth.
INSERT INTO marts.fct_revision_pattern BY NAME
SELECT 1 AS revision_pattern_key, department_code, return_code, measure_code, location_key, population_group_code,
       service_line, submission_key, known_from, 3 AS changed_period_count, 3 AS period_count, 1.2 AS factor,
       1.19 AS lowest_factor, 1.21 AS highest_factor, false AS has_same_numerators, 1 AS revised_series_count,
       'probable change of denominator' AS pattern
FROM marts.fct_observation WHERE observation_key = 1 AND version_number = 2;

CREATE VIEW analysis.observations AS
SELECT cells.*, measures.measure_name, places.location_code, places.location_level, places.location_name,
       groups.characteristic, groups.category
FROM marts.fct_observation AS cells
LEFT JOIN marts.dim_measure AS measures USING (measure_code)
LEFT JOIN marts.dim_location AS places USING (location_key)
LEFT JOIN marts.dim_population_group AS groups USING (population_group_code)
WHERE known_to = TIMESTAMP '9999-12-31';
"""


def mart_columns() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each table of schema marts with its columns (name, type), as the dbt project declares them."""
    published = [path for path in MODELS.rglob("*.yml") if path.stem.startswith(("dim_", "bridge_", "fct_"))]
    for path in sorted(published, key=lambda path: path.stem):
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]:
            yield model["name"], [(column["name"], column["data_type"]) for column in model["columns"]]


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the small warehouse in an empty database."""
    connection.execute("CREATE SCHEMA marts; CREATE SCHEMA analysis")
    for mart, columns in mart_columns():
        listed = ", ".join(f"{name} {data_type}" for name, data_type in columns)
        connection.execute(f"CREATE TABLE marts.{mart} ({listed})")
    connection.execute(ROWS)
    connection.execute(small_comparisons.ROWS)
    connection.execute(small_money.ROWS)


@cache
def _filled() -> bytes:
    """The small warehouse as a file, made once for all tests."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "build.duckdb"
        with duckdb.connect(str(path)) as connection:
            fill(connection)
        return path.read_bytes()


def build(settings: Settings, change: str = "") -> str:
    """Build build.duckdb again, with `change` (SQL) applied to the small warehouse; return its fingerprint."""
    for leftover in settings.build.glob("build.duckdb*"):
        leftover.unlink()
    settings.build.mkdir(parents=True, exist_ok=True)
    settings.build_database.write_bytes(_filled())
    with connect(settings.build_database, settings) as connection:
        connection.execute(change or "SELECT 1")
    return fingerprint(settings.build_database, settings).value


def candidate(settings: Settings, release_id: str, change: str = "") -> Candidate:
    """Build again and make a candidate."""
    build(settings, change)
    return make_candidate(settings, release_id)


@cache
def _made(change: str) -> tuple[bytes, str]:
    """The file of a candidate, made once for all tests that ask for this change, and its fingerprint."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        made = candidate(settings, "made", change)
        return made.database.read_bytes(), fingerprint(made.database, settings).value


def passed_candidate(settings: Settings, release_id: str, change: str = "") -> str:
    """A candidate with a verdict that lets it pass, without the seconds that making and judging one takes."""
    database, seen = _made(change)
    folder = settings.candidates / release_id
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_bytes(database)
    checked = (SuiteVerdict("dim_return", "marts.dim_return", 1),)
    write_verdict(folder, Verdict(release_id, seen, checked, None, "none", duckdb.__version__, "2026-01-01T00:00:00Z"))
    return release_id
