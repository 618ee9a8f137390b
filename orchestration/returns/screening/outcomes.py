"""The outcome of screening a submission, and the folder in which it is kept.

Contains the outcome and the Parquet files of a submission. Not here: the checks (`checks`), or the report to the
sender (`orchestration.returns.report`).

    observations.parquet locations.parquet measures.parquet   accepted submissions only
    problems.parquet outcome.json                             every submission
"""

import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from orchestration.foundation.sql import literal
from orchestration.returns.rules import STEERING

_ORDER = "ORDER BY severity, stage, rule, source_row NULLS LAST, column_name, value, message"


@dataclass(frozen=True)
class Incoming:
    """A file to screen, the return that it claims to be, and its metadata.

    `turned_away` is the reason why landing rejected the file; `path` then has no file.
    """

    path: Path
    file_name: str
    submission_key: str
    return_code: str
    department_code: str
    received_at: datetime
    period_hint: str | None = None
    turned_away: str | None = None


@dataclass
class Outcome:
    """The result of screening. Counts are of cells; for an accepted submission `cells` is the sum of `observations`,
    `collapsed`, `filtered` and `unreadable_periods`. `is_final` is false if screening itself failed: the file is
    refused for now and screened again in the next refresh."""

    submission_key: str
    return_code: str
    accepted: bool = False
    layout: str | None = None
    sheet: str | None = None
    rows: int = 0
    cells: int = 0
    observations: int = 0
    values: int = 0
    collapsed: int = 0
    filtered: int = 0
    unreadable_periods: int = 0
    errors: int = 0
    warnings: int = 0
    latest_period_end: str | None = None
    contract_version: str = ""
    is_final: bool = True
    problems: list[dict[str, object]] = field(default_factory=list)


def tally(con: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
    """Count the rows of `problems` and list them in `outcome`, which is accepted if none is an error.

    Control characters, which could change the reader's terminal, are replaced by a visible character.
    """
    for column in ("value", "message", "column_name"):
        con.execute(
            f"""UPDATE problems SET {column} = regexp_replace({column}, {literal(STEERING.pattern)}, chr(65533), 'g')
                WHERE regexp_matches({column}, {literal(STEERING.pattern)})"""
        )
    row = con.execute(
        """SELECT coalesce(sum(occurrence_count) FILTER (WHERE severity = 'error'), 0),
                  coalesce(sum(occurrence_count) FILTER (WHERE severity = 'warning'), 0) FROM problems"""
    ).fetchone()
    outcome.errors, outcome.warnings = (int(row[0]), int(row[1])) if row else (0, 0)
    outcome.accepted = outcome.errors == 0
    rows = con.execute(f"SELECT * FROM problems {_ORDER}")
    names = [column[0] for column in rows.description or []]
    outcome.problems = [dict(zip(names, problem, strict=True)) for problem in rows.fetchall()]


def write(con: duckdb.DuckDBPyConnection, incoming: Incoming, outcome: Outcome, target: Path) -> None:
    """Write the folder of a submission under another name and rename it, so that it is never half written."""
    for leftover in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    key, code = literal(incoming.submission_key), literal(incoming.return_code)
    who = f"{key} AS submission_key, {code} AS return_code"
    received = f"TIMESTAMP {literal(incoming.received_at.astimezone(UTC).strftime('%Y-%m-%d %H:%M:%S.%f'))}"
    if outcome.accepted:
        _write_accepted(con, who, literal(incoming.department_code), received, fresh)
    con.execute(
        f"""COPY (
            SELECT {who}, row_number() OVER ({_ORDER}) AS problem_number, stage, rule, severity,
                   {literal(incoming.file_name)} AS file_name, CAST({literal(outcome.sheet)} AS VARCHAR) AS sheet,
                   source_row, column_name, value, occurrence_count, message, remedy
            FROM problems ORDER BY problem_number
        ) TO {literal(str(fresh / "problems.parquet"))} (FORMAT parquet)"""
    )
    facts = asdict(outcome)
    del facts["problems"]
    (fresh / "outcome.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _write_accepted(con: duckdb.DuckDBPyConnection, who: str, department: str, received: str, folder: Path) -> None:
    """Write the observations, their locations, and the measures that the file names itself."""
    con.execute(
        f"""COPY (
            SELECT {who}, {department} AS department_code, {received} AS received_at,
                   m.measure_code, p.location_code, p.location_level, p.location_name,
                   t.period_code, t.period_start, t.period_end, t.period_kind, g.population_group_code, g.members,
                   g.characteristic, g.category, l.service_line, k.numerator, k.denominator, k.numerator_status,
                   k.denominator_status, k.value, k.value_status, k.lower_95, k.upper_95, k.lower_99_8, k.upper_99_8,
                   k.note, k.source_row, h.header AS source_column
            FROM kept AS k JOIN measures AS m USING (measure_no) JOIN places AS p USING (place_key)
            JOIN groups AS g USING (group_no) JOIN periods AS t USING (period_no) JOIN lines AS l USING (line_no)
            LEFT JOIN headers AS h USING (column_no)
        ) TO {literal(str(folder / "observations.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
    )
    con.execute(
        f"""COPY (
            WITH taken AS (FROM places WHERE row_count > 0 AND location_code IS NOT NULL)
            SELECT DISTINCT {who}, {received} AS received_at, location_code, location_level, location_name, scheme,
                            in_reference, within_code, within_level
            FROM taken
            UNION
            SELECT {who}, {received}, within_code, within_level, min(within_name),
                   CASE WHEN contains(within_code, ':') THEN split_part(within_code, ':', 1) ELSE 'gss' END,
                   bool_or(within_is_known), NULL, NULL
            FROM taken
            WHERE within_code IS NOT NULL
              AND (within_code, within_level) NOT IN (SELECT (location_code, location_level) FROM taken)
            GROUP BY within_code, within_level
            ORDER BY ALL
        ) TO {literal(str(folder / "locations.parquet"))} (FORMAT parquet)"""
    )
    con.execute(
        f"""COPY (
            SELECT {who}, {received} AS received_at, {department} AS department_code, measure_code, measure_name,
                   domain, unit, value_type, polarity, multiplier, aggregation, definition, source, valid_from, valid_to
            FROM measures WHERE source <> 'contract' ORDER BY measure_code
        ) TO {literal(str(folder / "measures.parquet"))} (FORMAT parquet)"""
    )
