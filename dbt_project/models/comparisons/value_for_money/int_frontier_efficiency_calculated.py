"""Scores of places against their frontier by linear programmes, which SQL cannot solve."""

import numpy as np
import pandas as pd

from orchestration.warehouse.build.frontier import envelopment

# A programme has as many unknowns as there are units, and there are as many programmes.
MOST_UNITS = 500
KEYS = ["frontier_code", "period_code"]
COLUMNS = {
    "frontier_code": "str",
    "location_key": "str",
    "period_code": "str",
    "unit_count": "int64",
    "constant_returns_efficiency": "float64",
    "variable_returns_efficiency": "float64",
    "variable_returns_output_efficiency": "float64",
    "nonincreasing_returns_efficiency": "float64",
}


def _scores(figures: pd.DataFrame) -> pd.DataFrame:
    """Units of one frontier and period, a row each; null where there are too many or one lacks a figure."""
    units = figures.pivot(index="location_key", columns=["side", "figure_number"], values="figure_value").sort_index()
    inputs, outputs = units["input"].to_numpy(), units["output"].to_numpy()
    found = pd.DataFrame({"location_key": units.index, "unit_count": len(units)})
    for column, returns, orientation in (
        ("constant_returns_efficiency", "crs", "in"),
        ("variable_returns_efficiency", "vrs", "in"),
        ("variable_returns_output_efficiency", "vrs", "out"),
        ("nonincreasing_returns_efficiency", "drs", "in"),
    ):
        # Solvers differ from run to run in digits that mean nothing.
        found[column] = (
            envelopment(inputs, outputs, returns, orientation).round(9) if len(units) <= MOST_UNITS else np.nan
        )
    return found


def model(dbt, session):  # noqa: ARG001 - dbt looks for this signature
    """One row per frontier, place and period."""
    dbt.config(materialized="table")
    figures = dbt.ref("int_frontier_input_prepared").df()
    made = [
        _scores(of_one).assign(**dict(zip(KEYS, key, strict=True)))
        for key, of_one in figures.groupby(KEYS, sort=True)
        # A frontier needs both sides; a period in which one is not reported has none.
        if of_one["side"].nunique() == 2
    ]
    frame = pd.concat(made) if made else pd.DataFrame(columns=list(COLUMNS))
    return frame[list(COLUMNS)].astype(COLUMNS)
