"""One submission screened against its contract, from bytes to observations or a list of problems.

Belongs here: the order of the stages and what is written at the end. Does not belong here: the rules
themselves (`sniffing`, `matching`, `judging`), or which submissions are screened when (`intake`).
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.contracts.model import Layout, ReturnContract
from orchestration.returns import cells, content, groups, judging, matching, places, reading, sniffing
from orchestration.returns.rules import RULES, Problem
from orchestration.returns.workbench import workbench
from orchestration.settings import Settings
from orchestration.sql import literal

ENGINE_VERSION = "2"
"""Raised whenever screening gives other observations for the same bytes and contract."""


@dataclass(frozen=True)
class Incoming:
    """What is screened: a file, the return it claims to be, and what came with it."""

    path: Path
    file_name: str
    submission_key: str
    return_code: str
    department_code: str
    received_at: datetime
    period_hint: str | None = None


@dataclass
class Outcome:
    """What screening found. Counts are of cells; for an accepted submission `cells` is the sum of
    `observations`, `collapsed`, `filtered` and `unreadable_periods`."""

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
    problems: list[dict[str, object]] = field(default_factory=list)


class _Stopped(Exception):  # noqa: N818 - not an error of ours: the file is refused
    """An early stage refused the file; later stages cannot judge it."""


class Screener:
    """Screens submissions of one refresh; knows the references in force.

    `references` maps the code of each reference to its Parquet file.
    """

    def __init__(self, settings: Settings, contracts: Contracts, references: Mapping[str, Path]) -> None:
        self._settings = settings
        self._contracts = contracts
        self._references = dict(references)

    def screen(self, incoming: Incoming, target: Path | None = None) -> Outcome:
        """Screen one file; with `target`, write its Parquet files and `outcome.json` there as one rename."""
        contract = self._contracts.returns[incoming.return_code]
        outcome = Outcome(
            incoming.submission_key,
            incoming.return_code,
            contract_version=self._contracts.version(incoming.return_code),
        )
        with workbench(self._settings) as (con, folder):
            judging.make_problems(con)
            with suppress(_Stopped):
                self._stages(con, incoming, contract, outcome, folder)
            self._tally(con, outcome)
            if target is not None:
                _write(con, incoming, outcome, target)
        return outcome

    def _stages(
        self, con: duckdb.DuckDBPyConnection, incoming: Incoming, contract: ReturnContract, outcome: Outcome, folder: Path
    ) -> None:
        self._check_file(con, incoming, contract)
        layout, match, sheet = self._choose_layout(con, incoming, contract, folder)
        outcome.layout, outcome.sheet = layout.name, sheet.name
        fixed = self._fixed_period(con, incoming, layout, sheet)
        self._stop_on(con, reading.load_rows(con, sheet, incoming.file_name))
        self._stop_on(con, cells.make_sent(con, layout, match, sheet))
        self._stop_on(con, cells.unknown_columns(layout, sheet, match))
        unfolded = cells.make_cells(con, contract, layout, match, sheet)
        places.make_known_places(con, self._contracts, self._references)
        places.make_places(con, layout)
        groups.make_groups(con, layout, unfolded.sets)
        relations = {code: f"read_parquet({literal(str(path))})" for code, path in self._references.items()}
        content.make_measures(con, contract, layout, relations)
        content.make_periods(con, contract, layout, fixed)
        content.make_rule_sets(con, layout)
        content.make_facts(con, contract, layout, unfolded)
        judging.judge_content(con, contract, layout)
        judging.judge_consistency(con, contract)
        row = con.execute(
            """SELECT c.cells, c.filtered, c.unreadable, (SELECT count(*) FROM keyed WHERE nth > 1),
                      (SELECT count(*) FROM kept), (SELECT count(value) FROM kept), (SELECT count(*) FROM sent),
                      (SELECT max(period_end) FROM kept) FROM cell_counts AS c"""
        ).fetchone()
        if row is not None:
            outcome.cells, outcome.filtered, outcome.unreadable_periods, outcome.collapsed = row[:4]
            outcome.observations, outcome.values, outcome.rows = row[4:7]
            outcome.latest_period_end = row[7].isoformat() if row[7] else None

    def _check_file(self, con: duckdb.DuckDBPyConnection, incoming: Incoming, contract: ReturnContract) -> None:
        """Size and kind, before anything is read."""
        size = incoming.path.stat().st_size
        agreed = [layout.file.max_mb for layout in contract.layouts if layout.file.max_mb]
        limit = min([self._settings.max_file_mb, *([max(agreed)] if agreed else [])])
        problem: Problem | None = None
        if size == 0 or (size < 8 and not incoming.path.read_bytes().strip()):
            problem = Problem("file.empty", f"'{incoming.file_name}' is empty")
        elif size > limit << 20:
            problem = Problem("file.too_large", f"'{incoming.file_name}' has {size / (1 << 20):.1f} MB; the limit is {limit} MB")
        else:
            wanted = {layout.file.format for layout in contract.layouts}
            problem = sniffing.check_kind(incoming.path, incoming.file_name, set(wanted))
        self._stop_on(con, [problem] if problem else [])

    def _choose_layout(
        self, con: duckdb.DuckDBPyConnection, incoming: Incoming, contract: ReturnContract, folder: Path
    ) -> tuple[Layout, matching.Match, reading.Sheet]:
        """The first layout whose required columns are all there; else the problems of the nearest one."""
        found = sniffing.sniff(incoming.path)
        candidates = [la for la in contract.layouts if {"csv": "text", "json": "text"}.get(la.file.format, la.file.format) == found]
        opened: dict[str, reading.Sheet | Problem] = {}
        nearest: tuple[float, Layout, matching.Match, reading.Sheet] | None = None
        failure: Problem | None = None
        for layout in candidates:
            key = layout.file.model_dump_json()
            if key not in opened:
                opened[key] = reading.open_sheet(con, incoming.path, incoming.file_name, layout.file, folder)
            sheet = opened[key]
            if isinstance(sheet, Problem):
                failure = failure or sheet
                continue
            match = matching.match_columns(layout.columns, sheet.headers, layout.header_noise)
            if match.missing:
                sheet, match = self._look_for_header(con, incoming, layout, folder, sheet, match)
            share = len(match.missing) / max(1, sum(column.required for column in layout.columns.values()))
            if nearest is None or share < nearest[0]:
                nearest = (share, layout, match, sheet)
            if not match.missing:
                break
        if nearest is None:
            self._stop_on(con, [failure] if failure else [])
            raise _Stopped
        _, layout, match, sheet = nearest
        self._stop_on(con, matching.header_problems(layout.columns, sheet.headers, match))
        return layout, match, sheet

    @staticmethod
    def _look_for_header(
        con: duckdb.DuckDBPyConnection, incoming: Incoming, layout: Layout, folder: Path,
        sheet: reading.Sheet, match: matching.Match,
    ) -> tuple[reading.Sheet, matching.Match]:  # fmt: skip
        """Another year's preamble may be a few rows longer or shorter: the first row near the agreed one that
        has every required column is the header."""
        agreed = layout.file.header_row
        if layout.file.format not in ("csv", "xlsx", "ods") or (agreed == 1 and not layout.file.sheet):
            return sheet, match
        for row in sorted(range(max(1, agreed - 6), agreed + 11), key=lambda r: abs(r - agreed)):
            moved = layout.file.model_copy(update={"header_row": row})
            other = reading.open_sheet(con, incoming.path, incoming.file_name, moved, folder)
            if isinstance(other, Problem):
                continue
            found = matching.match_columns(layout.columns, other.headers, layout.header_noise)
            if not found.missing:
                return other, found
        return sheet, match

    def _fixed_period(
        self, con: duckdb.DuckDBPyConnection, incoming: Incoming, layout: Layout, sheet: reading.Sheet
    ) -> str | None:
        """The period of the whole file: as the submission says, else from the sheet's or the file's name."""
        source = layout.period
        if source.submission and incoming.period_hint:
            return incoming.period_hint
        for pattern, text in ((source.sheet_name, sheet.name), (source.file_name, incoming.file_name)):
            if pattern and text and (hit := re.search(pattern, text)):
                return hit[1] if hit.groups() else hit[0]
        if source.column is None:
            self._stop_on(con, [Problem("period.unknown_source", f"nothing says which period '{incoming.file_name}' is about")])
        return None

    @staticmethod
    def _stop_on(con: duckdb.DuckDBPyConnection, problems: list[Problem]) -> None:
        """Record problems of an early stage; a refusal among them ends the screening."""
        for problem in problems:
            judging.add(con, problem)
        if any((p.severity or RULES[p.rule].severity) == "error" for p in problems):
            raise _Stopped

    @staticmethod
    def _tally(con: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
        row = con.execute(
            """SELECT coalesce(sum(occurrence_count) FILTER (WHERE severity = 'error'), 0),
                      coalesce(sum(occurrence_count) FILTER (WHERE severity = 'warning'), 0) FROM problems"""
        ).fetchone()
        outcome.errors, outcome.warnings = (int(row[0]), int(row[1])) if row else (0, 0)
        outcome.accepted = outcome.errors == 0
        found = con.execute(
            "SELECT * FROM problems ORDER BY severity, stage, rule, source_row NULLS LAST, column_name, value"
        )
        names = [column[0] for column in found.description or []]
        outcome.problems = [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _write(con: duckdb.DuckDBPyConnection, incoming: Incoming, outcome: Outcome, target: Path) -> None:
    """Write the folder of a submission beside its place and move it there by one rename."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    key, code = literal(incoming.submission_key), literal(incoming.return_code)
    who = f"{key} AS submission_key, {code} AS return_code"
    received = f"TIMESTAMP {literal(incoming.received_at.strftime('%Y-%m-%d %H:%M:%S.%f'))}"
    if outcome.accepted:
        con.execute(
            f"""COPY (
                SELECT {who}, {literal(incoming.department_code)} AS department_code, {received} AS received_at,
                       measure_code, location_code, location_level, location_name, period_code, period_start,
                       period_end, period_kind, population_group_code, members, characteristic, category,
                       service_line, numerator, denominator, numerator_status, denominator_status, value, value_status,
                       lower_95, upper_95,
                       lower_99_8, upper_99_8, note, source_row, value_column AS source_column
                FROM kept ORDER BY measure_code, period_code, location_code, source_row
            ) TO {literal(str(fresh / "observations.parquet"))} (FORMAT parquet, COMPRESSION zstd)"""
        )
        con.execute(
            f"""COPY (
                SELECT DISTINCT {who}, {received} AS received_at, p.location_code, p.location_level, p.location_name,
                       p.scheme, p.in_reference FROM places AS p WHERE p.location_code IS NOT NULL ORDER BY ALL
            ) TO {literal(str(fresh / "locations.parquet"))} (FORMAT parquet)"""
        )
        con.execute(
            f"""COPY (
                SELECT {who}, {received} AS received_at, {literal(incoming.department_code)} AS department_code,
                       m.* EXCLUDE (period_kind, cell_rule) FROM measures AS m
                WHERE m.source <> 'contract' ORDER BY measure_code
            ) TO {literal(str(fresh / "measures.parquet"))} (FORMAT parquet)"""
        )
    con.execute(
        f"""COPY (
            SELECT {who}, row_number() OVER (ORDER BY severity, stage, rule, source_row NULLS LAST, column_name, value)
                   AS problem_number, stage, rule, severity, {literal(incoming.file_name)} AS file_name,
                   {literal(outcome.sheet)} AS sheet, source_row, column_name, value, occurrence_count, message, remedy
            FROM problems ORDER BY problem_number
        ) TO {literal(str(fresh / "problems.parquet"))} (FORMAT parquet)"""
    )
    facts = asdict(outcome)
    del facts["problems"]
    (fresh / "outcome.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(target)
