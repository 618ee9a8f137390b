"""From a published number back to where it came from.

Belongs here: finding the number in a release and its way back to file, sheet, row and column. Does not
belong here: derived and aggregated numbers, which have more steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb

from orchestration.settings import Settings
from orchestration.warehouse.connection import connect_locked_down
from orchestration.warehouse.release import resolve_release

_KEY = ("return_code", "location_level", "characteristic", "category", "service_line")


@dataclass(frozen=True)
class Key:
    """The number asked for; what is None is left open."""

    measure_code: str
    location_code: str
    period_code: str
    return_code: str | None = None
    characteristic: str | None = None
    category: str | None = None
    service_line: str | None = None

    def in_words(self) -> str:
        """As a person would ask for it."""
        wanted = [self.measure_code, self.location_code, self.period_code, self.return_code,
                  self.characteristic, self.category, self.service_line]  # fmt: skip
        return ", ".join(part for part in wanted if part)

    def conditions(self) -> tuple[str, list[str]]:
        """A WHERE clause and its parameters."""
        wanted = {name: value for name, value in self.__dict__.items() if value is not None}
        return " AND ".join(f"{name} = ?" for name in wanted), list(wanted.values())


@dataclass
class Trace:
    """What was found: the versions of one number with their submissions, or the candidates if several fit."""

    release_id: str
    versions: list[dict[str, Any]] = field(default_factory=list)
    candidates: list[tuple[Any, ...]] = field(default_factory=list)
    candidate_columns: list[str] = field(default_factory=list)
    hint: str = ""

    def lines(self) -> Iterator[str]:
        """The way back, from the number to the cell, newest version first."""
        first = self.versions[0]
        group = "" if first["category"] == "Total" else f", {first['characteristic']} = {first['category']}"
        line = "" if first["service_line"] == "Total" else f", {first['service_line']}"
        yield f"{first['measure_name']} ({first['measure_code']}), {first['unit']}"
        yield f"{first['location_name']} ({first['location_code']}), {first['period_code']}{group}{line}"
        yield f"in release {self.release_id}"
        for version in self.versions:
            until = version["known_to"]
            standing = "in force" if until.year == 9999 else f"until {until:%Y-%m-%d %H:%M}"
            shown = "no value" if version["value"] is None else f"{version['value']:g}"
            status = f" [{version['value_status']}]" if version["value_status"] else ""
            yield ""
            since = f"{version['known_from']:%Y-%m-%d %H:%M} UTC"
            yield f"version {version['version_number']}: {shown}{status}, known from {since}, {standing}"
            if version["numerator"] is not None or version["denominator"] is not None:
                yield f"    numerator {_figure(version['numerator'])}, denominator {_figure(version['denominator'])}"
            if version["note"]:
                yield f"    note: {version['note']}"
            yield f"    submission {version['submission_key']}, received {version['received_at']:%Y-%m-%d %H:%M} UTC"
            yield f"    file {version['file_name']}, sha256 {version['sha256']}"
            sheet = f"sheet {version['sheet']}, " if version["sheet"] else ""
            yield f"    {sheet}row {version['source_row']}, column {version['source_column']}"


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:,.10g}"


def trace_number(settings: Settings, key: Key, release_id: str | None = None) -> Trace:
    """The number that `key` names in a release (default: the one in force), with every version of it."""
    folder = resolve_release(settings, release_id)
    with connect_locked_down(folder / "warehouse.duckdb", settings) as con:
        where, values = key.conditions()
        found = con.execute(
            f"SELECT DISTINCT {', '.join(_KEY)} FROM analysis.observation_history WHERE {where} ORDER BY ALL",
            values,
        ).fetchall()
        trace = Trace(folder.name)
        if not found:
            trace.hint = _hint(con, key)
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


def _hint(con: duckdb.DuckDBPyConnection, key: Key) -> str:
    """What to look at when a number is not there: the first part of the question that nothing fits."""
    made_of = con.execute(
        """SELECT return_code FROM marts.dim_measure WHERE measure_code = $1 AND measure_code NOT IN (
               SELECT measure_code FROM analysis.observation_history WHERE measure_code = $1)""",
        [key.measure_code],
    ).fetchone()
    if made_of:
        return f"nobody sent '{key.measure_code}'; if it is standardised, trace the counts of {made_of[0]}."
    for column, value, what in (
        ("measure_code", key.measure_code, "measure"),
        ("location_code", key.location_code, "location"),
        ("period_code", key.period_code, "period"),
    ):
        query = f"SELECT count(*) FROM analysis.observation_history WHERE {column} = ?"
        row = con.execute(query, [value]).fetchone()
        if row is None or row[0] == 0:
            return f"no number of any kind has {what} '{value}'."
    periods = con.execute(
        "SELECT string_agg(DISTINCT period_code, ', ' ORDER BY period_code) FROM analysis.observations "
        "WHERE measure_code = ? AND location_code = ?",
        [key.measure_code, key.location_code],
    ).fetchone()
    if periods and periods[0]:
        return f"this measure has these periods there: {periods[0]}."
    return "this measure does not cover this place; ask analysis.observations which it covers."
