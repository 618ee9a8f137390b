"""Large revisions of published figures in a draft, and published figures without a value in it.

Contains the queries over all changed observations. Not here: finding the observations that differ (`changes`), and what
a draft requires (`checklist`).
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
    """Figures of one return that changed by more than the limit: their number, their measures, and the largest.

    `largest` describes one revision in words: measure, location, period, old and new value.
    """

    return_code: str
    figures: int
    measures: int
    largest: str


@dataclass(frozen=True)
class Revisions:
    """Comparison with the previous release: large revisions by return, and numbers of removed figures by return."""

    large: tuple[LargeRevisions, ...] = ()
    removed: tuple[tuple[str, int], ...] = ()


# A revision from zero is larger than any share.
_SHARE = "coalesce(abs(new_value - old_value) / nullif(abs(old_value), 0), 'Infinity'::DOUBLE)"


def measure_revisions(settings: Settings, database: Path, before: Path | None, limit: float) -> Revisions:
    """Compare `database` with `before` (None: nothing is public yet); `limit` is a share of the old value.

    A figure is removed if it had a value in `before` and has none in `database`, suppressed or not.
    """
    if before is None:
        return Revisions()
    with tempfile.TemporaryDirectory(prefix="oversight-revisions-") as folder:
        changes = Path(folder) / "changes.parquet"
        write_changes(settings, database, before, changes)
        with connect(None, settings) as connection:
            connection.execute(f"CREATE VIEW changes AS FROM read_parquet({literal(str(changes))})")
            large = connection.execute(
                f"""SELECT return_code, count(*), count(DISTINCT measure_code),
                           arg_max(format('{{}} in {{}}, {{}}: {{:g}} became {{:g}}', measure_code, location_code,
                                          period_code, old_value, new_value),
                                   (share, measure_code, location_code, period_code, category, service_line))
                    FROM (SELECT *, {_SHARE} AS share FROM changes WHERE old_value <> new_value)
                    WHERE share > {limit} GROUP BY return_code ORDER BY return_code"""
            ).fetchall()
            removed = connection.execute(
                """SELECT return_code, count(*) FROM changes WHERE old_value IS NOT NULL AND new_value IS NULL
                   GROUP BY return_code ORDER BY return_code"""
            ).fetchall()
    return Revisions(tuple(LargeRevisions(*row) for row in large), tuple(removed))
