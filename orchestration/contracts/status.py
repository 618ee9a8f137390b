"""Statuses of figures in words: why a value is missing, and when a component with an as-at lag was known.

Contains the shorthand of the Government Statistical Service as this project words it. Not here: how a status is read
from a file (`orchestration.returns.screening.meaning`).
"""

ABSENT = {
    "x": "not available: the department did not send a figure",
    "z": "not applicable: no such figure can exist",
    "c": "suppressed to protect people's confidentiality",
    "u": "unreliable: too few people were surveyed",
    "low": "rounds to zero",
    "k": "rounds to zero",
}
"""The meaning of each status of a figure without a value, after the Government Statistical Service's shorthand."""


def known_after(months: int, days: int) -> str:
    """Return when a component with an as-at lag is read: `as known 10 months after the end of the period`."""
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((months, "month"), (days, "day")) if count
    ]
    return (
        f"as known {' and '.join(parts)} after the end of the period" if parts else "as known at the end of the period"
    )
