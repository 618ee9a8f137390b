"""Screening one submission against its contract: from bytes to observations or a list of problems.

Contains the order of the stages. Not here: the stages (`layout`, `meaning`, `checks`), the tables that they create
(`tables`), what is kept (`outcomes`), or which submissions are screened (`orchestration.returns.intake`).
"""

import logging
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.contracts.model import ReturnContract
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import literal
from orchestration.returns.files import reading, sniffing  # fmt: skip
from orchestration.returns.rules import Problem, refuses
from orchestration.returns.screening import outcomes
from orchestration.returns.screening.checks import (
    against_references,
    consistency,
    content_checks,
    itself,
    problem_table,
)
from orchestration.returns.screening.layout import cells, matching, rows
from orchestration.returns.screening.meaning import content, groups, locations, measures
from orchestration.returns.screening.meaning.known_locations import KnownLocations, load_known_locations
from orchestration.returns.screening.outcomes import Incoming, Outcome
from orchestration.returns.screening.scratch_database import scratch_database

__all__ = ["ENGINE_VERSION", "Incoming", "Outcome", "Screener"]

ENGINE_VERSION = "7"
"""Increased whenever screening produces different observations for the same bytes and contract."""

_log = logging.getLogger(__name__)


class _Stopped(Exception):  # noqa: N818 - not an error: the file is refused
    """An early stage refused the file, so later stages cannot check it."""


class Screener:
    """Screens the submissions of one refresh, with the current references.

    `references` maps the code of each reference to its Parquet file.
    """

    def __init__(self, settings: Settings, contracts: Contracts, references: Mapping[str, Path]) -> None:
        self._settings = settings
        self._contracts = contracts
        self._references = dict(references)

    @cached_property
    def _known(self) -> KnownLocations:
        """The known locations, loaded once and deleted with the screener."""
        folder = Path(tempfile.mkdtemp(prefix="oversight-places-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return load_known_locations(self._contracts, self._references, folder)

    def screen(self, incoming: Incoming, target: Path | None = None) -> Outcome:
        """Screen one file; with `target`, write its Parquet files and `outcome.json` there by one rename.

        If screening itself fails, the file is refused for now (`file.not_screened`) and the reason is logged, so that
        no other file has to wait.
        """
        contract = self._contracts.returns[incoming.return_code]
        outcome = self._new_outcome(incoming)
        with scratch_database(self._settings) as (con, folder):
            problem_table.make_problems(con)
            try:
                with suppress(_Stopped):
                    self._stages(con, incoming, contract, outcome, folder)
            except Exception as error:
                _log.exception("screening of %s failed", incoming.submission_key)
                outcome = self._new_outcome(incoming)
                outcome.is_final = False
                reason = next(iter(str(error).splitlines()), type(error).__name__)
                problem_table.add(
                    con, [Problem("file.not_screened", f"'{incoming.file_name}' could not be screened: {reason}")]
                )
            outcomes.tally(con, outcome)
            if target is not None:
                outcomes.write(con, incoming, outcome, target)
        return outcome

    def _new_outcome(self, incoming: Incoming) -> Outcome:
        version = self._contracts.version(incoming.return_code)
        return Outcome(incoming.submission_key, incoming.return_code, contract_version=version)

    def _stages(
        self,
        con: duckdb.DuckDBPyConnection,
        incoming: Incoming,
        contract: ReturnContract,
        outcome: Outcome,
        folder: Path,
    ) -> None:
        """Run all stages in order. Raises _Stopped after a refusal in `file` or `structure`."""
        self._check_file(con, incoming, contract)
        fit = matching.choose_layout(con, incoming.path, incoming.file_name, contract.layouts, folder)
        if isinstance(fit, Problem):
            problem_table.add(con, [fit])
            raise _Stopped
        layout = fit.layout
        outcome.layout, outcome.sheet = layout.name, fit.sheet.name
        self._stop_on(con, fit.problems() + ([] if fit.match.missing else cells.missing_wide_columns(fit)))
        fixed = content.fixed_label(fit, incoming.period_hint, incoming.file_name)
        relations = {code: f"read_parquet({literal(str(path))})" for code, path in self._references.items()}
        self._stop_on(
            con,
            ([fixed] if isinstance(fixed, Problem) else [])
            + locations.missing_references(layout, self._known)
            + measures.missing_description(layout, relations),
        )
        wanted = rows.wanted_positions(fit)
        self._stop_on(con, reading.load_rows(con, fit.sheet, fit.header_row, wanted, incoming.file_name))
        problem_table.add(con, fit.sheet.warnings)
        rows.unfold(con, fit)
        self._stop_on(con, rows.repeated_columns(con, fit))
        self._stop_on(con, rows.make_sent(con, fit))
        self._known.create_tables(con)
        locations.make_places(con, layout)
        period_rules = measures.make_measures(con, contract, layout, relations)
        names = {"file": incoming.file_name, "sheet": fit.sheet.name or ""}
        label = None if isinstance(fixed, Problem) else fixed
        contradiction = itself.contradicted(label, names, period_rules[0]) if period_rules else None
        self._stop_on(con, [contradiction] if contradiction else [])
        cells.make_lines(con, fit)
        unfolded = cells.make_cells(con, fit)
        groups.make_groups(con, layout, unfolded.sets)
        content.make_periods(con, layout, label, period_rules)
        content.make_texts(con, contract, layout, unfolded)
        content.make_facts(con, contract, layout, unfolded)
        problem_table.make_headers(con, fit)
        content_checks.check_content(con, contract, fit, unfolded, self._known)
        against_references.check_locations(con, contract, fit)
        itself.check_itself(con, contract, fit, unfolded.figures, incoming.received_at)
        consistency.check_consistency(con, contract)
        self._count(con, unfolded, outcome)

    def _check_file(self, con: duckdb.DuckDBPyConnection, incoming: Incoming, contract: ReturnContract) -> None:
        """Check size and format before the file is read."""
        if incoming.turned_away:
            self._stop_on(con, [Problem("file.too_large", incoming.turned_away)])
        size = incoming.path.stat().st_size
        agreed = [layout.file.max_mb for layout in contract.layouts if layout.file.max_mb]
        limit = min([self._settings.max_file_mb, *([max(agreed)] if agreed else [])])
        problem: Problem | None = None
        if size == 0 or (size < 64 and not incoming.path.read_bytes().removeprefix(b"\xef\xbb\xbf").strip()):
            problem = Problem("file.empty", f"'{incoming.file_name}' is empty")
        elif size > limit << 20:
            problem = Problem(
                "file.too_large", f"'{incoming.file_name}' is {size / (1 << 20):.1f} MB; the limit is {limit} MB"
            )
        else:
            wanted = {layout.file.format for layout in contract.layouts}
            problem = sniffing.check_kind(incoming.path, incoming.file_name, set(wanted))
        self._stop_on(con, [problem] if problem else [])

    @staticmethod
    def _stop_on(con: duckdb.DuckDBPyConnection, problems: list[Problem]) -> None:
        """Record problems of an early stage. Raises _Stopped if one of them refuses the file."""
        problem_table.add(con, problems)
        if refuses(problems):
            raise _Stopped

    @staticmethod
    def _count(con: duckdb.DuckDBPyConnection, unfolded: cells.Unfolded, outcome: Outcome) -> None:
        """Record the counts in `outcome`. Raises OversightError unless they account for every cell."""
        row = con.execute(
            """SELECT (SELECT count(*) FROM sent), (SELECT count(*) FROM kept), (SELECT count(value) FROM kept),
                      (SELECT count(*) FROM repeats WHERE nth > 1),
                      (SELECT count(*) FROM facts WHERE period_no IS NULL AND measure_no IS NOT NULL),
                      (SELECT max(period_end) FROM periods WHERE period_no IN (SELECT period_no FROM kept)),
                      (SELECT count(*) FROM problems WHERE severity = 'error')"""
        ).fetchone()
        if row is None:
            return
        outcome.cells, outcome.filtered = unfolded.cells, unfolded.filtered
        outcome.rows, outcome.observations, outcome.values, outcome.collapsed, outcome.unreadable_periods = row[:5]
        outcome.latest_period_end = row[5].isoformat() if row[5] else None
        accounted = outcome.observations + outcome.collapsed + outcome.filtered + outcome.unreadable_periods
        if row[6] == 0 and accounted != outcome.cells:
            raise OversightError(
                f"Only {accounted} of {outcome.cells} cells are accounted for; report this fault of the screening."
            )
