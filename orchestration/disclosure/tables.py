"""An additive table: cells, and the sums that bind them.

Belongs here: the sums of a table that is crossed by classifications with totals and levels. Does not belong here:
which of its cells may be seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]


@dataclass(frozen=True)
class AdditiveTable:
    """n cells and m sums over them.

    `counts` are n counts of people or events, none negative. `sums` is m × n, with 1 for the total of a sum and −1 for
    each part of it, so that `sums @ counts` is nought. Where `adds_up` is false it need not be: rounding, or a part
    that nobody sent, may stand between a total and its parts, and whoever attacks the table is taken to know what is
    left over.
    """

    counts: npt.NDArray[np.float64]
    sums: sparse.csr_array
    adds_up: bool = True

    def __post_init__(self) -> None:
        if self.sums.shape[1] != len(self.counts):
            raise ValueError(f"sums over {self.sums.shape[1]} cells do not fit a table of {len(self.counts)}")
        if not (np.isfinite(self.counts).all() and (self.counts >= 0).all()):
            raise ValueError("a table to be protected needs a count for every cell, none of them negative")
        off = np.abs(self.sums @ self.counts)
        if self.adds_up and (off > 1e-6).any():
            raise ValueError(f"{int((off > 1e-6).sum())} sums of the table do not add up: they protect nothing")


def crossed(
    cells: Sequence[tuple[str, ...]], counts: npt.ArrayLike, levels: Iterable[tuple[int, Mapping[str, str]]]
) -> AdditiveTable:
    """The table of `cells`, each named by one member of every classification.

    `levels` has the number of a classification and a mapping, for every way in which its members are gathered: member
    to the member it is part of. A classification may be gathered in several ways (councils to regions, and to police
    areas). A sum is there wherever a whole and at least one of its parts are cells.

    Raises ValueError where a cell is named twice, or where the counts do not add up.
    """
    number = {cell: position for position, cell in enumerate(cells)}
    if len(number) != len(cells):
        raise ValueError("a cell of the table is named twice")
    entries: list[tuple[int, int, float]] = []
    rows = 0
    for dimension, parts in levels:
        sums: dict[int, list[int]] = defaultdict(list)
        for cell, position in number.items():
            whole = parts.get(cell[dimension])
            total = None if whole is None else number.get((*cell[:dimension], whole, *cell[dimension + 1 :]))
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
