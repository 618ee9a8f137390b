"""From a published figure back to its source.

Contains finding the figure in a release, and tracing it to file, sheet, row and column, or to the figures from which it
was calculated. Not here: why a figure is missing (`absence`), the source cells of a calculated figure (`sources`), and
the assurance of the whole release (`assurance`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.contracts.status import ABSENT, known_after
from orchestration.dictionary.figures import MADE
from orchestration.foundation.database import connect_locked_down
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.catalogue import TIER, resolve_release
from orchestration.warehouse.store.read_lock import reading
from orchestration.warehouse.trace.absence import explain_absence
from orchestration.warehouse.trace.assurance import vouched
from orchestration.warehouse.trace.figure_key import Key
from orchestration.warehouse.trace.sources import rests_on

_PERIODS = {"same": "of the same period", "within": "on its last date within the period"}
_ORIGINS = {
    "derived": "derived from other measures",
    "aggregate": "sum over locations",
    "total of service lines": "a total of service lines",
    "standardised": "standardised by age",
}
_KEY = ("return_code", "location_level", "characteristic", "category", "service_line")


@dataclass
class Trace:
    """The result: the versions of one figure with their submissions, or the candidates if several match."""

    release_id: str
    versions: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[tuple[Any, ...]] = field(default_factory=list)
    candidate_columns: list[str] = field(default_factory=list)
    hint: str = ""
    made: dict[str, Any] | None = None
    parts: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    vouchers: list[str] = field(default_factory=list)

    @property
    def is_there(self) -> bool:
        """Whether any figure matches."""
        return bool(self.versions or self.candidates or self.made)

    def lines(self) -> Iterator[str]:
        """Yield lines from the figure back to the cell, newest version first, or to its components."""
        first = self.made or self.versions[0]
        group = "" if first["category"] == "Total" else f", {first['characteristic']} = {first['category']}"
        line = "" if first["service_line"] == "Total" else f", {first['service_line']}"
        yield f"{first['measure_name']} ({first['measure_code']}), {first['unit']}"
        yield f"{first['location_name']} ({first['location_code']}), {first['period_code']}{group}{line}"
        yield f"in release {self.release_id}"
        if self.made is not None:
            yield from self._making(self.made)
        for version in self.versions:
            until = version["known_to"]
            standing = "current" if until.year == 9999 else f"until {until:%Y-%m-%d %H:%M}"
            shown = "no value" if version["value"] is None else f"{version['value']:g}"
            status = f" [{version['value_status']}]" if version["value_status"] else ""
            yield ""
            since = f"{version['known_from']:%Y-%m-%d %H:%M} UTC"
            yield f"version {version['version_number']}: {shown}{status}, known from {since}, {standing}"
            if version["numerator"] is not None or version["denominator"] is not None:
                yield f"    numerator {_figure(version['numerator'])}, denominator {_figure(version['denominator'])}"
            if version["value"] is None and version["value_status"] in ABSENT:
                yield f"    {ABSENT[version['value_status']]}"
            if version["note"]:
                yield f"    note: {version['note']}"
            yield f"    submission {version['submission_key']}, received {version['received_at']:%Y-%m-%d %H:%M} UTC"
            yield f"    file {version['file_name']}, sha256 {version['sha256']}"
            sheet = f"sheet {version['sheet']}, " if version["sheet"] else ""
            yield f"    {sheet}row {version['source_row']}, column {version['source_column']}"
        yield ""
        yield from self.vouchers

    def _making(self, made: dict[str, Any]) -> Iterator[str]:
        shown = "no value" if made["value"] is None else f"{made['value']:g}"
        status = f" [{made['value_status']}]" if made["value_status"] else ""
        yield ""
        yield f"{shown}{status}, calculated: {_ORIGINS[made['origin']]}"
        if made["numerator"] is not None or made["denominator"] is not None:
            yield f"    numerator {_figure(made['numerator'])}, denominator {_figure(made['denominator'])}"
        if made["lower_95"] is not None:
            yield f"    95% limits {made['lower_95']:g} to {made['upper_95']:g} ({made['limits_method'] or 'supplied'})"
        if made["reason"]:
            yield f"    {made['reason']}"
        yield "calculated from"
        for part in self.parts:
            yield f"    {part}"
        yield from self.cells


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:,.10g}"


def trace_number(settings: Settings, key: Key, release_id: str | None = None, tier: str = TIER) -> Trace:
    """Return the figure of `key` in a release of `tier` (default: the current one), with all its versions."""
    folder = resolve_release(settings, release_id, tier)
    with reading(folder), connect_locked_down(folder / "warehouse.duckdb", settings) as con:
        where, values = key.conditions()
        trace = Trace(folder.name, vouchers=vouched(settings, folder, tier))
        found = con.execute(
            f"SELECT DISTINCT {', '.join(_KEY)} FROM analysis.observation_history WHERE {where} ORDER BY ALL",
            values,
        ).fetchall()
        if not found:
            made = _worked_out(con, where, values)
            if not made:
                trace.hint = explain_absence(con, key)
            elif len(made) > 1:
                trace.candidate_columns = list(_KEY)
                trace.candidates = [tuple(one[name] for name in _KEY) for one in made]
            else:
                trace.made, trace.parts = made[0], _parts(con, made[0])
                trace.cells = rests_on(con, made[0])
            return trace
        trace.versions = _versions(con, where, values)
        if len(found) > 1:
            trace.candidates, trace.candidate_columns = found, list(_KEY)
        return trace


def _versions(con: duckdb.DuckDBPyConnection, where: str, values: list[str]) -> list[dict[str, Any]]:
    result = con.execute(
        f"""SELECT h.*, s.file_name, s.sha256, s.sheet
            FROM (SELECT * FROM analysis.observation_history WHERE {where}) AS h
            LEFT JOIN analysis.submissions AS s USING (submission_key)
            ORDER BY h.version_number DESC""",
        values,
    )
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _worked_out(con: duckdb.DuckDBPyConnection, where: str, values: list[str]) -> list[dict[str, Any]]:
    """Return the calculated figures that match."""
    result = con.execute(f"SELECT * FROM {MADE} WHERE {where} ORDER BY ALL", values)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _parts(con: duckdb.DuckDBPyConnection, made: dict[str, Any]) -> list[str]:
    """Yield lines about the components of a calculated figure, and how to trace them."""
    if made["origin"] == "derived":
        components = con.execute(
            """SELECT side, weight, figure, component_name, component_measure_code, period_rule, pin_months, pin_days
               FROM marts.bridge_measure_component WHERE measure_code = ? ORDER BY component_number""",
            [made["measure_code"]],
        ).fetchall()
        lines = []
        for side, weight, figure, name, code, rule, months, days in components:
            times = "" if weight == 1 else f"{weight:g} × "
            pinned = f", {known_after(months, days)}" if months is not None else ""
            lines.append(f"{side}: {times}{name}, the {figure} of {code}, {_PERIODS[rule]}{pinned}")
        return lines
    if made["origin"] == "aggregate":
        return [
            f"the figures of the locations within {made['location_name']}, of which {made['coverage']:.0%} have one"
        ]
    if made["origin"] == "standardised":
        return [f"the counts and population by age in {made['return_code']}"]
    return ["the same measure of each service line"]
