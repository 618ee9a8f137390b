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

_NEAR = 1e-6
_MANY = 8
_TRIES = 6


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


def told(table: AdditiveTable, suppressed: Mask, asked: Mask, least: float = 0.0, width: float = 1.0) -> Mask:
    """Which cells `asked` of can be told to within less than `width` by one who sees all that is not `suppressed`.

    The same answer as the bounds give, sooner where many are asked of: two tables that both fit, and in which a cell
    differs by `width`, prove at once that it cannot be told, and one programme proves it of many cells. Only what is
    left is asked one by one.
    """
    exposed = asked & ~suppressed
    for group in _bound_together(table, suppressed):
        left = np.flatnonzero(asked[group])
        if table.sums[:, group].nnz == 0:
            continue  # what is in no sum is told by nothing
        if len(left) > _MANY:
            left = left[~_seen_apart(table, group, left, least, width)]
        if len(left):
            lower, upper = _of_group(table, group, left.tolist(), least)
            exposed[group[left]] = (upper - lower)[left] < width - _NEAR
    return exposed


def _seen_apart(
    table: AdditiveTable, group: npt.NDArray[np.int64], asked: npt.NDArray[np.int64], least: float, width: float
) -> Mask:
    """Which of the cells `asked` (places in `group`) differ by `width` between tables that fit, as far as is seen."""
    counts = table.counts[group]
    part = table.sums[:, group]
    part = part[np.diff(part.indptr) > 0]
    lowest, highest = counts[asked].copy(), counts[asked].copy()
    chance = np.random.default_rng(len(group))
    tries_in_vain = 0
    while tries_in_vain < _TRIES and (remaining := highest - lowest < width - _NEAR).any():
        objective = np.zeros(len(group))
        # Sums keep cells from all rising at once; so a few at a time are pulled each way, and the rest by chance.
        pull = chance.uniform(-1, 1, int(remaining.sum()))
        objective[asked[remaining]] = np.sign(pull) * (np.abs(pull) > chance.uniform(0, 1))
        found = linprog(
            objective,
            A_eq=part if part.shape[0] else None,
            b_eq=part @ counts if part.shape[0] else None,
            # Near what is true is enough, and keeps every programme bounded.
            bounds=np.column_stack([np.maximum(np.minimum(least, counts), counts - 2 * width), counts + 2 * width]),
            method="highs",
        )
        if not found.success:
            break
        lowest, highest = np.minimum(lowest, found.x[asked]), np.maximum(highest, found.x[asked])
        progress = remaining.sum() - (highest - lowest < width - _NEAR).sum()
        tries_in_vain = 0 if progress else tries_in_vain + 1
    return np.asarray(highest - lowest >= width - _NEAR)


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
