"""How much of an expensive test is run: a short form in `make test`, the full one in `make slow`.

Contains the choice. Nothing is tested in `make slow` alone: the short form tries the same with fewer repetitions.
"""

import os
from typing import TypeVar

import pytest

T = TypeVar("T")

FULL = os.environ.get("OVERSIGHT_TESTS") == "full"
"""True in `make slow`."""


def sized(short: T, full: T) -> T:
    """Return `full` in `make slow`, else `short`."""
    return full if FULL else short


def only_full(short_form: str) -> pytest.MarkDecorator:
    """Skip a test in `make test` that has its short form in another place, which the reason names."""
    return pytest.mark.skipif(not FULL, reason=f"runs in `make slow`; its short form is {short_form}")
