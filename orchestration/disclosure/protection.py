"""Secondary suppression: which further cells must go so that no small one can be worked out.

Belongs here: choosing them, few and small. Does not belong here: what an intruder can tell (`attack`), or which cells
are small.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]
from scipy.optimize import linprog  # type: ignore[import-untyped]

from orchestration.disclosure.attack import Figures, Mask
from orchestration.disclosure.tables import AdditiveTable

_NEAR = 1e-6


def protect(
    table: AdditiveTable, primary: Mask, *, shows_zeros: bool = True, width: float = 1.0
) -> npt.NDArray[np.bool_]:
    """All cells to be suppressed, those of `primary` among them: n truth values.

    Of each primary cell an intruder then has bounds at least `width` apart, even one who knows that with `shows_zeros`
    no hidden cell is nought. Cells that are nought are then never hidden to protect others. The bounds are those of
    real numbers: in a table of three classifications or more, whole numbers alone might leave less.

    For one primary cell after another, the smallest first, a linear programme looks for the cheapest way in which the
    table could be another one with that cell changed by `width`: the cells that change must be hidden. What turns out
    not to be needed, the largest first, is shown again. Greedy, so not the fewest possible. 550 small cells of a table
    of 2,200 take nine seconds on one core.

    Raises RuntimeError where a cell cannot be protected, as in a table without room above (a sum of nothing else).

    Source: Fischetti and Salazar (2000), Models and algorithms for optimizing cell suppression in tabular data with
    linear constraints; the linear relaxation, cell by cell, after Hundepool et al. (2012), 4.4.
    """
    search = _Search(table, 1.0 if shows_zeros else 0.0, width)
    suppressed = primary.copy()
    # For each primary cell the cells of another table that fits: it stays protected while all of them are hidden.
    witnesses: dict[int, Mask] = {}
    for cell in _ordered(table, primary):
        if cell not in witnesses:
            change = search.cheapest(cell, suppressed, suppressed | search.hideable)
            if change is None:
                raise RuntimeError(f"cell {cell} cannot be protected: no other table has the same sums")
            suppressed |= change != 0
            witnesses |= search.protected_by(change, primary, but=witnesses.keys())
    for cell in reversed(_ordered(table, suppressed & ~primary)):
        fewer = suppressed.copy()
        fewer[cell] = False
        found = _other_witnesses(search, fewer, primary, {p for p, witness in witnesses.items() if witness[cell]})
        if found is not None:
            suppressed = fewer
            witnesses |= found
    return suppressed


def _ordered(table: AdditiveTable, cells: Mask) -> list[int]:
    """The smallest first."""
    return sorted((int(cell) for cell in np.flatnonzero(cells)), key=lambda cell: table.counts[cell])


def _other_witnesses(search: "_Search", suppressed: Mask, primary: Mask, wanted: set[int]) -> dict[int, Mask] | None:
    """Another witness for each cell `wanted` among what is suppressed alone; None if one has none."""
    found: dict[int, Mask] = {}
    for cell in sorted(wanted):
        if cell not in found:
            change = search.cheapest(cell, suppressed, suppressed)
            if change is None:
                return None
            found |= search.protected_by(change, primary, but=found.keys())
    return {cell: witness for cell, witness in found.items() if cell in wanted}


@dataclass(frozen=True)
class _Search:
    """Looks for other tables with the same sums; `least` and `width` as in `protect`."""

    table: AdditiveTable
    least: float
    width: float

    @property
    def hideable(self) -> Mask:
        """Cells that may be hidden for the sake of others: whatever is not nought."""
        return np.asarray(self.table.counts >= 1.0)

    def protected_by(self, change: Figures, primary: Mask, but: Collection[int]) -> dict[int, Mask]:
        """Every primary cell, `but` those given, that the change moves far enough, with the cells that change."""
        moved = np.flatnonzero(primary & (np.abs(change) >= self.width - _NEAR))
        return {int(cell): change != 0 for cell in moved if cell not in but}

    def cheapest(self, cell: int, hidden: Mask, movable: Mask) -> Figures | None:
        """How the table changes if `cell` goes up or down by `width` and only what is `movable` follows, at the least
        cost of hiding what is not `hidden` yet; None if no table is like that."""
        ways = [self._change(cell, hidden, movable, amount) for amount in (self.width, -self.width)]
        found = [way for way in ways if way is not None]
        return min(found, key=lambda way: way[0])[1] if found else None

    def _change(self, cell: int, hidden: Mask, movable: Mask, amount: float) -> tuple[float, Figures] | None:
        columns = np.flatnonzero(movable)
        counts = self.table.counts[columns]
        sums = self.table.sums[:, columns]
        sums = sums[np.diff(sums.indptr) > 0]
        cost = np.where(hidden[columns], 0.0, _price(counts))
        down = np.maximum(counts - self.least, 0.0)
        here = int(np.searchsorted(columns, cell))
        if amount < 0 and down[here] < -amount:
            return None
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
        change = np.zeros(len(self.table.counts))
        change[columns] = found.x[: len(columns)] - found.x[len(columns) :]
        change[np.abs(change) < _NEAR] = 0.0
        return float(_price(counts)[~hidden[columns] & (change[columns] != 0)].sum()), change


def _price(counts: Figures) -> Figures:
    """What hiding a cell costs: one for the cell, and more the more it says."""
    return np.asarray(1.0 + np.log1p(counts))
