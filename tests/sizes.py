"""How much of an expensive test is run: a short form in `make test`, the full one in `make slow`.

Contains the choice. Nothing is tested in `make slow` alone: the short form tries the same with fewer repetitions.
"""

import os
from typing import TypeVar

T = TypeVar("T")

FULL = os.environ.get("OVERSIGHT_TESTS") == "full"
"""True in `make slow`."""


def sized(short: T, full: T) -> T:
    """Return `full` in `make slow`, else `short`."""
    return full if FULL else short
