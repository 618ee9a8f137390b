"""Efficiency against a frontier: the free disposal hull in SQL, envelopment by linear programmes."""

import numpy as np
import pytest

from orchestration.warehouse.build.frontier import Orientation, Returns, envelopment
from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render


def test_free_disposal_hull(vectors: Vectors) -> None:
    connection = vectors.load("dea_inputs", "dea_expected")
    hull = render(
        """
        with hull as ({{ free_disposal_hull(
            '(select dataset as set_key, unit, kind as side, variable as dimension, value from dea_inputs)'
        ) }})
        select set_key as dataset, unit, 'in' as orientation, input_efficiency as efficiency from hull
        union all
        select set_key as dataset, unit, 'out' as orientation, output_efficiency as efficiency from hull
        """
    )
    assert_agreement(
        connection,
        hull,
        "FROM dea_expected WHERE rts = 'fdh'",
        keys=("dataset", "unit", "orientation"),
        numbers={"efficiency": 1e-6},
    )


@pytest.mark.parametrize("returns", ["crs", "vrs", "drs", "irs"])
@pytest.mark.parametrize("orientation", ["in", "out"])
def test_envelopment(vectors: Vectors, returns: Returns, orientation: Orientation) -> None:
    connection = vectors.load("dea_inputs", "dea_expected")
    datasets = connection.execute(
        "SELECT DISTINCT dataset FROM dea_expected WHERE rts = ? AND orientation = ? ORDER BY dataset",
        [returns, orientation],
    ).fetchall()
    assert datasets, "no expected scores"
    for (dataset,) in datasets:
        figures = (
            connection.execute("SELECT unit, kind, variable, value FROM dea_inputs WHERE dataset = ?", [dataset])
            .df()
            .pivot(index="unit", columns=["kind", "variable"], values="value")
        )
        scores = envelopment(figures["input"], figures["output"], returns, orientation)
        expected = (
            connection.execute(
                "SELECT unit, efficiency FROM dea_expected WHERE dataset = ? AND rts = ? AND orientation = ?",
                [dataset, returns, orientation],
            )
            .df()
            .set_index("unit")["efficiency"]
        )
        found = dict(zip(figures.index, scores, strict=True))
        np.testing.assert_allclose([found[unit] for unit in expected.index], expected, rtol=1e-6, atol=1e-9)
