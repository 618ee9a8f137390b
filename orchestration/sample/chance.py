"""Chance that repeats itself: one stream of random numbers for each file, told apart by name.

Belongs here: seeding, and the few draws that several returns share. Does not belong here: what the numbers
are about.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream called `name` under `seed`; streams of other names leave it untouched."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def half_up(values: Floats, decimals: int = 0) -> Floats:
    """Values rounded half up, as published tables are, not half to even as numpy would."""
    scale = 10.0**decimals
    return np.floor(values * scale + 0.5) / scale


def to_nearest(values: Floats | Ints, step: int) -> Ints:
    """Whole numbers rounded half up to a multiple of `step`."""
    return (np.floor(np.asarray(values, dtype=np.float64) / step + 0.5) * step).astype(np.int64)
