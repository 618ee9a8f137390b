"""dbt inside the refresh: what became of its nodes, and one sentence on what went wrong."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.build.star import _failure, build_star

DEPARTMENTS = "CREATE TABLE landing.departments AS SELECT 'ho' AS department_code, 'Home Office' AS department_name"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "var")
    (settings.build / "dbt").mkdir(parents=True)
    return settings


def built(settings: Settings, sql: str = "SELECT 1") -> tuple[list[dict[str, Any]], OversightError | None]:
    """Build one model over a schema `landing` that `sql` makes."""
    with duckdb.connect(str(settings.build_database)) as con:
        con.execute(f"CREATE SCHEMA landing; {sql}")
    return build_star(settings, settings.build / "dbt", ["--select", "stg_departments"])


def test_a_build_leaves_its_results_its_log_and_an_event_for_each_node(settings: Settings) -> None:
    events, failure = built(settings, DEPARTMENTS)
    assert failure is None
    assert [e["data"]["node_info"]["unique_id"] for e in events if e["info"]["name"] == "LogModelResult"] == [
        "model.oversight.stg_departments"
    ]
    results = json.loads((settings.build / "dbt" / "run_results.json").read_text(encoding="utf-8"))
    assert [result["status"] for result in results["results"]] == ["success"]
    assert "OK created sql view model staging.stg_departments" in (settings.logs / "dbt" / "dbt.log").read_text("utf-8")


def test_sql_that_breaks_is_told_with_its_model_and_reason(settings: Settings) -> None:
    _, failure = built(settings)
    assert str(failure).startswith("dbt could not build model.oversight.stg_departments: ")
    assert "departments does not exist" in str(failure)


def test_a_database_that_cannot_be_opened_is_told_with_where_the_log_is(settings: Settings) -> None:
    settings.build_database.write_bytes(b"no database at all, but long enough to be looked at as one" * 100)
    _, failure = build_star(settings, settings.build / "dbt", ["--select", "stg_departments"])
    assert str(failure).startswith("dbt could not start (")
    assert f"(log in {settings.logs / 'dbt'})" in str(failure)


def test_too_little_memory_is_told_with_what_to_do() -> None:
    broken = {
        "status": "error",
        "unique_id": "model.oversight.fct_fairness",
        "message": "Runtime Error\n  Out of Memory Error: failed to allocate data of size 16.0 MiB",
    }
    said = str(_failure([broken]))
    assert said.startswith("Not enough memory to build model.oversight.fct_fairness; increase OVERSIGHT_MEMORY_LIMIT")
