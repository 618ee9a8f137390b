"""Secondary suppression: which further cells must go so that no small one can be worked out.

Belongs here: choosing them, few and small. Does not belong here: what an intruder can tell (`attack`), which cells
are small (`primary`), or where another table is looked for (`search`).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orchestration.disclosure.attack import Mask
from orchestration.disclosure.search import Search
from orchestration.disclosure.tables import AdditiveTable


@dataclass(frozen=True)
class Choice:
    """What is to be suppressed, and the primary cells that no suppression can protect: n truth values each."""

    suppressed: Mask
    exposed: Mask


def protect(
    table: AdditiveTable, primary: Mask, *, shows_zeros: bool = True, width: float = 1.0
) -> npt.NDArray[np.bool_]:
    """All cells to be suppressed, those of `primary` among them: n truth values.

    As `choose`, for a table of which nothing is hidden or public yet. Raises RuntimeError where a cell cannot be
    protected, as in a table without room above (a sum of nothing else).
    """
    choice = choose(table, primary, shows_zeros=shows_zeros, width=width)
    if choice.exposed.any():
        cell = int(np.flatnonzero(choice.exposed)[0])
        raise RuntimeError(f"cell {cell} cannot be protected: no other table has the same sums")
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
    """Which cells to suppress besides those `hidden` already, so that none of `primary` can be told.

    Of each primary cell an intruder then has bounds at least `width` apart, even one who knows that with `shows_zeros`
    no hidden cell is nought. Cells that are nought are then never hidden to protect others, and cells that are `public`
    already never are: hiding would no longer help. The bounds are those of real numbers: in a table of three
    classifications or more, whole numbers alone might leave less.

    For one primary cell after another, the smallest first, a linear programme looks for the cheapest way in which the
    table could be another one with that cell changed by `width`: the cells that change must be hidden. What turns out
    not to be needed, the largest first, is shown again. Greedy, so not the fewest possible.

    Source: Fischetti and Salazar (2000), Models and algorithms for optimizing cell suppression in tabular data with
    linear constraints; the linear relaxation, cell by cell, after Hundepool et al. (2012), 4.4.
    """
    nothing = np.zeros(len(table.counts), dtype=bool)
    known = nothing if public is None else public
    before = primary if hidden is None else primary | hidden
    search = Search(table, 1.0 if shows_zeros else 0.0, width)
    hideable = (table.counts >= 1.0) & ~known
    suppressed = before.copy()
    # For each primary cell the cells of another table that fits: it stays protected while all of them are hidden.
    witnesses: dict[int, npt.NDArray[np.int64]] = {}
    exposed = nothing.copy()
    # What is in no sum is told by nothing.
    bound = np.bincount(table.sums.indices, minlength=len(table.counts)) > 0
    for cell in _ordered(table, primary & ~known & bound):
        if cell not in witnesses:
            change = search.cheapest(cell, suppressed & ~known, (suppressed | hideable) & ~known)
            if change is None:
                exposed[cell] = True
                continue
            suppressed[np.flatnonzero(change)] = True
            witnesses |= search.protected_by(change, primary, but=witnesses.keys())
    for cell in reversed(_ordered(table, suppressed & ~before)):
        fewer = suppressed.copy()
        fewer[cell] = False
        wanted = {p for p, witness in witnesses.items() if cell in witness}
        found = _other_witnesses(search, fewer & ~known, primary, wanted)
        if found is not None:
            suppressed = fewer
            witnesses |= found
    return Choice(suppressed, exposed | (primary & known))


def _ordered(table: AdditiveTable, cells: Mask) -> list[int]:
    """The smallest first."""
    return sorted((int(cell) for cell in np.flatnonzero(cells)), key=lambda cell: table.counts[cell])


def _other_witnesses(
    search: Search, suppressed: Mask, primary: Mask, wanted: set[int]
) -> dict[int, npt.NDArray[np.int64]] | None:
    """Another witness for each cell `wanted` among what is suppressed alone; None if one has none."""
    found: dict[int, npt.NDArray[np.int64]] = {}
    for cell in sorted(wanted):
        if cell not in found:
            change = search.cheapest(cell, suppressed, suppressed, everywhere=False)
            if change is None:
                return None
            found |= search.protected_by(change, primary, but=found.keys())
    return {cell: witness for cell, witness in found.items() if cell in wanted}
