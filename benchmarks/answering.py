"""`python -m benchmarks.answering`: time that the current release takes to answer twenty questions of analysts.

Contains the time of each file in `questions/`, on the DuckDB file and on the PostgreSQL server. Not here: checks of the
answers (tests).
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.table import Table

from orchestration.dictionary.gathering import descriptions
from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.serving.embedded import embedded_server
from orchestration.serving.endpoint import bring_up_to_date
from orchestration.serving.server import DATABASES, prepare
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import TIER, current_release, resolve_release

QUESTIONS = sorted((Path(__file__).parent / "questions").glob("*.sql"))
REPEATS, PORT = 7, 5447


def timed(ask: Callable[[str], object], question: str) -> list[float]:
    """Milliseconds of each repetition but the first, which warms."""
    found = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        ask(question)
        found.append(1000 * (time.perf_counter() - begun))
    return found[1:]


def percentile_95(times: list[float]) -> float:
    """The time that one asking in twenty takes longer than."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def main() -> None:
    """Serve a copy of the release in force from a home of its own, and ask both."""
    settings = Settings()
    if current_release(settings) is None:
        Console().print("Twenty questions: nothing is published to ask; run a refresh first.")
        return
    release = resolve_release(settings)
    table = Table("question", "DuckDB, ms", "PostgreSQL, ms", title="The median of six askings", title_justify="left")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for part in ("releases", "current"):
            (home / part).symlink_to(settings.root / part)
        served = settings.model_copy(update={"home": home})
        with embedded_server(served, PORT) as owner:
            prepare(served, owner, [])
            dsn = make_conninfo(owner, dbname=DATABASES[TIER])
            begun = time.perf_counter()
            bring_up_to_date(served, dsn, TIER, descriptions(), lambda _: None)
            loading = time.perf_counter() - begun
            with connect(release / DATABASE, settings, read_only=True) as con, psycopg.connect(dsn) as reader:
                con.execute("SET search_path = 'analysis,marts'")
                reader.execute(b"SET search_path = analysis, marts")
                [rows] = reader.execute(
                    b"SELECT sum(reltuples)::bigint FROM pg_class "
                    b"WHERE relkind = 'r' AND relnamespace::regnamespace::text LIKE 'marts%'"
                ).fetchone() or [0]
                every: dict[str, list[float]] = {"duckdb": [], "postgresql": []}
                for file in QUESTIONS:
                    text = file.read_text(encoding="utf-8")
                    ours = timed(lambda asked: con.execute(asked).fetchall(), text)
                    theirs = timed(lambda asked: reader.execute(asked.encode()).fetchall(), text)
                    every["duckdb"] += ours
                    every["postgresql"] += theirs
                    table.add_row(file.stem, f"{statistics.median(ours):.0f}", f"{statistics.median(theirs):.0f}")
    ends = [f"{percentile_95(times):.0f}" for times in every.values()]
    table.add_row("95th percentile of all", *ends)
    console = Console()
    console.print(table)
    console.print(f"{rows:,} rows loaded into PostgreSQL in {loading:.1f} s", highlight=False)


if __name__ == "__main__":
    main()
