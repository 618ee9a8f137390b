"""What an intruder can tell of a suppressed cell from everything that is shown.

Belongs here: the bounds that the shown cells and the sums leave. Does not belong here: mending (`protection`).
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csgraph  # type: ignore[import-untyped]

from orchestration.disclosure.tables import AdditiveTable

Mask = npt.NDArray[np.bool_]
Figures = npt.NDArray[np.float64]


def bounds(table: AdditiveTable, suppressed: Mask, asked: Mask, least: float = 0.0) -> tuple[Figures, Figures]:
    """The least and the greatest count that each cell `asked` of may have, for one who sees all others.

    Two arrays of n; a cell that is not asked of, or not suppressed, has its own count in both. `least` is what the
    intruder knows of every suppressed cell: 1 where noughts are shown, so that a hidden cell is none. A cell without an
    upper bound has infinity.

    Source: Hundepool et al. (2012), Statistical Disclosure Control, 4.3: attacker's problem as two linear programmes.
    """
    lower, upper = table.counts.copy(), table.counts.copy()
    for group in _bound_together(table, suppressed):
        wanted = [position for position, cell in enumerate(group) if asked[cell]]
        if wanted:
            lower[group], upper[group] = _of_group(table, group, wanted, least)
    return lower, upper


def _bound_together(table: AdditiveTable, suppressed: Mask) -> Iterator[npt.NDArray[np.int64]]:
    """Suppressed cells in groups that no sum binds to one another: each is a problem by itself."""
    hidden = np.flatnonzero(suppressed)
    if len(hidden) == 0:
        return
    incidence = np.abs(table.sums[:, hidden])
    count, label = csgraph.connected_components(incidence.T @ incidence, directed=False)
    for number in range(count):
        yield hidden[label == number]


def _of_group(
    table: AdditiveTable, group: npt.NDArray[np.int64], wanted: list[int], least: float
) -> tuple[Figures, Figures]:
    counts = table.counts[group]
    part = table.sums[:, group]
    part = part[np.diff(part.indptr) > 0]
    lower, upper = counts.copy(), counts.copy()
    for position in wanted:
        for sign, side in ((1.0, lower), (-1.0, upper)):
            objective = np.zeros(len(group))
            objective[position] = sign
            found = linprog(
                objective,
                A_eq=part if part.shape[0] else None,
                b_eq=part @ counts if part.shape[0] else None,
                # Whoever counts on `least` is mistaken about a cell that has less, and is held to what is true.
                bounds=np.column_stack([np.minimum(least, counts), np.full(len(group), np.inf)]),
                method="highs",
            )
            if found.status == 3:  # nothing above it is shown
                side[position] = np.inf * -sign
            elif found.success:
                side[position] = sign * found.fun
            else:
                raise RuntimeError(f"the bounds of a suppressed cell were not found: {found.message}")
    return lower, upper
