"""What was known then: past releases are made again from what they were made of, and say the same.

Belongs here: `refresh --as-at` against releases that were published at the time. Does not belong here: questions to a
release (`tests/warehouse`, `tests/real_returns`).
"""

from pathlib import Path

import duckdb
import pytest

from tests.conftest import Home, write_list
from tests.sizes import sized

pytestmark = pytest.mark.slow

MOMENTS = sized(
    ("2024-12-31T00:00:00Z", "2026-06-30T00:00:00Z"),
    ("2024-12-31T00:00:00Z", "2025-12-05T00:00:00Z", "2026-06-30T00:00:00Z"),
)


RETURNS = ("dfe.children_looked_after", "dfe.lait", "ho.police_workforce", "mhclg.revenue_outturn_ro3")
"""Returns of the sample that are revised, and that derived measures are made of."""


def contents(database: Path) -> dict[str, tuple[int, object]]:
    """Rows of each table and a hash of them. When a file reached this machine is no part of what a release says."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'").fetchall()
        found = {}
        for (table,) in tables:
            said = "* EXCLUDE (landed_at)" if table == "dim_submission" else "*"
            query = f"SELECT count(*), sum(hash(t)::HUGEINT) FROM (SELECT {said} FROM marts.{table}) AS t"
            found[table] = connection.execute(query).fetchall()[0]
        return found


def test_releases_of_past_times_are_made_again_as_they_were(sample: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    published = []
    for moment in MOMENTS:
        listed = write_list(
            sample,
            tmp_path / "list.tsv",
            lambda row, moment=moment: row["return_code"] in RETURNS and row["received_at"] <= moment,
        )
        summary = home.refresh("--submissions", str(listed))
        assert summary["published"], summary
        published.append(home.root / "releases" / "restricted" / str(summary["release_id"]))
    in_force = (home.root / "current" / "restricted").resolve()
    cells = "SELECT count(*) AS n, count(value) AS v FROM analysis.observations"
    # Today's release is what was built a moment ago: the short form rebuilds only the earlier one.
    for moment, release in list(zip(MOMENTS, published, strict=True))[: sized(1, 3)]:
        from_history = home.rows(cells, "--as-at", moment)
        summary = home.refresh("--as-at", moment)
        assert summary["published"] is False
        # The history of today's release, cut at that time, is what a build as at that time publishes.
        assert home.rows(cells, "--as-at", moment) == from_history
        again = Path(str(summary["folder"]))
        assert again.parent == home.root / "as_at"
        assert contents(again / "warehouse.duckdb") == contents(release / "warehouse.duckdb")
        assert (
            summary["fingerprint"]
            == duckdb.sql(f"SELECT fingerprint FROM read_json('{release / 'manifest.json'}')").fetchone()[0]
        )  # type: ignore[index]
    # No pointer moved, and the release in force answers about the first moment from its own history.
    assert (home.root / "current" / "restricted").resolve() == in_force
    count = "SELECT count(value) AS n FROM {} WHERE value IS NOT NULL"
    of_history = home.rows(count.format(f"analysis.derived_measures_as_at(TIMESTAMP '{MOMENTS[0][:10]}')"))
    with duckdb.connect(str(published[0] / "warehouse.duckdb"), read_only=True) as connection:
        assert [(row["n"],) for row in of_history] == connection.execute(
            count.format("analysis.derived_measures")
        ).fetchall()
