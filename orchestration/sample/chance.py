"""Repeatable chance: numbers that depend only on the words that they are drawn for.

Contains the draws. Not here: what the numbers are about (`figures`). No generator keeps a state, so a figure does not
depend on what else is written, or in which order.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@cache
def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def hashes(words: list[str]) -> NDArray[np.uint64]:
    """Return a number of 64 bits for each word."""
    return np.array([_hash(word) for word in words], dtype=np.uint64)


def uniform(*parts: ArrayLike | str) -> Floats:
    """Return a number between 0 and 1 for each combination of parts, which are words or arrays that broadcast."""
    mixed = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = mixed + (np.uint64(_hash(part)) if isinstance(part, str) else np.asarray(part, np.uint64)) + _STEP
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(*parts: ArrayLike | str) -> Floats:
    """Return numbers like `uniform`, from the standard normal distribution without its extreme ends."""
    radius = np.sqrt(-2 * np.log(np.maximum(uniform(*parts, "radius"), 0.002)))
    return np.asarray(radius * np.cos(2 * np.pi * uniform(*parts, "angle")))


@cache
def draw(*words: str) -> float:
    """Return a single number between 0 and 1."""
    return float(uniform(*words)[0])


def draw_normal(*words: str) -> float:
    """Return a single number from the normal distribution."""
    return float(normal(*words)[0])
