"""Additive tables: cells and the additive relationships between them.

Contains the table and its construction from crossed classifications with totals and levels. Not here: which cells to
suppress (`protection`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]


@dataclass(frozen=True)
class AdditiveTable:
    """Table of n cells with m additive relationships.

    `counts` has n counts of people or events, none of them negative. `sums` is an m × n matrix, with 1 for the total of
    a sum and −1 for each of its parts, so that `sums @ counts` is zero. If `adds_up` is false, it may differ from zero,
    because of rounding or missing parts; the intruder is then assumed to know the difference.
    """

    counts: npt.NDArray[np.float64]
    sums: sparse.csr_array
    adds_up: bool = True

    def __post_init__(self) -> None:
        if self.sums.shape[1] != len(self.counts):
            raise ValueError(f"sums over {self.sums.shape[1]} cells do not match a table of {len(self.counts)} cells")
        if not (np.isfinite(self.counts).all() and (self.counts >= 0).all()):
            raise ValueError("every cell of an additive table needs a count, and no count may be negative")
        difference = np.abs(self.sums @ self.counts)
        if self.adds_up and (difference > 1e-6).any():
            raise ValueError(f"{int((difference > 1e-6).sum())} sums of the table do not add up; fix the counts")


def crossed(
    cells: Sequence[tuple[str, ...]], counts: npt.ArrayLike, levels: Iterable[tuple[int, Mapping[str, str]]]
) -> AdditiveTable:
    """Return the table of `cells`, each identified by one member of every classification.

    `levels` lists the hierarchies: the index of a classification, and a mapping from each member to its parent. A
    classification may have several hierarchies (councils to regions, and to police areas). The table has a sum for
    every cell with at least one part among the cells.

    Raises ValueError if two cells have the same members, or if the counts do not add up.
    """
    number = {cell: position for position, cell in enumerate(cells)}
    if len(number) != len(cells):
        raise ValueError("two cells of the table have the same members")
    entries: list[tuple[int, int, float]] = []
    rows = 0
    for dimension, parents in levels:
        sums: dict[int, list[int]] = defaultdict(list)
        for cell, position in number.items():
            parent = parents.get(cell[dimension])
            total = None if parent is None else number.get((*cell[:dimension], parent, *cell[dimension + 1 :]))
            if total is not None:
                sums[total].append(position)
        for total, members in sums.items():
            entries.append((rows, total, 1.0))
            entries += [(rows, member, -1.0) for member in members]
            rows += 1
    shape = (rows, len(cells))
    if not entries:
        return AdditiveTable(np.asarray(counts, dtype=float), sparse.csr_array(shape))
    row, column, value = zip(*entries, strict=True)
    return AdditiveTable(np.asarray(counts, dtype=float), sparse.csr_array((value, (row, column)), shape=shape))
