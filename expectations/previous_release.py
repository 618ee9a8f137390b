"""The facts of the current release that the next one is compared with.

Contains a few counts and names from the file of that release. Not here: the comparison (`suites.observations`), and the
list of changes (`orchestration.warehouse.changes.change_list`).
"""

from dataclasses import dataclass
from pathlib import Path

from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings


@dataclass(frozen=True)
class Before:
    """Rows of analysis.observations, its departments, and every known submission, in the current release."""

    observation_count: int
    departments: tuple[str, ...]
    submissions: tuple[str, ...]


def before(database: Path, settings: Settings) -> Before:
    """Read `Before` from the DuckDB file of a release. Raises `OversightError` if it is missing."""
    with connect(database, settings, read_only=True) as connection:
        counts = connection.execute(
            "SELECT department_code, count(*) FROM analysis.observations GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        submissions = connection.execute("SELECT submission_key FROM marts.dim_submission ORDER BY ALL").fetchall()
    return Before(
        observation_count=sum(count for _, count in counts),
        departments=tuple(department for department, _ in counts),
        submissions=tuple(key for (key,) in submissions),
    )
