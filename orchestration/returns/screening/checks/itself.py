"""The file compared with itself: figures, limits and periods that cannot all be right, whatever the references contain.

Contains checks that need only the file, its contract and the time of receipt. Not here: checks of the contract's own
ranges and identities (`consistency`), and comparisons with references (`against_references`).
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import duckdb

from orchestration.contracts.measures import PeriodRule
from orchestration.contracts.model import ReturnContract
from orchestration.foundation.sql import literal, sent_column
from orchestration.returns.periods import parse_period
from orchestration.returns.rules import Problem
from orchestration.returns.screening.checks.problem_table import Search, add, header_of, of_figures, record
from orchestration.returns.screening.layout.matching import Fit

EARLIEST = date(1900, 1, 1)
"""No return has figures from before: an earlier year is a typing error."""

_FEW = 0.01
"""Share of wrong limits above which columns are exchanged, and single limits not only mistyped."""

_ENOUGH = 20
"""Number of figures from which it is suspicious that all are equal or missing."""

_LIMITS = (("lower_95", "upper_95"), ("lower_99_8", "upper_99_8"))
_of_facts = partial(of_figures, "facts", "f")
_PARTS = ("numerator", "denominator")
_PEOPLE = ("count", "proportion", "rate")
_YEARS = re.compile(r"(?<!\d)(20\d\d)[-_/ ]?(\d\d)(?!\d)")
_FILLED = re.compile(r"^(\d{4})[-/](\d{2}|\d{4})$")


def check_itself(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, fit: Fit, figures: Sequence[str], received_at: datetime
) -> None:
    """Record figures, limits and periods that contradict others of the file, and drop limits that are out of order.

    `figures` are the roles of figures that the file has, such as `value` and `lower_95`.
    """
    labels = con.execute("SELECT DISTINCT label FROM period_labels WHERE label IS NOT NULL").fetchall()
    add(con, [problem for problem in [filled_down([label for (label,) in labels])] if problem])
    searches = [*_negative(contract), *_limits(con), *_separators(figures), *_digits(figures), *_lines(fit)]
    record(con, [*searches, *_periods(received_at.date()), *_uniform()])
    for lower, upper in _LIMITS:
        con.execute(
            f"""UPDATE facts SET {lower} = NULL, {upper} = NULL,
                note = concat_ws('; ', note, 'limits left out: the lower was above the upper')
            WHERE {lower} > {upper}"""
        )


def filled_down(labels: list[str]) -> Problem | None:
    """Return a problem if a spreadsheet counted the end of a year upwards: 2019-20, 2019-21, 2019-22."""
    ends: dict[str, set[int]] = {}
    for label in labels:
        if match := _FILLED.match(label.strip()):
            ends.setdefault(match[1], set()).add(int(match[2]) % 100)
    for first, counted in ends.items():
        series = range(min(counted), min(counted) + len(counted))
        if len(counted) >= 3 and counted == set(series) and min(counted) == (int(first) + 1) % 100:
            message = f"periods {first}-{min(counted):02d} to {first}-{max(counted):02d} all start in {first}"
            return Problem("period.filled_down", message, count=len(counted))
    return None


def contradicted(label: str | None, texts: dict[str, str], rule: PeriodRule) -> Problem | None:
    """Return a problem if the name of the file or sheet has another year (`2024-25`, `202425`) than its period."""
    period = parse_period(label, rule)
    if period is None:
        return None
    for where, text in texts.items():
        years = {int(first) for first, second in _YEARS.findall(text) if int(second) == (int(first) + 1) % 100}
        # A calendar year may be sent in a file of either financial year.
        later = 1 if period.kind.startswith("CY") else 0
        if years and not years & {period.start.year, period.start.year - later}:
            message = f"the period is '{label}', but the {where} '{text}' names another year"
            return Problem("period.contradicted", message, value=label)
    return None


def _negative(contract: ReturnContract) -> list[Search]:
    """Search for counts below zero; a contract that expects them gives the measure a minimum below zero."""
    allowed = [m.code for m in contract.measures if m.minimum is not None and m.minimum < 0]
    expected = "".join(f" AND m.measure_code <> {literal(code)}" for code in allowed)
    people = " OR ".join(f"m.value_type = {literal(kind)}" for kind in _PEOPLE)
    searches = [("value", f"m.value_type = 'count'{expected}")] + [(part, f"({people}){expected}") for part in _PARTS]
    return [
        Search(
            "value.negative",
            _of_facts(
                figure, f"m.measure_code || ': {figure} ' || f.{figure} || ' is negative'", f"f.{figure} < 0 AND {kind}"
            ),
            only_if=f"FROM facts WHERE {figure} < 0",
        )
        for figure, kind in searches
    ]


def _limits(con: duckdb.DuckDBPyConnection) -> list[Search]:
    """Search for limits in the wrong order, and values outside their limits; many wrong limits refuse the file."""
    searches = []
    for lower, upper in _LIMITS:
        counted = con.execute(
            f"""SELECT count(*) FILTER (WHERE {lower} > {upper}),
                       count(*) FILTER (WHERE value NOT BETWEEN {lower} AND {upper}), count({lower})
                FROM facts WHERE {upper} IS NOT NULL"""
        ).fetchone()
        wrong, outside, all_limits = counted or (0, 0, 0)
        message = f"m.measure_code || ': lower limit ' || f.{lower} || ' is above upper limit ' || f.{upper}"
        searches += [
            Search(
                "limits.reversed",
                _of_facts(lower, message, f"f.{lower} > f.{upper}"),
                "error" if wrong > _FEW * all_limits and wrong > 1 else "warning",
                f"FROM facts WHERE {lower} > {upper}",
            ),
            Search(
                "limits.exclude_value",
                _of_facts(
                    "value",
                    f"m.measure_code || ' is ' || f.value || ', not between ' || f.{lower} || ' and ' || f.{upper}",
                    f"f.value NOT BETWEEN f.{lower} AND f.{upper} AND f.{lower} <= f.{upper}",
                ),
                "error" if outside > _FEW * all_limits and outside > 1 else "warning",
                only_if=f"FROM facts WHERE value NOT BETWEEN {lower} AND {upper}",
            ),
        ]
    return searches


def _lines(fit: Fit) -> list[Search]:
    """Search for rows without a service line where others have one: a blank is not the total unless agreed."""
    line = fit.layout.service_line
    if not line.column or line.column not in fit.match.positions or "" in line.total:
        return []
    label = f"coalesce({sent_column(line.column)}, '')"
    return [
        Search(
            "line.blank",
            f"""SELECT min(first_row) AS source_row, {header_of(fit, line.column)} AS column_name, NULL AS value,
                       sum(row_count) AS occurrence_count,
                       sum(row_count) || ' rows have no service line, and others have one' AS message
                FROM line_keys WHERE {label} = '' AND row_count > 0
                    AND EXISTS (FROM line_keys WHERE {label} <> '' AND row_count > 0)
                HAVING count(*) > 0""",
        )
    ]


def _separators(figures: Sequence[str]) -> list[Search]:
    """Search for `5,505` in a measure that also has `5.505` or `5505`: it may mean either."""
    thousand, other = "'[0-9]{1,3},[0-9]{3}'", r"'[0-9]+\.[0-9]+|[0-9]{4,}'"
    searches = []
    for figure in figures:
        related = [text for text in figures if (text in _PARTS) == (figure in _PARTS)]
        others = " OR ".join(f"regexp_full_match({text}_text, {other})" for text in related)
        query = f"""
            SELECT source_row, header AS column_name, text AS value, 1 AS occurrence_count,
                   '''' || text || ''' may be a number of thousands or of decimals' AS message
            FROM (SELECT source_row, column_no, {figure}_text AS text,
                         bool_or({others}) OVER (PARTITION BY measure_no) AS others
                  FROM cells)
            LEFT JOIN headers USING (column_no) WHERE others AND regexp_full_match(text, {thousand})"""
        only_if = f"FROM texts WHERE regexp_full_match(text, {thousand})"
        searches.append(Search("value.ambiguous_separator", query, only_if=only_if))
    return searches


def _of_periods(message: str, condition: str) -> str:
    """Return a query for the labels of periods `p` that meet `condition`."""
    return f"""SELECT min(k.first_row) AS source_row, NULL AS column_name, l.label AS value,
                      sum(k.row_count) AS occurrence_count, {message} AS message
               FROM periods AS p JOIN period_labels AS l USING (period_key) JOIN period_keys AS k USING (period_key)
               WHERE {condition} AND k.row_count > 0 GROUP BY l.label"""


def _periods(received: date) -> list[Search]:
    """Search for periods that start after the file was received or before any return, and for days in a monthly
    return."""
    days = """FROM (SELECT label, regexp_extract(label, '([0-9]{1,2})[/-]([0-9]{1,2})[/-][0-9]{4}$',
                           ['day', 'month']) AS slashed,
                           try_cast(regexp_extract(label, '^[0-9]{4}-[0-9]{2}-([0-9]{2})', 1) AS INTEGER) AS iso_day
                    FROM periods JOIN period_labels USING (period_key) WHERE period_kind = 'month')"""
    return [
        Search(
            "period.in_future",
            _of_periods(
                f"'period ''' || l.label || ''' starts after {received}, the day on which the file was received'",
                f"p.period_start > DATE '{received}'",
            ),
            only_if=f"FROM periods WHERE period_start > DATE '{received}'",
        ),
        Search(
            "period.too_early",
            _of_periods(
                f"'period ''' || l.label || ''' is before {EARLIEST.year}'", f"p.period_start < DATE '{EARLIEST}'"
            ),
            only_if=f"FROM periods WHERE period_start < DATE '{EARLIEST}'",
        ),
        Search(
            "period.days_and_months_exchanged",
            f"""SELECT NULL AS source_row, NULL AS column_name, min(label) AS value, count(*) AS occurrence_count,
                       'dates such as ' || min(label) || ' may be written month first: all are in January' AS message
                {days} WHERE slashed.day <> '' HAVING max(CAST(slashed.month AS INTEGER)) = 1
                    AND max(CAST(slashed.day AS INTEGER)) BETWEEN 2 AND 12""",
            only_if="FROM periods WHERE period_kind = 'month'",
        ),
        Search(
            "period.day_ignored",
            f"""SELECT NULL AS source_row, NULL AS column_name, NULL AS value, count(*) AS occurrence_count,
                       'dates of months have ' || count(DISTINCT day) || ' different days; only the month was read'
                       AS message
                FROM (SELECT coalesce(iso_day, try_cast(slashed.day AS INTEGER)) AS day, * {days})
                WHERE day BETWEEN 2 AND 27 AND NOT (slashed.day <> '' AND slashed.month IN ('1', '01') AND day <= 12)
                HAVING count(*) > 0""",
            only_if="FROM periods WHERE period_kind = 'month'",
        ),
    ]


def _uniform() -> list[Search]:
    """Search for measures of which all figures are missing, or all values are equal."""
    query = f"""SELECT min(f.source_row) AS source_row, min(h.header) AS column_name, NULL AS value,
                       count(*) AS occurrence_count, m.measure_code || {{}} AS message
                FROM facts AS f JOIN measures AS m USING (measure_no) LEFT JOIN headers AS h USING (column_no)
                GROUP BY m.measure_code HAVING count(*) >= {_ENOUGH} AND {{}}"""
    empty = "count(coalesce(f.value, f.numerator, f.denominator)) = 0"
    equal = f"count(f.value) >= {_ENOUGH} AND min(f.value) = max(f.value) AND min(f.value) <> 0"
    return [
        Search("value.all_missing", query.format("': all ' || count(*) || ' figures are missing'", empty)),
        Search("value.all_equal", query.format("': all ' || count(*) || ' values are ' || min(f.value)", equal)),
    ]


def _digits(figures: Sequence[str]) -> list[Search]:
    """Search for figures that a spreadsheet has shortened: 1.22E+07 has three digits of eight."""
    shortened = r"'[0-9](\.[0-9]{1,4})?[eE]\+?[0-9]{2}'"
    return [
        Search(
            "value.digits_lost",
            f"""SELECT min(source_row) AS source_row, min(header) AS column_name, min({figure}_text) AS value,
                       count(*) AS occurrence_count,
                       'figures such as ' || min({figure}_text) || ' have lost their last digits' AS message
                FROM cells LEFT JOIN headers USING (column_no)
                WHERE regexp_full_match({figure}_text, {shortened}) HAVING count(*) > 0""",
            only_if=f"FROM texts WHERE regexp_full_match(text, {shortened})",
        )
        for figure in figures
    ]
