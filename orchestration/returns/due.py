"""Due dates of returns, and the status of every return.

Contains due dates, lateness and waivers. Not here: printing them.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from orchestration.contracts.load import Contracts
from orchestration.contracts.model import ReturnContract
from orchestration.returns.intake import Screened

State = Literal["up to date", "due", "late", "waived", "never sent", "no due date"]
_MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
_SOON = timedelta(days=31)
_WORDS = re.compile(r"(?P<months>\d+) months? after the period ends(, with (?P<grace>\d+) days of grace)?")


def due_in_words(contract: ReturnContract) -> str:
    """Return the due rule in words, for example `8 months after the period ends`."""
    months = contract.due.months_after_period_end
    grace = f", with {contract.due.grace_days} days of grace" if contract.due.grace_days else ""
    return f"{months} {'month' if months == 1 else 'months'} after the period ends{grace}"


def due_date(contract: ReturnContract, period_end: date) -> date:
    """Return the due date for a period that ended on `period_end`, including days of grace."""
    return _after(period_end, contract.due.months_after_period_end, contract.due.grace_days)


def due_by_words(words: str, period_end: date) -> date | None:
    """Return the due date by a rule that `due_in_words` wrote; None if `words` is not such a rule."""
    if not (match := _WORDS.fullmatch(words)):
        return None
    return _after(period_end, int(match["months"]), int(match["grace"] or 0))


def _after(day: date, months: int, days: int) -> date:
    months += day.year * 12 + day.month - 1
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1])) + timedelta(days=days)


@dataclass(frozen=True)
class ReturnStatus:
    """Status of one return: latest accepted submission, next due date, refusals since."""

    return_code: str
    department_code: str
    state: State
    latest_period_end: date | None
    latest_received: str | None
    next_due: date | None
    refused_since: tuple[str, ...]
    reason: str | None = None


def next_period_end(contract: ReturnContract, period_end: date) -> date | None:
    """Return the last day of the period after the one that ended on `period_end`; None without a fixed cadence."""
    step = _MONTHS.get(contract.cadence)
    if step is None:
        return None
    months = period_end.year * 12 + period_end.month - 1 + step
    year, month = months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    was_last = period_end.day == calendar.monthrange(period_end.year, period_end.month)[1]
    return date(year, month, last if was_last else min(period_end.day, last))


def standings(contracts: Contracts, screened: list[Screened], today: date) -> list[ReturnStatus]:
    """Return the status on `today` of every return that has a contract."""
    return [_status(contract, screened, today) for contract in contracts.returns.values()]


def _status(contract: ReturnContract, screened: list[Screened], today: date) -> ReturnStatus:
    own = [s for s in screened if s.receipt.return_code == contract.return_code]
    accepted = [s for s in own if s.outcome == "accepted"]
    latest = accepted[-1] if accepted else None
    since = tuple(
        s.receipt.file_name
        for s in own
        if s.outcome == "refused" and (latest is None or s.receipt.received_at > latest.receipt.received_at)
    )
    if latest is None:
        return ReturnStatus(contract.return_code, contract.department, "never sent", None, None, None, since)
    ends = [date.fromisoformat(str(s.facts["latest_period_end"])) for s in accepted if s.facts.get("latest_period_end")]
    end = max(ends, default=None)
    received = latest.receipt.received_at.date().isoformat()
    following = next_period_end(contract, end) if end else None
    if following is None:
        return ReturnStatus(contract.return_code, contract.department, "no due date", end, received, None, since)
    waiver = next((w for w in contract.waivers if w.period_end == following), None)
    due = due_date(contract, following)
    state: State = "up to date"
    if waiver is not None:
        state = "waived"
    elif today > due:
        state = "late"
    elif due - today <= _SOON:
        state = "due"
    reason = f"{waiver.reason} ({waiver.granted_by})" if waiver else None
    return ReturnStatus(contract.return_code, contract.department, state, end, received, due, since, reason)
