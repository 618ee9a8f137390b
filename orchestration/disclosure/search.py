"""Looking for another table with the same sums, in which one cell is different.

Belongs here: the linear programmes, and the part of a large table in which they look. Does not belong here: which
cells are then hidden (`protection`).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import linprog  # type: ignore[import-untyped]

from orchestration.disclosure.attack import Figures, Mask
from orchestration.disclosure.tables import AdditiveTable

_NEAR = 1e-6
_CHEAPEST_IN_A_SUM = 6
_STEPS = 2
_SMALL = 120
"""Cells that may move in a table so small that all of it is looked at."""


@dataclass(frozen=True)
class Search:
    """Looks for other tables with the same sums; an intruder knows that each hidden cell is at least `least`, and
    `width` is how much the cell has to differ."""

    table: AdditiveTable
    least: float
    width: float
    _price: Figures = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_price", _prices(self.table.counts))

    def protected_by(self, change: Figures, primary: Mask, but: Collection[int]) -> dict[int, npt.NDArray[np.int64]]:
        """Every primary cell, `but` those given, that the change moves far enough, with the cells that change."""
        moved = np.flatnonzero(primary & (np.abs(change) >= self.width - _NEAR))
        witness = np.flatnonzero(change)
        return {int(cell): witness for cell in moved if cell not in but}

    def cheapest(self, cell: int, hidden: Mask, movable: Mask, *, everywhere: bool = True) -> Figures | None:
        """How the table changes if `cell` goes up or down by `width` and only what is `movable` follows, at the least
        cost of hiding what is not `hidden` yet; None if no table is like that.

        In a large table it looks near the cell first, and `everywhere` only if nothing is found there: another table
        that differs near the cell alone is another table all the same.
        """
        if np.count_nonzero(movable) > _SMALL:
            near = self._near(cell, hidden, movable)
            found = self._cheaper(cell, hidden, near)
            if found is not None or not everywhere:
                return found
        return self._cheaper(cell, hidden, np.flatnonzero(movable))

    def _cheaper(self, cell: int, hidden: Mask, columns: npt.NDArray[np.int64]) -> Figures | None:
        ways = [self._change(cell, hidden, columns, amount) for amount in (self.width, -self.width)]
        found = [way for way in ways if way is not None]
        return min(found, key=lambda way: way[0])[1] if found else None

    @cached_property
    def _sums_of(self) -> sparse.csr_array:
        return sparse.csr_array(abs(self.table.sums).T)

    @cached_property
    def _cells_of(self) -> sparse.csr_array:
        return sparse.csr_array(abs(self.table.sums))

    def _near(self, cell: int, hidden: Mask, movable: Mask) -> npt.NDArray[np.int64]:
        """The cheapest cells of each sum that `cell` is in, then the cells in which their sums meet, and so on."""
        price = np.where(hidden, 0.0, self._price)
        chosen = {cell}
        for row in _entries(self._sums_of, cell):
            members = _entries(self._cells_of, row)
            members = members[movable[members]]
            chosen.update(members[np.argsort(price[members], kind="stable")[:_CHEAPEST_IN_A_SUM]].tolist())
        for _ in range(_STEPS):
            rows = np.unique(np.concatenate([_entries(self._sums_of, one) for one in sorted(chosen)]))
            if len(rows) == 0:
                break
            cells, meetings = np.unique(
                np.concatenate([_entries(self._cells_of, row) for row in rows]), return_counts=True
            )
            # A cell with every sum of its own among these can follow without touching anything else.
            degree = np.diff(self._sums_of.indptr)[cells]
            new = cells[(meetings >= np.minimum(degree, 2)) & movable[cells]]
            if len(new) > _SMALL:
                new = new[np.argsort(price[new], kind="stable")[:_SMALL]]
            grown = chosen | set(new.tolist())
            if grown == chosen:
                break
            chosen = grown
        return np.array(sorted(chosen), dtype=np.int64)

    def _change(
        self, cell: int, hidden: Mask, columns: npt.NDArray[np.int64], amount: float
    ) -> tuple[float, Figures] | None:
        counts = self.table.counts[columns]
        down = np.maximum(counts - self.least, 0.0)
        here = int(np.searchsorted(columns, cell))
        if amount < 0 and down[here] < -amount:
            return None
        sums = self.table.sums[:, columns]
        sums = sums[np.diff(sums.indptr) > 0]
        cost = np.where(hidden[columns], 0.0, self._price[columns])
        limits = np.column_stack([np.zeros(2 * len(columns)), np.concatenate([np.full(len(columns), np.inf), down])])
        limits[here] = (max(amount, 0.0),) * 2
        limits[len(columns) + here] = (max(-amount, 0.0),) * 2
        found = linprog(
            np.concatenate([cost, cost]),
            A_eq=sparse.hstack([sums, -sums], format="csr") if sums.shape[0] else None,
            b_eq=np.zeros(sums.shape[0]) if sums.shape[0] else None,
            bounds=limits,
            method="highs",
        )
        if not found.success:
            return None
        moves = found.x[: len(columns)] - found.x[len(columns) :]
        moves[np.abs(moves) < _NEAR] = 0.0
        change = np.zeros(len(self.table.counts))
        change[columns] = moves
        return float(self._price[columns][~hidden[columns] & (moves != 0)].sum()), change


def _entries(matrix: sparse.csr_array, row: int) -> npt.NDArray[np.int64]:
    return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]], dtype=np.int64)


def _prices(counts: Figures) -> Figures:
    """What hiding a cell costs: one for the cell, and more the more it says."""
    return np.asarray(1.0 + np.log1p(counts))
