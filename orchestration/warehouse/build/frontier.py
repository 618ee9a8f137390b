"""Data envelopment analysis: the distance of a unit from the efficiency frontier.

Contains the linear programmes. Not here: the units and figures to compare (dbt's `fct_frontier`), or the free disposal
hull, which is SQL (`macros/statistics/frontier.sql`).
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Returns = Literal["crs", "vrs", "drs", "irs"]
"""Returns to scale: constant, variable, non-increasing, non-decreasing."""

Orientation = Literal["in", "out"]

EFFICIENT_WITHIN = 1e-6
"""A unit whose score is this close to 1 is efficient; it is about the tolerance of solvers."""


def envelopment(
    inputs: npt.ArrayLike, outputs: npt.ArrayLike, returns: Returns, orientation: Orientation
) -> npt.NDArray[np.float64]:
    """Return the radial efficiency of each of n units compared with all of them, itself included.

    `inputs` is n × k and `outputs` n × m. Oriented to inputs, a score is the share of its inputs with which a mix of
    units would produce the same output (at most 1); oriented to outputs, it is the factor by which a mix with the same
    inputs would produce more (at least 1). A unit with a missing figure, or one that is not above zero, is left out:
    its score is NaN and no mix contains it.

    Raises ValueError if the two have different numbers of units, and RuntimeError if the solver fails.

    Source: Banker, Charnes and Cooper (1984), Some models for estimating technical and scale inefficiencies in data
    envelopment analysis; Bogetoft and Otto, Benchmarking with DEA, SFA and R.
    """
    used, given = np.asarray(inputs, dtype=float), np.asarray(outputs, dtype=float)
    if used.ndim != 2 or given.ndim != 2 or len(used) != len(given):
        raise ValueError(f"inputs {used.shape} and outputs {given.shape} do not have the same number of units")
    figures = np.hstack([used, given])
    whole = (np.isfinite(figures) & (figures > 0)).all(axis=1)
    scores = np.full(len(used), np.nan)
    if whole.any():
        # Scores do not depend on units of measurement, but the solver's tolerances do.
        x, y = used[whole] / used[whole].max(axis=0), given[whole] / given[whole].max(axis=0)
        scores[whole] = [_score(x, y, unit, returns, orientation) for unit in range(len(x))]
    return scores


def _score(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], unit: int, returns: Returns, orientation: Orientation
) -> float:
    """Solve one programme: the first variable is the score, the others are the weights of the mix."""
    # The import takes half a second, and most commands do not need it.
    from scipy.optimize import linprog  # type: ignore[import-untyped]

    count = len(x)
    score = np.zeros(x.shape[1] + y.shape[1])
    score[: x.shape[1]] = -x[unit] if orientation == "in" else 0.0
    score[x.shape[1] :] = y[unit] if orientation == "out" else 0.0
    limits = np.concatenate(
        [np.zeros(x.shape[1]), -y[unit]] if orientation == "in" else [x[unit], np.zeros(y.shape[1])]
    )
    rows = np.column_stack([score, np.vstack([x.T, -y.T])])
    weights = np.concatenate([[0.0], np.ones(count)])
    equal = None
    match returns:
        case "vrs":
            equal = weights[np.newaxis]
        case "drs":
            rows, limits = np.vstack([rows, weights]), np.append(limits, 1.0)
        case "irs":
            rows, limits = np.vstack([rows, -weights]), np.append(limits, -1.0)
    objective = np.zeros(count + 1)
    objective[0] = 1.0 if orientation == "in" else -1.0
    solution = linprog(
        objective,
        A_ub=rows,
        b_ub=limits,
        A_eq=equal,
        b_eq=None if equal is None else [1.0],
        bounds=(0, None),
        method="highs",
    )
    if not solution.success:
        raise RuntimeError(
            f"the frontier of unit {unit} ({returns}, {orientation}) could not be calculated ({solution.message}); "
            "check its figures."
        )
    return float(solution.x[0])
