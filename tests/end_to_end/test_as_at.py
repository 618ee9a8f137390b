"""As-at releases: a release of a past time, rebuilt today, has the same content.

Contains `refresh --as-at`, compared with a release of what had arrived by that time. Not here: as-at queries to a
release (`tests/warehouse`, `tests/real_returns`).
"""

from pathlib import Path

import duckdb
import pytest

from tests.conftest import Home, write_list
from tests.sizes import sized

pytestmark = pytest.mark.slow

MOMENTS = sized(("2025-12-01T00:00:00Z",), ("2024-12-31T00:00:00Z", "2025-12-01T00:00:00Z", "2026-06-30T00:00:00Z"))


def contents(database: Path) -> dict[str, tuple[int, object]]:
    """Rows of each table and a hash of them, without the times at which files reached this machine."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'").fetchall()
        found = {}
        for (table,) in tables:
            said = "* EXCLUDE (landed_at)" if table == "dim_submission" else "*"
            query = f"SELECT count(*), sum(hash(t)::HUGEINT) FROM (SELECT {said} FROM marts.{table}) AS t"
            found[table] = connection.execute(query).fetchall()[0]
        return found


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_release_of_a_past_time_is_made_again_as_it_was(
    copied: Home, small_sample: Path, tmp_path: Path, moment: str
) -> None:
    """A home with only the submissions of that time, and today's home as at that time, have the same content."""
    listed = write_list(small_sample, tmp_path / "list.tsv", lambda row: row["received_at"] <= moment)
    then = Home(tmp_path / "then")
    original = then.refresh("--submissions", str(listed))
    assert original["published"], original
    release = Path(str(original["folder"]))
    in_force = (copied.root / "current" / "restricted").resolve()
    cells = "SELECT count(*) AS n, count(value) AS v FROM analysis.observations"
    # The history of today's release, cut at that time, is what a build as at that time publishes.
    from_history = copied.rows(cells, "--as-at", moment)
    assert from_history == then.rows(cells)
    summary = copied.refresh("--as-at", moment)
    assert summary["published"] is False
    assert copied.rows(cells, "--as-at", moment) == from_history
    again = Path(str(summary["folder"]))
    assert again.parent == copied.root / "as_at"
    assert contents(again / "warehouse.duckdb") == contents(release / "warehouse.duckdb")
    assert summary["fingerprint"] == original["fingerprint"]
    # No pointer moved, and the release in force answers about that time from its own history.
    assert (copied.root / "current" / "restricted").resolve() == in_force
    count = "SELECT count(value) AS n FROM {} WHERE value IS NOT NULL"
    of_history = copied.rows(count.format(f"analysis.derived_measures_as_at(TIMESTAMP '{moment[:10]}')"))
    assert of_history == then.rows(count.format("analysis.derived_measures"))
    assert (int(str(of_history[0]["n"])) > 0) is (moment > "2025-09-18"), "spending was first sent on that day"
