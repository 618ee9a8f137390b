"""The reason why a figure is missing, in one sentence that names what to do.

Contains queries of a release for that reason. Not here: a figure that is published without a value; its status has the
reason (`tracing`).

Reasons are tried in this order: unknown measure, location or period; a level of location that is not reported; a period
that has not been received, was refused or was never collected; a location that did not exist; a group without figures.
"""

from datetime import date

import duckdb

from orchestration.contracts.measures import PeriodRule
from orchestration.dictionary.figures import FIGURES
from orchestration.foundation import clock
from orchestration.returns.due import due_by_words
from orchestration.returns.periods import parse_period
from orchestration.warehouse.trace.figure_key import Key

_NEAR = 0.8
"""The Jaro-Winkler similarity above which a code is suggested."""


def explain_absence(con: duckdb.DuckDBPyConnection, key: Key) -> str:
    """Return the reason why the release that `con` reads has no figure for `key`."""
    for find in (_unknown, _never_sent, _wrong_level, _not_the_period, _not_the_place):
        if reason := find(con, key):
            return reason
    return _not_the_group(con, key)


def _unknown(con: duckdb.DuckDBPyConnection, key: Key) -> str | None:
    for table, column, value, what in (
        ("dim_measure", "measure_code", key.measure_code, "measure"),
        ("dim_location", "location_code", key.location_code, "location"),
    ):
        if _one(con, f"SELECT 1 FROM marts.{table} WHERE {column} = ?", value) is None:
            near = _one(
                con,
                f"SELECT {column} FROM marts.{table} WHERE jaro_winkler_similarity({column}, $1) >= {_NEAR} "
                f"ORDER BY jaro_winkler_similarity({column}, $1) DESC, {column} LIMIT 1",
                value,
            )
            return f"the release has no {what} '{value}'" + (f"; did you mean '{near}'?" if near else ".")
    return None


def _never_sent(con: duckdb.DuckDBPyConnection, key: Key) -> str | None:
    """Return the reason for a measure of the contracts that has no figure in the release."""
    if _one(con, f"SELECT 1 FROM {FIGURES} WHERE measure_code = ? LIMIT 1", key.measure_code):
        return None
    sender = _one(con, "SELECT return_code FROM marts.dim_measure WHERE measure_code = ?", key.measure_code)
    accepted = _one(
        con, "SELECT 1 FROM marts.dim_submission WHERE return_code = ? AND submission_status = 'accepted'", sender
    )
    if not accepted:
        return _refused(con, sender) or f"no file of {sender} has been received yet."
    return f"no file of {sender} contains this measure."


def _wrong_level(con: duckdb.DuckDBPyConnection, key: Key) -> str | None:
    there = _one(
        con,
        f"""SELECT 1 FROM {FIGURES} WHERE measure_code = ? AND location_level IN (
               SELECT location_level FROM marts.dim_location WHERE location_code = ?) LIMIT 1""",
        key.measure_code,
        key.location_code,
    )
    if there:
        return None
    level, name = con.execute(
        "SELECT location_level, location_name FROM marts.dim_location WHERE location_code = ?", [key.location_code]
    ).fetchall()[0]
    levels = _one(
        con,
        f"SELECT string_agg(DISTINCT location_level, ', ' ORDER BY location_level) FROM {FIGURES} "
        "WHERE measure_code = ?",
        key.measure_code,
    )
    return f"{name} is a {_plain(level)}; this measure is published by {_plain(levels)} only."


def _not_the_period(con: duckdb.DuckDBPyConnection, key: Key) -> str | None:
    if _one(
        con,
        f"SELECT 1 FROM {FIGURES} WHERE measure_code = ? AND period_code = ? LIMIT 1",
        key.measure_code,
        key.period_code,
    ):
        return None
    sender, rule, last = con.execute(
        f"""SELECT measure.return_code, sender.due_rule, (
               SELECT max(period_end) FROM {FIGURES} WHERE measure_code = measure.measure_code)
           FROM marts.dim_measure AS measure
           LEFT JOIN marts.dim_return AS sender ON measure.return_code = sender.return_code
           WHERE measure.measure_code = ?""",
        [key.measure_code],
    ).fetchall()[0]
    dates = _dates(con, key.period_code)
    if dates is None:
        return f"'{key.period_code}' is not a period; {_periods(con, key)}"
    begin, end = dates
    if last is not None and begin > last:
        if refused := _refused(con, sender):
            return refused
        due = due_by_words(rule or "", end)
        if due is None:
            return f"no file of {sender} for {key.period_code} has been received."
        if due > clock.today():
            return f"{sender} for {key.period_code} is not due until {due:%-d %B %Y}."
        return f"{sender} for {key.period_code} was due by {due:%-d %B %Y} and has not been received."
    return f"{key.period_code} was not collected; {_periods(con, key)}"


def _dates(con: duckdb.DuckDBPyConnection, code: str) -> tuple[date, date] | None:
    """Return the first and last day of a period, even if no return has it yet."""
    row = con.execute("SELECT period_start, period_end FROM marts.dim_period WHERE period_code = ?", [code]).fetchone()
    if row:
        return row[0], row[1]
    # In the format of the warehouse: `2025-03` is a month, whatever departments mean by it.
    read = parse_period(code, PeriodRule(kind="month")) or parse_period(code, PeriodRule(kind="auto"))
    return (read.start, read.end) if read else None


def _refused(con: duckdb.DuckDBPyConnection, sender: object) -> str | None:
    """Return the reason if the newest file of a return was refused."""
    newest = con.execute(
        """SELECT file_name, received_at, outcome FROM marts.dim_submission
           WHERE return_code = ? AND outcome IN ('accepted', 'refused') ORDER BY received_at DESC LIMIT 1""",
        [sender],
    ).fetchone()
    if newest is None or newest[2] != "refused":
        return None
    return (
        f"the newest file of {sender}, {newest[0]} of {newest[1]:%-d %B %Y}, was refused; see analysis.screening for "
        "the problems."
    )


def _not_the_place(con: duckdb.DuckDBPyConnection, key: Key) -> str | None:
    values = [key.measure_code, key.period_code, key.location_code]
    if _one(
        con,
        f"SELECT 1 FROM {FIGURES} WHERE measure_code = ? AND period_code = ? AND location_code = ? LIMIT 1",
        *values,
    ):
        return None
    begin, end = con.execute(
        "SELECT period_start, period_end FROM marts.dim_period WHERE period_code = ?", [key.period_code]
    ).fetchall()[0]
    name, since, until = con.execute(
        "SELECT location_name, valid_from, valid_to FROM marts.dim_location WHERE location_code = ? "
        "ORDER BY valid_to DESC NULLS FIRST LIMIT 1",
        [key.location_code],
    ).fetchall()[0]
    if since is not None and since > end:
        return f"{name} has had this code since {since:%-d %B %Y}; see bridge_location_successor for its predecessor."
    if until is not None and until < begin:
        return f"{name} had this code until {until:%-d %B %Y}; see bridge_location_successor for its successor."
    return f"other locations have a figure for that period, but {name} has none; {_periods(con, key)}"


def _not_the_group(con: duckdb.DuckDBPyConnection, key: Key) -> str:
    groups = _one(
        con,
        f"""SELECT string_agg(DISTINCT characteristic || ' = ' || category || ' (' || service_line || ')', ', ')
           FROM {FIGURES} WHERE measure_code = ? AND period_code = ? AND location_code = ?""",
        key.measure_code,
        key.period_code,
        key.location_code,
    )
    return f"it is published, but not for this group; the groups are (service line in brackets) {groups}."


def _periods(con: duckdb.DuckDBPyConnection, key: Key) -> str:
    """Return the periods of the measure, at the location if it has any there."""
    for where, values in (
        ("AND location_code = ?", [key.measure_code, key.location_code]),
        ("", [key.measure_code]),
    ):
        found = _one(
            con,
            "SELECT string_agg(period_code, ', ' ORDER BY period_start, period_code) FROM ("
            f"SELECT DISTINCT period_code, period_start FROM {FIGURES} WHERE measure_code = ? {where})",
            *values,
        )
        if found:
            return f"the periods of this measure{' there' if where else ''} are {found}."
    return "this measure has no figures."


def _plain(levels: object) -> str:
    return str(levels).replace("_", " ")


def _one(con: duckdb.DuckDBPyConnection, query: str, *values: object) -> object:
    """Return the first value of the first row; None without rows."""
    row = con.execute(query, list(values)).fetchone()
    return row[0] if row else None
