"""Statuses of figures in words: why a value is missing, and when a component with an as-at lag was known.

Contains the shorthand of the Government Statistical Service as this project words it. Not here: how a status is read
from a file (`orchestration.returns.screening.meaning`).
"""

ABSENT = {
    "x": "not available: the department sent no figure",
    "z": "not applicable: no such figure can exist",
    "c": "suppressed: it is known and not told, since it would tell of people",
    "u": "withheld: too few people were asked for it to be relied on",
    "low": "rounds to zero",
    "k": "rounds to zero",
}
"""What a figure without a value says by its status, after the Government Statistical Service's shorthand."""


def known_after(months: int, days: int) -> str:
    """When a pinned component is taken: `as known 10 months after the end of the period`."""
    said = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in ((months, "month"), (days, "day")) if count]
    return f"as known {' and '.join(said)} after the end of the period" if said else "as known at the end of the period"
