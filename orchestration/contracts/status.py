"""Statuses of figures in words: why a value is missing, and when a component with an as-at lag was known.

Contains the shorthand of the Government Statistical Service as this project words it. Not here: how a status is read
from a file (`orchestration.returns.screening.meaning`).
"""

ABSENT = {
    "x": "not available: the department sent no figure",
    "z": "not applicable: no such figure can exist",
    "c": "suppressed to protect confidentiality",
    "u": "withheld as unreliable: too few people were asked",
    "low": "rounds to zero",
    "k": "rounds to zero",
}
"""Reasons why a value is missing, by status, after the Government Statistical Service's shorthand."""


def known_after(months: int, days: int) -> str:
    """Return an as-at lag in words, such as `as known 10 months after the end of the period`."""
    lags = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((months, "month"), (days, "day")) if count]
    return f"as known {' and '.join(lags)} after the end of the period" if lags else "as known at the end of the period"
