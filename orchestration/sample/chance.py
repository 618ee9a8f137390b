"""Contains chance that repeats itself: numbers that depend on nothing but the words that they are asked for.
Not here: what the numbers are about (`figures`).

No generator keeps a state, so a figure is the same whatever else is written, and in whatever order.
"""

import hashlib
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


@cache
def key(word: str) -> int:
    """A number of 64 bits for a word."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def keys(words: list[str]) -> NDArray[np.uint64]:
    """The numbers of several words."""
    return np.array([key(word) for word in words], dtype=np.uint64)


def uniform(*parts: ArrayLike | str) -> Floats:
    """A number between 0 and 1 for each combination of parts, which are words or arrays that broadcast."""
    mixed = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            mixed = mixed + (np.uint64(key(part)) if isinstance(part, str) else np.asarray(part, np.uint64)) + _STEP
            mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
            mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
            mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(*parts: ArrayLike | str) -> Floats:
    """As `uniform`, from the normal distribution of mean 0 and deviation 1, without its rarest ends."""
    radius = np.sqrt(-2 * np.log(np.maximum(uniform(*parts, "radius"), 0.002)))
    return np.asarray(radius * np.cos(2 * np.pi * uniform(*parts, "angle")))


@cache
def one(*words: str) -> float:
    """A single number between 0 and 1."""
    return float(uniform(*words)[0])
