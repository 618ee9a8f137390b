"""Frontiers by hand: the free disposal hull as relation and as window, envelopment with each return to scale."""

import numpy as np
import pytest

from orchestration.warehouse.build.frontier import envelopment
from tests.conformance.rendering import render

# What five units use and give. A is the most efficient per unit, B to C are on the variable frontier, D and E are not.
UNITS = {"A": (2.0, 4.0), "B": (1.0, 1.0), "C": (6.0, 8.0), "D": (4.0, 4.0), "E": (5.0, 2.0)}
HULL = {"A": (1, 1), "B": (1, 1), "C": (1, 1), "D": (0.5, 1), "E": (0.4, 2)}


def test_hull_by_hand(rows_of):
    rows = " UNION ALL ".join(
        f"SELECT 'all' AS set_key, '{unit}' AS unit, '{side}' AS side, 'only' AS dimension, {value} AS value"
        for unit, figures in UNITS.items()
        for side, value in zip(("input", "output"), figures, strict=True)
    )
    found = rows_of("{{ free_disposal_hull('given') }}", rows)
    assert {row["unit"]: (row["input_efficiency"], row["output_efficiency"]) for row in found} == HULL
    assert {row["unit"]: row["peer"] for row in found} == {"A": "A", "B": "B", "C": "C", "D": "A", "E": "A"}


def test_hull_leaves_out_who_lacks_a_figure(rows_of):
    rows = """SELECT 's' AS set_key, * FROM (VALUES
        ('A', 'input', 'x', 1.0), ('A', 'output', 'y', 2.0), ('A', 'output', 'z', 1.0),
        ('B', 'input', 'x', 1.0), ('B', 'output', 'y', 9.0), ('B', 'output', 'z', NULL),
        ('C', 'input', 'x', 1.0), ('C', 'output', 'y', 9.0), ('C', 'output', 'z', 0.0)
    ) AS t(unit, side, dimension, value)"""
    found = rows_of("{{ free_disposal_hull('given') }}", rows)
    assert [(row["unit"], row["input_efficiency"]) for row in found] == [("A", 1.0)]


def test_window_of_one_input_and_output_is_the_hull(connection):
    values = ", ".join(f"('{unit}', {used}, {given})" for unit, (used, given) in UNITS.items())
    found = connection.execute(
        render(f"""
            select
                unit,
                {{{{ hull_of_one('input', 'x', 'y', 'peers') }}}},
                {{{{ hull_of_one('output', 'x', 'y', 'peers') }}}}
            from (values {values}) as t(unit, x, y)
            cross join (select 1 as peers)
        """)
    ).fetchall()
    assert {unit: (inward, outward) for unit, inward, outward in found} == HULL


@pytest.mark.parametrize(
    ("returns", "inward", "outward"),
    [
        ("crs", [1, 0.5, 2 / 3, 0.5, 0.2], [1, 2, 1.5, 2, 5]),
        # D would do with 2 of its 4; with its 4 it would give 6, between A and C. E: 7 for its 2.
        ("vrs", [1, 1, 1, 0.5, (1 + 1 / 3) / 5], [1, 1, 1, 1.5, 3.5]),
        ("drs", [1, 0.5, 1, 0.5, 0.2], [1, 2, 1, 1.5, 3.5]),
        ("irs", [1, 1, 2 / 3, 0.5, (1 + 1 / 3) / 5], [1, 1, 1.5, 2, 5]),
    ],
)
def test_envelopment_by_hand(returns, inward, outward):
    inputs, outputs = np.array([[x] for x, _ in UNITS.values()]), np.array([[y] for _, y in UNITS.values()])
    np.testing.assert_allclose(envelopment(inputs, outputs, returns, "in"), inward, rtol=1e-9)
    np.testing.assert_allclose(envelopment(inputs, outputs, returns, "out"), outward, rtol=1e-9)
    # Efficiency does not depend on the units of measurement.
    np.testing.assert_allclose(envelopment(inputs * 1e9, outputs / 1e6, returns, "in"), inward, rtol=1e-9)


def test_a_unit_with_nothing_is_left_out_and_in_no_mix():
    scores = envelopment([[1.0], [0.0], [2.0], [np.nan]], [[1.0], [9.0], [1.0], [9.0]], "vrs", "in")
    np.testing.assert_allclose(scores, [1, np.nan, 0.5, np.nan])


def test_figures_of_different_units_are_refused():
    with pytest.raises(ValueError, match="do not have the same number of units"):
        envelopment([[1.0]], [[1.0], [2.0]], "crs", "in")
