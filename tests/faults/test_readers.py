"""Readers who never stop asking, through many publications and prunings: no error, and never two releases at once.

They read as documented: the pointer is resolved once, and everything of a session comes from the folder that it
showed. Half open the database with DuckDB alone, as a BI tool does, with the Parquet files beside it; half ask as
`oversight sql` does.
"""

import json
import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.settings import Settings
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.publishing.retention import prune
from orchestration.warehouse.store.query import ask
from tests.faults import tiny
from tests.sizes import sized

READERS, PUBLICATIONS = sized((4, 7), (8, 20))
BOTH_MARKS = """SELECT (SELECT max(value) FROM analysis.observations)::INTEGER,
                       (SELECT max(contract_version) FROM marts.dim_return)::INTEGER"""


def settings_of(home: Path) -> Settings:
    return Settings(home=home, threads=1, memory_limit="500MB", keep_releases=3, keep_days=0)


def as_a_tool_does(home: Path) -> set[int]:
    """The marks of a session of four questions, two of them to files."""
    folder = (home / "current" / "restricted").resolve()
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True, config={"threads": 1}) as con:
        marks = [con.execute(query).fetchall()[0][0] for query in (
            "SELECT max(value)::INTEGER FROM analysis.observations",
            f"SELECT max(value)::INTEGER FROM '{folder}/parquet/fct_observation.parquet'",
            f"SELECT max(contract_version)::INTEGER FROM '{folder}/parquet/dim_return.parquet'",
            "SELECT max(contract_version)::INTEGER FROM marts.dim_return",
        )]  # fmt: skip
    return set(marks)


def as_the_command_does(home: Path) -> set[int]:
    """The marks that two tables carry in one question."""
    with ask(settings_of(home), BOTH_MARKS) as answer:
        return set(answer.fetch(1)[0])


def read_on(home: Path, number: int, stop: Event, said: Path) -> None:
    """Run sessions until the signal to stop; then report the sessions, the marks seen and all errors."""
    session = as_a_tool_does if number % 2 else as_the_command_does
    seen: list[int] = []
    wrong: list[str] = []
    while not stop.is_set():
        try:
            marks = session(home)
            wrong += [f"a session saw the releases {sorted(marks)}"] if len(marks) != 1 else []
            seen += marks
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
    said.write_text(json.dumps({"sessions": len(seen), "seen": sorted(set(seen)), "wrong": wrong}), encoding="utf-8")


@pytest.mark.slow
def test_readers_see_no_error_and_no_mixture_through_publications(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "home")
    tiny.published(settings, 1)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.faults.test_readers"])
    stop = processes.Event()
    reports = [tmp_path / f"reader_{number}.json" for number in range(READERS)]
    readers = [
        processes.Process(target=read_on, args=(settings.root, number, stop, report))
        for number, report in enumerate(reports)
    ]
    for reader in readers:
        reader.start()
    gone: list[str] = []
    for mark in range(2, PUBLICATIONS + 2):
        publish(settings, tiny.passed(settings, f"r{mark:03}", mark))
        gone += [one.release_id for one in prune(settings) if one.kept_because is None]
    stop.set()
    for reader in readers:
        reader.join(60)
    found = [json.loads(report.read_text(encoding="utf-8")) for report in reports]
    assert [problem for one in found for problem in one["wrong"]] == []
    assert all(one["sessions"] >= sized(2, 5) for one in found), "every reader was at it all the while"
    assert len({mark for one in found for mark in one["seen"]}) > sized(2, 5), "they saw one release after another"
    assert len(gone) >= PUBLICATIONS // 2, "releases were pruned meanwhile"
