"""Dagster's event log as configured in `dagster.yaml`.

Contains tests of writing and reading events, from one thread and from several. Not here: the events of a refresh
(`tests/end_to_end/test_refresh.py`).
"""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from orchestration.defs.event_log import PooledEventLogStorage
from orchestration.foundation.settings import PROJECT_ROOT

KEY = dg.AssetKey(["release", "published"])


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Yield the instance that `dagster.yaml` describes, in a temporary folder."""
    shutil.copyfile(PROJECT_ROOT / "dagster.yaml", tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with dg.DagsterInstance.get() as current:
        yield current


def log_of(instance: dg.DagsterInstance) -> PooledEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, PooledEventLogStorage)
    return storage


def test_events_are_read_back_through_the_same_engine(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(KEY, metadata={"release": "r001"}))
    with log_of(instance)._connect() as first, log_of(instance)._connect() as second:
        assert first.engine is second.engine
    event = instance.get_latest_materialization_event(KEY)
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["release"].value == "r001"


def test_several_threads_log_at_once(instance: dg.DagsterInstance) -> None:
    def report(number: int) -> None:
        instance.report_runless_asset_event(dg.AssetMaterialization(KEY, metadata={"number": number}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(20)))
    records = instance.fetch_materializations(KEY, limit=50).records
    numbers = [
        record.asset_materialization.metadata["number"].value for record in records if record.asset_materialization
    ]
    assert sorted(int(str(number)) for number in numbers) == list(range(20))


def test_a_failed_statement_leaves_nothing_behind(instance: dg.DagsterInstance) -> None:
    log = log_of(instance)
    with log._connect() as connection:
        connection.exec_driver_sql("CREATE TABLE noted (number INTEGER)")

    def fail() -> None:
        with log._connect() as connection:
            connection.exec_driver_sql("INSERT INTO noted VALUES (1)")
            connection.exec_driver_sql("INSERT INTO missing VALUES (1)")

    with pytest.raises(sqlalchemy.exc.OperationalError):
        fail()
    assert log.has_table("noted")
    assert not log.has_table("missing")
    with log._connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM noted").scalar() == 0


def test_no_file_stays_open_after_the_instance(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(KEY))
    log_of(instance).dispose()
    open_files = {
        Path("/proc/self/fd", name.name).readlink().name for name in Path("/proc/self/fd").iterdir() if name.exists()
    }
    assert "event_log.db" not in open_files
