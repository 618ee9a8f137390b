"""What an intruder can derive about suppressed cells from everything that is published.

Contains feasibility intervals, given the published cells and the additive relationships. Not here: secondary
suppression (`protection`).
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
    """Return the lower and upper ends of the feasibility interval of each cell in `asked`.

    Each is an array of n values. A cell that is not in `asked`, or not suppressed, has its own count as both ends; a
    cell without an upper limit has infinity. `least` is the smallest count that the intruder assumes of a suppressed
    cell: 1 if zeros are published, because no suppressed cell is then zero.

    Source: Hundepool et al. (2012), Statistical Disclosure Control, 4.3: the intruder solves two linear programmes.
    """
    lower, upper = table.counts.copy(), table.counts.copy()
    for group in _connected_groups(table, suppressed):
        positions = [position for position, cell in enumerate(group) if asked[cell]]
        if positions:
            lower[group], upper[group] = _group_intervals(table, group, positions, least)
    return lower, upper


def exposed_cells(table: AdditiveTable, suppressed: Mask, asked: Mask, least: float = 0.0, width: float = 1.0) -> Mask:
    """Return a mask of the cells in `asked` whose feasibility interval, given all published cells, is narrower than
    `width`.

    The result is the same as from `bounds`, and faster for many cells: two feasible tables in which a cell differs by
    `width` prove that it cannot be derived, and one linear programme proves this for many cells at once. Only the
    remaining cells are checked one by one.
    """
    exposed = asked & ~suppressed
    for group in _connected_groups(table, suppressed):
        remaining = np.flatnonzero(asked[group])
        if table.sums[:, group].nnz == 0:
            continue  # a cell in no additive relationship cannot be derived
        if len(remaining) > _MANY:
            remaining = remaining[~_proven_wide(table, group, remaining, least, width)]
        if len(remaining):
            lower, upper = _group_intervals(table, group, remaining.tolist(), least)
            exposed[group[remaining]] = (upper - lower)[remaining] < width - _NEAR
    return exposed


def _proven_wide(
    table: AdditiveTable, group: npt.NDArray[np.int64], asked: npt.NDArray[np.int64], least: float, width: float
) -> Mask:
    """Return a mask of the cells in `asked` (positions in `group`) found to differ by `width` between feasible tables.

    A cell that is not in the mask may still have an interval that is wide enough.
    """
    counts = table.counts[group]
    part = table.sums[:, group]
    part = part[np.diff(part.indptr) > 0]
    lowest, highest = counts[asked].copy(), counts[asked].copy()
    random = np.random.default_rng(len(group))
    failed_tries = 0
    while failed_tries < _TRIES and (remaining := highest - lowest < width - _NEAR).any():
        objective = np.zeros(len(group))
        # Sums stop all cells from rising at once, so each try raises some at random and lowers others.
        pull = random.uniform(-1, 1, int(remaining.sum()))
        objective[asked[remaining]] = np.sign(pull) * (np.abs(pull) > random.uniform(0, 1))
        solution = linprog(
            objective,
            A_eq=part if part.shape[0] else None,
            b_eq=part @ counts if part.shape[0] else None,
            # A search near the true counts is enough, and keeps every programme bounded.
            bounds=np.column_stack([np.maximum(np.minimum(least, counts), counts - 2 * width), counts + 2 * width]),
            method="highs",
        )
        if not solution.success:
            break
        lowest, highest = np.minimum(lowest, solution.x[asked]), np.maximum(highest, solution.x[asked])
        progress = remaining.sum() - (highest - lowest < width - _NEAR).sum()
        failed_tries = 0 if progress else failed_tries + 1
    return np.asarray(highest - lowest >= width - _NEAR)


def _connected_groups(table: AdditiveTable, suppressed: Mask) -> Iterator[npt.NDArray[np.int64]]:
    """Yield groups of suppressed cells connected by sums; each group is a separate problem."""
    cells = np.flatnonzero(suppressed)
    if len(cells) == 0:
        return
    incidence = np.abs(table.sums[:, cells])
    count, label = csgraph.connected_components(incidence.T @ incidence, directed=False)
    for number in range(count):
        yield cells[label == number]


def _group_intervals(
    table: AdditiveTable, group: npt.NDArray[np.int64], positions: list[int], least: float
) -> tuple[Figures, Figures]:
    """Return the ends of the feasibility intervals of the cells at `positions` in `group`."""
    counts = table.counts[group]
    part = table.sums[:, group]
    part = part[np.diff(part.indptr) > 0]
    lower, upper = counts.copy(), counts.copy()
    for position in positions:
        for sign, side in ((1.0, lower), (-1.0, upper)):
            objective = np.zeros(len(group))
            objective[position] = sign
            solution = linprog(
                objective,
                A_eq=part if part.shape[0] else None,
                b_eq=part @ counts if part.shape[0] else None,
                # Keep the true counts feasible, even those below `least`.
                bounds=np.column_stack([np.minimum(least, counts), np.full(len(group), np.inf)]),
                method="highs",
            )
            if solution.status == 3:  # unbounded: no published total limits the cell
                side[position] = np.inf * -sign
            elif solution.success:
                side[position] = sign * solution.fun
            else:
                raise RuntimeError(f"the feasibility interval of a suppressed cell was not found: {solution.message}")
    return lower, upper
