"""`python -m benchmarks.comparisons [observations]`: time and memory of comparisons, on invented observations.

Contains a world with that many observations, and the time of the models that compare them. Not here: a refresh
(`benchmarks`), or checks of the comparisons (tests).
"""

import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from rich.console import Console
from rich.table import Table

from orchestration.foundation.settings import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "landing.yml"
PLACES, YEARS, MONTHS = 150, 20, 60


def lay_world(database: Path, observations: int) -> None:
    """Create the schema `landing` with that many observations.

    Yearly proportions and rates of 150 authorities, their regions and England by sex and deprivation, and monthly
    proportions of as many trusts.
    """
    [landing] = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    with duckdb.connect(str(database)) as con:
        con.execute("CREATE SCHEMA landing")
        for table in landing["tables"]:
            columns = ", ".join(f'"{column["name"]}" {column["data_type"]}' for column in table["columns"])
            con.execute(f"CREATE TABLE landing.{table['name']} ({columns})")
        con.execute(_WORLD)
        # Eight groups: all people, two sexes, five quintiles.
        yearly = max(1, round(observations * 0.7 / ((PLACES + 10) * YEARS * 8)))
        monthly = max(1, round(observations * 0.3 / (PLACES * MONTHS)))
        con.execute(_YEARLY.format(measures=yearly, places=PLACES, years=YEARS))
        con.execute(_MONTHLY.format(measures=monthly, places=PLACES, months=MONTHS))


_WORLD = """
INSERT INTO landing.departments VALUES ('dfe', 'Department');
INSERT INTO landing.returns BY NAME SELECT 'dfe.bench' AS return_code, 'Bench' AS return_name, 'dfe' AS department_code,
    'Owner' AS owner_name, 'owner@example.gov.uk' AS owner_email, 'annual' AS cadence, 'slice' AS speaks_for,
    1.0 AS burden_hours, 'bench' AS contract_version, 'Bench' AS description, 'E92000001' AS covers_code;
INSERT INTO landing.submissions BY NAME SELECT 'dfe.bench.1' AS submission_key, 'dfe.bench' AS return_code,
    'dfe' AS department_code, 'bench.csv' AS file_name, repeat('0', 64) AS sha256, 1 AS size_bytes,
    TIMESTAMP '2024-01-01' AS received_at, TIMESTAMP '2024-01-01' AS landed_at, 'accepted' AS outcome,
    'bench' AS contract_version, 0 AS error_count, 0 AS warning_count;
INSERT INTO landing.gss_entities VALUES ('E92', 'country', 'country', 'England'),
    ('E12', 'region', 'region', 'Regions'), ('E06', 'local_authority', 'unitary_authority', 'Authorities');
INSERT INTO landing.ref_ltla_region BY NAME SELECT printf('E06%06d', place) AS ltla24_code,
    'Place ' || place AS ltla24_name, printf('E12%06d', place % 9 + 1) AS region24_code,
    'Region ' || (place % 9 + 1) AS region24_name
    FROM range(150) AS t(place);
INSERT INTO landing.ref_imd2019 BY NAME SELECT printf('E06%06d', place) AS ltla23_code, place::VARCHAR AS score
    FROM range(150) AS t(place);
INSERT INTO landing.characteristics VALUES ('sex', 'sex', false, NULL, '', 0),
    ('deprivation_quintile', 'deprivation', true, NULL, '', 0);
"""
_CELL = """
INSERT INTO landing.observations BY NAME
SELECT 'dfe.bench.1' AS submission_key, 'dfe.bench' AS return_code, 'dfe' AS department_code,
       TIMESTAMP '2024-01-01' AS received_at, 'Total' AS service_line, '' AS numerator_status,
       '' AS denominator_status, '' AS value_status, 1 AS source_row, 'value' AS source_column,
       100 * numerator / denominator AS value, *
"""
_YEARLY = (
    """
INSERT INTO landing.measures BY NAME SELECT 'dfe.yearly_' || m AS measure_code, 'Yearly ' || m AS measure_name,
    'dfe.bench' AS return_code, 'dfe' AS department_code, 'standards' AS domain, '%' AS unit,
    CASE m % 2 WHEN 0 THEN 'proportion' ELSE 'rate' END AS value_type, 'low' AS polarity, 100.0 AS multiplier,
    'ratio' AS aggregation, 'contract' AS source FROM range({measures}) AS t(m);
"""
    + _CELL
    + """FROM (
    SELECT 'dfe.yearly_' || m AS measure_code,
           CASE WHEN p = {places} THEN 'E92000001' WHEN p > {places} THEN printf('E12%06d', p - {places})
                ELSE printf('E06%06d', p) END AS location_code,
           CASE WHEN p = {places} THEN 'country' WHEN p > {places} THEN 'region' ELSE 'local_authority' END
               AS location_level,
           'Place ' || p AS location_name, 'CY' || (2000 + y) AS period_code, make_date(2000 + y, 1, 1) AS period_start,
           make_date(2000 + y, 12, 31) AS period_end, 'CY' AS period_kind,
           CASE WHEN g = 0 THEN 'Total' WHEN g < 3 THEN 'sex=' || g ELSE 'deprivation_quintile=' || (g - 2) END
               AS population_group_code,
           CASE WHEN g = 0 THEN [] WHEN g < 3 THEN [{{'characteristic_code': 'sex', 'characteristic_name': 'Sex',
                    'category_code': g::VARCHAR, 'category_name': g::VARCHAR}}]
                ELSE [{{'characteristic_code': 'deprivation_quintile', 'characteristic_name': 'Deprivation quintile',
                    'category_code': (g - 2)::VARCHAR, 'category_name': (g - 2)::VARCHAR}}] END AS members,
           (hash(m, p, y, g) % 400)::DOUBLE AS numerator, (1000 + hash(m, p, g) % 4000)::DOUBLE AS denominator
    FROM range({measures}) AS a(m), range({places} + 10) AS b(p), range({years}) AS c(y), range(8) AS d(g))
"""
)
_MONTHLY = (
    """
INSERT INTO landing.measures BY NAME SELECT 'dfe.monthly_' || m AS measure_code, 'Monthly ' || m AS measure_name,
    'dfe.bench' AS return_code, 'dfe' AS department_code, 'standards' AS domain, '%' AS unit,
    'proportion' AS value_type, 'low' AS polarity, 100.0 AS multiplier,
    'ratio' AS aggregation, 'contract' AS source FROM range({measures}) AS t(m);
"""
    + _CELL
    + """FROM (
    SELECT 'dfe.monthly_' || m AS measure_code, 'ods:T' || p AS location_code, 'nhs_trust' AS location_level,
           'Trust ' || p AS location_name, strftime(first, '%Y-%m') AS period_code, first AS period_start,
           last_day(first) AS period_end, 'month' AS period_kind, 'Total' AS population_group_code, [] AS members,
           (hash(m, p, n) % 400)::DOUBLE AS numerator, (1000 + hash(m, p) % 4000)::DOUBLE AS denominator
    FROM range({measures}) AS a(m), range({places}) AS b(p), range({months}) AS c(n),
         LATERAL (SELECT (DATE '2018-01-01' + to_months(n::INTEGER))::DATE AS first))
"""
)


def main() -> None:
    """Build the star schema of the world once, and add up the time of the models that compare."""
    observations = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "build.duckdb"
        lay_world(database, observations)
        os.environ["OVERSIGHT_BUILD_DATABASE"] = str(database)
        project = str(PROJECT_ROOT / "dbt_project")
        words = ["--quiet", "--log-path", folder, "run", "--project-dir", project, "--profiles-dir", project]
        done = dbtRunner().invoke([*words, "--target-path", str(Path(folder) / "target")])
        if not done.success:
            raise SystemExit(f"dbt could not build: {done.exception or [r.message for r in done.result if r.message]}")
        results = json.loads((Path(folder) / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
        manifest = json.loads((Path(folder) / "target" / "manifest.json").read_text(encoding="utf-8"))
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        with duckdb.connect(str(database), read_only=True) as con:
            counted = con.execute("SELECT count(*) FROM marts.fct_observation").fetchone()
    seconds = {row["unique_id"]: row["execution_time"] for row in results}
    fact = "model.oversight.fct_observation"
    below, found = {fact}, True
    while found:
        found = {key for key, parents in manifest["parent_map"].items() if key not in below and below & set(parents)}
        below |= found
    compared = {key: seconds[key] for key in below - {fact} if key in seconds}
    table = Table(title=f"{counted[0] if counted else 0:,} observations", title_justify="left")
    for column in ("model", "s", "/ fct_observation"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for key, took in sorted(compared.items(), key=lambda item: -item[1])[:12]:
        table.add_row(key.rpartition(".")[2], f"{took:.1f}", f"{took / seconds[fact]:.2f}")
    total = sum(compared.values())
    table.add_row("all that compares", f"{total:.1f}", f"{total / seconds[fact]:.2f}")
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory: {peak:,.0f} MB", highlight=False)


if __name__ == "__main__":
    main()
