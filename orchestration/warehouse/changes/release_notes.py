"""The notes of a release: its changes in plain words, for people who use the figures.

Contains the wording. Not here: finding the changes (`change_list`), or the version (`data_version`).
"""

from collections.abc import Sequence
from pathlib import Path

from orchestration.foundation.database import attach, connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal
from orchestration.warehouse.changes.change_list import Changes

NOTES = "release-notes.md"

_MOST_LINES = 15
_WHY = {
    "new submission": "a new submission",
    "late return": "a late return",
    "submission withdrawn": "a submission that was withdrawn",
    "contract change": "another contract for the return or measure",
    "method change": "another method",
    "reference change": "another edition of a reference file",
    "unexplained": "an unknown cause",
}


def write_notes(
    settings: Settings,
    folder: Path,
    database: Path,
    changes_file: Path,
    changes: Changes,
    release_id: str,
    previous: str | None,
    version: str,
) -> None:
    """Write `folder`/release-notes.md (Markdown) about the release whose files these are."""
    lines = [f"# Release {release_id}", "", f"Data version {version}."]
    with connect(None, settings) as connection:
        attach(connection, database, "release")
        connection.execute(f"CREATE TEMP VIEW changes AS FROM read_parquet({literal(str(changes_file))})")

        def rows(query: str) -> list[tuple[object, ...]]:
            return connection.execute(query).fetchall()

        if previous is None:
            figures, measures, returns = rows(
                "SELECT count(*), count(DISTINCT measure_code), count(DISTINCT return_code) "
                "FROM release.analysis.observations"
            )[0]
            lines[-1] += (
                f" It is the first release and contains {figures:,} figures of {measures:,} "
                f"measures from {returns:,} returns."
            )
        else:
            lines[-1] += f" Compared with release {previous}: {_in_a_sentence(changes)}."
            lines += _by_return(rows(_BY_RETURN))
            lines += _largest(rows(_LARGEST))
            lines += _listed("Measures with a new definition", changes.redefined)
            lines += _listed("Measures that were withdrawn", changes.dropped)
            lines += _suspected(rows(_SUSPECTED))
    (folder / NOTES).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _in_a_sentence(changes: Changes) -> str:
    parts = [
        f"{count:,} {'figure was' if count == 1 else 'figures were'} {kind}" for kind, count in changes.by_kind.items()
    ]
    if not parts:
        return "every figure is the same; only calculation, descriptions or joins changed"
    return ", ".join(parts)


_BY_RETURN = """
    SELECT return_code, section, change, cause, count(*) AS figures, count(DISTINCT measure_code) AS measures,
           count(DISTINCT location_code) AS places
    FROM changes GROUP BY ALL ORDER BY ALL
"""

_LARGEST = f"""
    SELECT coalesce(measures.measure_name, measure_code), coalesce(places.location_name, location_code), period_code,
           if(category = 'Total', '', category), if(service_line = 'Total', '', service_line), old_value, new_value,
           measures.unit
    FROM changes
    LEFT JOIN release.marts.dim_measure AS measures USING (measure_code)
    LEFT JOIN release.marts.dim_location AS places USING (location_code, location_level)
    WHERE change = 'revised' AND old_value <> 0 AND new_value IS NOT NULL AND old_value <> new_value
    ORDER BY abs(new_value / old_value - 1) DESC, 1, 2, 3, 4, 5 LIMIT {_MOST_LINES}
"""

_SUSPECTED = f"""
    SELECT DISTINCT measure_name, location_name, pattern, factor
    FROM release.marts.fct_revision_pattern
    JOIN release.marts.dim_measure USING (measure_code) JOIN release.marts.dim_location USING (location_key)
    WHERE submission_key IN (SELECT new_submission_key FROM changes)
    ORDER BY ALL LIMIT {_MOST_LINES}
"""


def _by_return(rows: Sequence[tuple[object, ...]]) -> list[str]:
    if not rows:
        return []
    lines = ["", "## What changed, and why", "", "| return | change | cause | figures | measures | locations |"]
    lines.append("|---|---|---|---:|---:|---:|")
    for code, section, change, cause, figures, measures, places in rows:
        what = f"{code} (derived)" if section == "derived_measures" else code
        lines.append(f"| {what} | {change} | {_WHY[str(cause)]} | {figures:,} | {measures:,} | {places:,} |")
    return lines


def _largest(rows: Sequence[tuple[object, ...]]) -> list[str]:
    if not rows:
        return []
    lines = ["", "## Largest revisions", ""]
    for measure, place, period, category, line, old, new, unit in rows:
        of = ", ".join(str(word) for word in (place, period, category, line) if word)
        lines.append(f"- {measure}, {of}: {_number(old)} became {_number(new)} ({unit}).")
    return lines


def _listed(title: str, codes: Sequence[str]) -> list[str]:
    if not codes:
        return []
    more = [f"- and {len(codes) - _MOST_LINES} more"] if len(codes) > _MOST_LINES else []
    return ["", f"## {title}", "", *(f"- {code}" for code in codes[:_MOST_LINES]), *more]


def _suspected(rows: Sequence[tuple[object, ...]]) -> list[str]:
    if not rows:
        return []
    lines = ["", "## Questions for departments", ""]
    for measure, place, pattern, factor in rows:
        lines.append(f"- {measure}, {place}: every period was multiplied by {_number(factor)}, a {pattern}.")
    return lines


def _number(value: object) -> str:
    """Return four significant digits, without an exponent: `1,592`, `0.3`."""
    number = float(str(value))
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
