"""Secondary suppression: further cells to suppress, so that no small cell can be derived.

Contains the choice of these cells, as few and as small as possible. Not here: what an intruder can derive (`attack`),
which cells are small (`suppression`), and the linear programmes (`search`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orchestration.disclosure.attack import Mask
from orchestration.disclosure.search import Search
from orchestration.disclosure.tables import AdditiveTable


@dataclass(frozen=True)
class Choice:
    """Masks of the cells to suppress, and of the primary cells that no suppression can protect."""

    suppressed: Mask
    exposed: Mask


def protect(
    table: AdditiveTable, primary: Mask, *, shows_zeros: bool = True, width: float = 1.0
) -> npt.NDArray[np.bool_]:
    """Return a mask of all cells to suppress, including those of `primary`.

    Like `choose`, for a table in which nothing is suppressed or public yet. Raises RuntimeError if a cell cannot be
    protected, because no other table has the same sums.
    """
    choice = choose(table, primary, shows_zeros=shows_zeros, width=width)
    if choice.exposed.any():
        cell = int(np.flatnonzero(choice.exposed)[0])
        raise RuntimeError(f"cell {cell} cannot be protected; no other table has the same sums")
    return choice.suppressed


def choose(
    table: AdditiveTable,
    primary: Mask,
    *,
    hidden: Mask | None = None,
    public: Mask | None = None,
    shows_zeros: bool = True,
    width: float = 1.0,
) -> Choice:
    """Choose cells to suppress, in addition to those already `hidden`, so that no cell of `primary` can be derived.

    The feasibility interval of each primary cell is then at least `width` wide (a sliding protection level). With
    `shows_zeros` this also holds against an intruder who knows that no suppressed cell is zero, and zeros are never
    suppressed to protect other cells. Cells that are already `public` are not suppressed, because that would protect
    nothing. Intervals are those of real numbers; in tables of three classifications or more, whole numbers alone could
    make them narrower.

    For each primary cell, smallest first, a linear programme looks for another table with the same sums in which that
    cell differs by `width`, at the lowest cost of suppressing the cells that differ. Secondary suppressions that prove
    unnecessary are undone, largest first. The method is greedy and does not guarantee the fewest suppressions.

    Source: Fischetti and Salazar (2000), Models and algorithms for optimizing cell suppression in tabular data with
    linear constraints; the linear relaxation, cell by cell, after Hundepool et al. (2012), 4.4.
    """
    nothing = np.zeros(len(table.counts), dtype=bool)
    known = nothing if public is None else public
    before = primary if hidden is None else primary | hidden
    search = Search(table, 1.0 if shows_zeros else 0.0, width)
    eligible = (table.counts >= 1.0) & ~known
    suppressed = before.copy()
    # The cells that differ in another feasible table: the primary cell is protected while they are all suppressed.
    witnesses: dict[int, npt.NDArray[np.int64]] = {}
    exposed = nothing.copy()
    # A cell in no additive relationship cannot be derived.
    is_in_sum = np.bincount(table.sums.indices, minlength=len(table.counts)) > 0
    for cell in _ordered(table, primary & ~known & is_in_sum):
        if cell not in witnesses:
            change = search.cheapest(cell, suppressed & ~known, (suppressed | eligible) & ~known)
            if change is None:
                exposed[cell] = True
                continue
            suppressed[np.flatnonzero(change)] = True
            witnesses |= search.protected_by(change, primary, exclude=witnesses.keys())
    for cell in reversed(_ordered(table, suppressed & ~before)):
        fewer = suppressed.copy()
        fewer[cell] = False
        affected = {p for p, witness in witnesses.items() if cell in witness}
        replacements = _other_witnesses(search, fewer & ~known, primary, affected)
        if replacements is not None:
            suppressed = fewer
            witnesses |= replacements
    return Choice(suppressed, exposed | (primary & known))


def _ordered(table: AdditiveTable, cells: Mask) -> list[int]:
    """Return the cells of the mask, smallest count first."""
    return sorted((int(cell) for cell in np.flatnonzero(cells)), key=lambda cell: table.counts[cell])


def _other_witnesses(
    search: Search, suppressed: Mask, primary: Mask, affected: set[int]
) -> dict[int, npt.NDArray[np.int64]] | None:
    """Return another witness within `suppressed` for each cell in `affected`; None if any cell has none."""
    witnesses: dict[int, npt.NDArray[np.int64]] = {}
    for cell in sorted(affected):
        if cell not in witnesses:
            change = search.cheapest(cell, suppressed, suppressed, everywhere=False)
            if change is None:
                return None
            witnesses |= search.protected_by(change, primary, exclude=witnesses.keys())
    return {cell: witness for cell, witness in witnesses.items() if cell in affected}
