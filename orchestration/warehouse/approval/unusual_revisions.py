"""What a draft takes back of what is public already: large revisions, and figures that are gone.

Belongs here: measuring them, in DuckDB, over every published cell. Does not belong here: finding the cells that differ
(`changes`), or what follows from it (`checklist`).
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal
from orchestration.warehouse.changes.change_list import write_changes


@dataclass(frozen=True)
class LargeRevisions:
    """Figures of one return that moved by more than the limit: how many, of how many measures, and the largest.

    `largest` is words: measure, place, period, old and new.
    """

    return_code: str
    figures: int
    measures: int
    largest: str


@dataclass(frozen=True)
class Revisions:
    """Against the release before: large revisions by return, returns with figures that are gone, by how many."""

    large: tuple[LargeRevisions, ...] = ()
    gone: tuple[tuple[str, int], ...] = ()


# A figure that was zero and is not is a revision larger than any share.
_SHARE = "coalesce(abs(new_value - old_value) / nullif(abs(old_value), 0), 'Infinity'::DOUBLE)"


def measured(settings: Settings, database: Path, before: Path | None, limit: float) -> Revisions:
    """What `database` revises of `before` (None: nothing is public yet); `limit` is a share of the old figure.

    A figure is gone when the release before had a value for it and this one has none, suppressed or not.
    """
    if before is None:
        return Revisions()
    with tempfile.TemporaryDirectory(prefix="oversight-revisions-") as folder:
        found = Path(folder) / "changes.parquet"
        write_changes(settings, database, before, found)
        with connect(None, settings) as connection:
            connection.execute(f"CREATE VIEW changes AS FROM read_parquet({literal(str(found))})")
            large = connection.execute(
                f"""SELECT return_code, count(*), count(DISTINCT measure_code),
                           arg_max(format('{{}} in {{}}, {{}}: {{:g}} became {{:g}}', measure_code, location_code,
                                          period_code, old_value, new_value),
                                   (share, measure_code, location_code, period_code, category, service_line))
                    FROM (SELECT *, {_SHARE} AS share FROM changes WHERE old_value <> new_value)
                    WHERE share > {limit} GROUP BY return_code ORDER BY return_code"""
            ).fetchall()
            gone = connection.execute(
                """SELECT return_code, count(*) FROM changes WHERE old_value IS NOT NULL AND new_value IS NULL
                   GROUP BY return_code ORDER BY return_code"""
            ).fetchall()
    return Revisions(tuple(LargeRevisions(*row) for row in large), tuple(gone))
