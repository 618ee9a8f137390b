"""Period labels read as periods: `2022/23`, `2025 (prov)`, `2011-01-01T00:00:00/P3Y`.

Contains every form in which departments write a period, read once for each distinct label. Not here: the period rule
of a measure (its contract).

Codes, as docs/modelling.md explains them: `FY2022-23`, `AY2022-23`, `CY2023`, `2024-Q4`, `2024-03`, `2024-03-31`,
`CY2020-22`, `FY2014-17`, `AY2013-16`, `JY2022-23`. Financial years run from 1 April, academic years from 1 September,
and years of kind JY from 1 July, as Australian financial years do.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from orchestration.contracts.measures import PeriodRule

_EARLIEST, _LATEST = 1800, 2199
_FIRST_MONTH = {"FY": 4, "AY": 9, "CY": 1, "JY": 7}
_NOTES = {
    "prov": "p", "provisional": "p", "p": "p", "rev": "r", "revised": "r", "r": "r",
    "final": "", "ot": "", "e": "e", "estimate": "e",
}  # fmt: skip
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_NOTE = re.compile(r"\s*[(\[]\s*([A-Za-z]+)\s*[)\]]\s*$")
_YEAR = re.compile(r"^(\d{4})$")
_SHORT_SPAN = re.compile(r"^(\d{4})\s*[-/\u2013]\s*(\d{2}|\d{4})$")
_LONG_SPAN = re.compile(r"^(\d{4})\s*[-/]\s*(\d{2}|\d{4})\s*[-\u2013]\s*(\d{2}|\d{4})\s*[-/]\s*(\d{2})$")
_COMPACT_YEAR = re.compile(r"^(\d{4})(\d{2})$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00(?:\.0+)?)?$")
_UK_DAY = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")
_MONTH_NAME = re.compile(r"^([A-Za-z]{3})[a-z]*[ -](\d{4})$")
_QUARTER = re.compile(r"^(\d{4})[ -]?Q([1-4])$")
_INTERVAL = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:T00:00:00)?/P(\d+)([YM])$")
_CODE = re.compile(r"^(FY|AY|CY|JY)\s?(\d{4})(?:[-/](\d{2}|\d{4}))?$")


@dataclass(frozen=True)
class Period:
    """Period with its code, kind, first and last day, and the status in its label ('' if none)."""

    code: str
    kind: str
    start: date
    end: date
    status: str = ""


def _years(kind: str, first: int, last: int) -> Period:
    """Return the period of whole years from the one that starts in `first` to the one that starts in `last`."""
    month = _FIRST_MONTH[kind]
    start = date(first, month, 1)
    end = date(last + 1, month, 1) - timedelta(days=1)
    if kind == "CY":
        return Period(f"CY{first}" if first == last else f"CY{first}-{last % 100:02d}", kind, start, end)
    return Period(f"{kind}{first}-{(last + 1) % 100:02d}", kind, start, end)


def _span(kind: str, first: int, last: int) -> Period | None:
    """Return one or several years as one period; None if they run backwards or last over thirty years."""
    if not 0 <= last - first < 30:
        return None
    period = _years(kind, first, last)
    if first == last:
        return period
    return Period(period.code, f"{kind}_span", period.start, period.end)


def _full(first: int, written: str) -> int:
    """Return the year that `written` means after `first`: `99` after 1998 is 1999, `01` after 1999 is 2001."""
    if len(written) == 4:
        return int(written)
    year = first - first % 100 + int(written)
    return year if year >= first else year + 100


def _day(day: date) -> Period:
    return Period(day.isoformat(), "day", day, day)


def _month(year: int, month: int) -> Period | None:
    if not 1 <= month <= 12:
        return None
    last = date(year, month, calendar.monthrange(year, month)[1])
    return Period(f"{year}-{month:02d}", "month", last.replace(day=1), last)


def _quarter(year: int, quarter: int) -> Period:
    start = date(year, 3 * quarter - 2, 1)
    end = date(year, 3 * quarter, calendar.monthrange(year, 3 * quarter)[1])
    return Period(f"{year}-Q{quarter}", "quarter", start, end)


def _date_in(label: str, rule: PeriodRule) -> date | None:
    if match := _DAY.match(label):
        year, month, day = map(int, match.groups())
    elif match := _UK_DAY.match(label):
        day, month, year = map(int, match.groups())
    else:
        return None
    try:
        moment = date(year, month, day)
    except ValueError:
        return None
    if rule.snap == "month_end":
        moment = moment.replace(day=calendar.monthrange(moment.year, moment.month)[1])
    return moment


def _interval(label: str) -> Period | None:
    """Return the period of an ISO 8601 interval of start and duration; whole years from January, April, July or
    September have a kind. ONS writes academic years as intervals that start in August."""
    match = _INTERVAL.match(label)
    if not match:
        return None
    year, month, day, count = (int(part) for part in match.groups()[:4])
    if day != 1 or count == 0:
        return None
    if match[5] == "Y":
        kind = next((k for k, m in _FIRST_MONTH.items() if m == month), "AY" if month == 8 else None)
        return _span(kind, year, year + count - 1) if kind else None
    if count == 1:
        return _month(year, month)
    if count == 3 and month % 3 == 1:
        return _quarter(year, (month + 2) // 3)
    return None


def _of_years(label: str, rule: PeriodRule) -> Period | None:
    """Return the period of a label that consists of years, read as years of `rule.kind`."""
    kind = rule.kind
    if match := _LONG_SPAN.match(label):
        first = int(match[1])
        last_start = _full(first, match[3])
        return _span(kind, first, last_start)
    if match := _SHORT_SPAN.match(label):
        first = int(match[1])
        second = _full(first, match[2])
        if kind == "CY":
            return _span(kind, first, second)
        return _span(kind, first, second - 1) if second > first else None
    if match := _YEAR.match(label):
        year = int(match[1])
        if not _EARLIEST <= year <= _LATEST:
            return None
        start = year - 1 if kind != "CY" and rule.year_label == "ends" else year
        return _years(kind, start, start)
    if match := _COMPACT_YEAR.match(label):
        first, second = int(match[1]), int(match[2])
        return _years(kind, first, first) if kind != "CY" and (first + 1) % 100 == second else None
    if moment := _date_in(label, rule):
        # "Year ending 31 March 2007": the year of this kind that ends on that day.
        period = _years(kind, moment.year - (0 if kind == "CY" else 1), moment.year - (0 if kind == "CY" else 1))
        return period if period.end == moment else None
    return None


def _auto(label: str, rule: PeriodRule) -> Period | None:
    """Return the period by its form: `2010/12` and `2010-11` are financial years, `2010-12` is calendar years."""
    if match := _LONG_SPAN.match(label):
        return _of_years(label, rule.model_copy(update={"kind": "FY"}))
    if _YEAR.match(label):
        return _of_years(label, rule.model_copy(update={"kind": "CY"}))
    if match := _SHORT_SPAN.match(label):
        slash = "/" in label
        kind = "FY" if slash or int(match[2]) % 100 == (int(match[1]) + 1) % 100 else "CY"
        return _of_years(label, rule.model_copy(update={"kind": kind}))
    if moment := _date_in(label, rule):
        return _day(moment)
    return None


def is_period(label: str) -> bool:
    """Return True if any rule reads `label` as a period; the right rule depends on the measure."""
    return any(
        parse_period(label, PeriodRule(kind=kind)) for kind in get_args(PeriodRule.model_fields["kind"].annotation)
    )


def parse_period(label: str | None, rule: PeriodRule) -> Period | None:
    """Return the period that `label` means under `rule`, or None if it cannot be read.

    A note such as `(prov)` or `(Rev)` is returned as `Period.status`.
    """
    if label is None:
        return None
    text = label.strip()
    status = ""
    while match := _NOTE.search(text):
        word = match[1].lower()
        if word not in _NOTES:
            return None
        status = status or _NOTES[word]
        text = text[: match.start()].strip()
    try:
        period = _read(text, rule)
    except ValueError:  # an impossible year or day, such as 0000-01
        return None
    if period is None or not _EARLIEST <= period.start.year <= _LATEST:
        return None
    if not status:
        return period
    return Period(period.code, period.kind, period.start, period.end, status)


def _read(text: str, rule: PeriodRule) -> Period | None:
    if match := _CODE.match(text):
        kind, years = match[1], text[2:].strip()
        starts = rule.model_copy(update={"kind": kind, "year_label": "starts" if kind == "CY" else "ends"})
        return _of_years(years, starts)
    if match := _QUARTER.match(text):
        return _quarter(int(match[1]), int(match[2]))
    if interval := _interval(text):
        return interval
    if rule.kind in _FIRST_MONTH:
        return _of_years(text, rule)
    if rule.kind == "iso_interval":
        return _of_years(text, rule.model_copy(update={"kind": "CY"}))
    if rule.kind == "day":
        if moment := _date_in(text, rule):
            return _day(moment)
        if (match := _YEAR.match(text)) and rule.month_day:
            return _day(date.fromisoformat(f"{match[1]}-{rule.month_day}"))
        return None
    if rule.kind == "auto" and (period := _auto(text, rule)):
        # Before months: departments write `2010-11` for a year.
        return period
    if match := _MONTH.match(text):
        return _month(int(match[1]), int(match[2]))
    if (match := _MONTH_NAME.match(text)) and match[1].lower() in _MONTHS:
        return _month(int(match[2]), _MONTHS[match[1].lower()])
    if rule.kind == "month":
        if moment := _date_in(text, rule):
            return _month(moment.year, moment.month)
        if (match := _YEAR.match(text)) and rule.month_day:
            return _month(int(match[1]), int(rule.month_day[:2]))
        return None
    return None
