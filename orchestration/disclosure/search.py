"""Search for another table with the same sums, in which one cell differs.

Contains the linear programmes, and the choice of the part of a large table to search. Not here: which cells are then
suppressed (`protection`).
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
"""A table is searched as a whole if at most this many of its cells may change."""


@dataclass(frozen=True)
class Search:
    """Search for other tables with the same sums.

    `least` is the smallest count that an intruder assumes of a suppressed cell; `width` is the amount by which the cell
    has to differ.
    """

    table: AdditiveTable
    least: float
    width: float
    _price: Figures = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_price", _prices(self.table.counts))

    def protected_by(
        self, change: Figures, primary: Mask, exclude: Collection[int]
    ) -> dict[int, npt.NDArray[np.int64]]:
        """Return the primary cells that differ by `width` in the change, each with all cells that differ.

        Cells in `exclude` are left out.
        """
        moved = np.flatnonzero(primary & (np.abs(change) >= self.width - _NEAR))
        witness = np.flatnonzero(change)
        return {int(cell): witness for cell in moved if cell not in exclude}

    def cheapest(self, cell: int, hidden: Mask, movable: Mask, *, everywhere: bool = True) -> Figures | None:
        """Return the cheapest change of the table that moves `cell` up or down by `width`; None if there is none.

        Only `movable` cells may change. The cost is that of suppressing the cells that change and are not yet `hidden`.
        A large table is first searched near the cell, since a change there is feasible in the whole table too; the rest
        is searched only if that fails and `everywhere` is true.
        """
        if np.count_nonzero(movable) > _SMALL:
            near = self._near(cell, hidden, movable)
            change = self._cheaper(cell, hidden, near)
            if change is not None or not everywhere:
                return change
        return self._cheaper(cell, hidden, np.flatnonzero(movable))

    def _cheaper(self, cell: int, hidden: Mask, columns: npt.NDArray[np.int64]) -> Figures | None:
        """Return the cheaper of moving the cell up and down, if either is feasible."""
        options = [self._change(cell, hidden, columns, amount) for amount in (self.width, -self.width)]
        feasible = [option for option in options if option is not None]
        return min(feasible, key=lambda option: option[0])[1] if feasible else None

    @cached_property
    def _sums_of(self) -> sparse.csr_array:
        return sparse.csr_array(abs(self.table.sums).T)

    @cached_property
    def _cells_of(self) -> sparse.csr_array:
        return sparse.csr_array(abs(self.table.sums))

    def _near(self, cell: int, hidden: Mask, movable: Mask) -> npt.NDArray[np.int64]:
        """Return cells near `cell`: the cheapest in each of its sums, then cells shared by their sums, and so on."""
        price = np.where(hidden, 0.0, self._price)
        chosen = {cell}
        for row in _entries(self._sums_of, cell):
            members = _entries(self._cells_of, row)
            members = members[movable[members]]
            chosen.update(members[np.argsort(price[members], kind="stable")[:_CHEAPEST_IN_A_SUM]].tolist())
        for _ in range(_STEPS):
            rows = np.unique(np.concatenate([_entries(self._sums_of, near) for near in sorted(chosen)]))
            if len(rows) == 0:
                break
            cells, meetings = np.unique(
                np.concatenate([_entries(self._cells_of, row) for row in rows]), return_counts=True
            )
            # A cell with all, or at least two, of its sums among these can balance a change in them.
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
        solution = linprog(
            np.concatenate([cost, cost]),
            A_eq=sparse.hstack([sums, -sums], format="csr") if sums.shape[0] else None,
            b_eq=np.zeros(sums.shape[0]) if sums.shape[0] else None,
            bounds=limits,
            method="highs",
        )
        if not solution.success:
            return None
        moves = solution.x[: len(columns)] - solution.x[len(columns) :]
        moves[np.abs(moves) < _NEAR] = 0.0
        change = np.zeros(len(self.table.counts))
        change[columns] = moves
        return float(self._price[columns][~hidden[columns] & (moves != 0)].sum()), change


def _entries(matrix: sparse.csr_array, row: int) -> npt.NDArray[np.int64]:
    return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]], dtype=np.int64)


def _prices(counts: Figures) -> Figures:
    """Return the cost of suppressing each cell: 1, plus an amount that grows with its count."""
    return np.asarray(1.0 + np.log1p(counts))
