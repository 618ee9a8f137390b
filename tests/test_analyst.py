"""`orchestration.connect`: a release in a notebook.

Contains tests of opening releases from Python. Not here: what `oversight sql` does with them.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import orchestration
from orchestration.analyst import Warehouse
from orchestration.foundation.errors import OversightError, UsageError
from orchestration.warehouse.store.catalogue import current_release
from tests.conftest import Home

pytestmark = pytest.mark.slow

RATE, ENGLAND = "ons.employment_rate", "E92000001"


def test_names_without_a_schema_are_looked_up_in_analysis_then_in_marts(published: Home) -> None:
    with orchestration.connect(settings=published.settings) as warehouse:
        frame = warehouse.frame("SELECT count(*) AS n FROM observations WHERE measure_code = ?", RATE)
        assert isinstance(frame, pd.DataFrame)
        assert frame["n"][0] > 0
        [count] = warehouse.sql("SELECT count(*) FROM dim_measure").fetchone()
        assert count > 20


def test_a_series_is_for_all_people_in_order_of_time(published: Home) -> None:
    with orchestration.connect(settings=published.settings) as warehouse:
        series = warehouse.series("dfe.children_looked_after_rate", ENGLAND)
        [expected] = warehouse.execute(
            "SELECT count(DISTINCT period_code) FROM analysis.observations "
            "WHERE measure_code = 'dfe.children_looked_after_rate' AND location_code = ? AND category = 'Total'",
            [ENGLAND],
        ).fetchone()
    assert len(series) == expected > 3
    assert series.index.is_monotonic_increasing
    assert series["value"].notna().all()


def test_a_release_is_opened_by_name_or_as_at_a_time(published: Home) -> None:
    name = current_release(published.settings)
    with orchestration.connect(release=name, settings=published.settings) as warehouse:
        [now] = warehouse.execute("SELECT count(*) FROM observations").fetchone()
    past = {}
    for moment in ("2025-01-31", date(2025, 1, 31), datetime(2025, 1, 31, tzinfo=UTC)):
        with orchestration.connect(as_at=moment, settings=published.settings) as warehouse:
            [past[str(moment)]] = warehouse.execute("SELECT count(*) FROM observations").fetchone()
    assert len(set(past.values())) == 1
    assert 0 < past["2025-01-31"] < now
    with pytest.raises(OversightError, match="Release 20000101T000000Z-0a0a0a0a does not exist"):
        orchestration.connect(release="20000101T000000Z-0a0a0a0a", settings=published.settings)
    with pytest.raises(UsageError, match="'last week' is not a time"):
        orchestration.connect(as_at="last week", settings=published.settings)


@pytest.mark.parametrize("as_at", [None, "2025-01-31"])
@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE {release}.marts.mine (a INT)", "DELETE FROM {release}.marts.fct_observation", "FROM read_csv('/etc/passwd')",
     "COPY (SELECT 1) TO 'written.csv'", "LOAD httpfs", "SET enable_external_access = true"],
)  # fmt: skip
def test_a_release_can_only_be_read(published: Home, as_at: str | None, statement: str) -> None:
    with (
        orchestration.connect(as_at, settings=published.settings) as warehouse,
        pytest.raises(duckdb.Error, match=r"read-only|disabled|locked"),
    ):
        warehouse.execute(statement.format(release="release" if as_at else "warehouse"))


def test_the_connection_is_closed_after_use(published: Home, tmp_path: Path) -> None:
    with orchestration.connect(settings=published.settings) as warehouse:
        assert isinstance(warehouse, Warehouse)
    with pytest.raises(duckdb.ConnectionException, match="closed"):
        warehouse.execute("SELECT 1")
