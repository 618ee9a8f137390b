"""Secondary suppression: no small cell can be worked out, at a price near that of the reference."""

from collections.abc import Sequence

import numpy as np
import pytest

from orchestration.disclosure.attack import bounds
from orchestration.disclosure.protection import protect
from orchestration.disclosure.tables import AdditiveTable, crossed
from tests.conformance.conftest import Vectors

PAR = 1.5
"""METHODS 16: suppressed cells and their sum are to be no more than this many times the reference's."""


def tables(vectors: Vectors) -> list[tuple[str, bool, AdditiveTable, np.ndarray, np.ndarray, tuple[int, int]]]:
    """Every table: name, are zeros protected, the table, its primary cells, the reference's choice and its par."""
    connection = vectors.load("suppression_tables", "suppression_cells", "suppression_hierarchy")
    found = []
    for table_id, protect_zeros, number, total in connection.execute(
        "SELECT table_id, protect_zeros, n_suppressed, sum_suppressed FROM suppression_tables ORDER BY table_id"
    ).fetchall():
        rows = connection.execute(
            """SELECT coalesce(dim1::VARCHAR, '-'), coalesce(dim2::VARCHAR, '-'), coalesce(dim3::VARCHAR, '-'),
                      freq, "primary", suppressed FROM suppression_cells WHERE table_id = ?""",
            [table_id],
        ).fetchall()
        parts = dict(
            connection.execute(
                "SELECT child, parent FROM suppression_hierarchy WHERE table_id = ?", [table_id]
            ).fetchall()
        )
        cells = [row[:3] for row in rows]
        table = crossed(cells, [row[3] for row in rows], levels_of(cells, parts))
        primary, reference = (np.array([row[column] for row in rows], dtype=bool) for column in (4, 5))
        found.append((table_id, protect_zeros, table, primary, reference, (number, total)))
    return found


def levels_of(cells: Sequence[tuple[str, ...]], parts: dict[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Members to Total, and where areas are nested, areas to regions and regions to Total."""
    levels = []
    for dimension in range(3):
        members = {cell[dimension] for cell in cells} - {"Total", "-"}
        nested = {member: parts[member] for member in members if member in parts}
        if nested:
            levels.append((dimension, nested))
            # Every area is a part of the whole too: what nests gives two ways to the same total.
            levels.append((dimension, dict.fromkeys(nested, "Total")))
        levels.append((dimension, dict.fromkeys(members - nested.keys(), "Total")))
    return levels


def test_the_references_choice_leaves_the_bounds_that_it_says(vectors: Vectors) -> None:
    connection = vectors.load("suppression_cells")
    expected = {
        row[:4]: row[4:]
        for row in connection.execute(
            """SELECT table_id, coalesce(dim1::VARCHAR, '-'), coalesce(dim2::VARCHAR, '-'),
                      coalesce(dim3::VARCHAR, '-'), audit_lower, audit_upper
               FROM suppression_cells WHERE suppressed"""
        ).fetchall()
    }
    for table_id, _, table, _, reference, _ in tables(vectors):
        lower, upper = bounds(table, reference, reference)
        intervals = [ends for cell, ends in expected.items() if cell[0] == table_id]
        calculated = list(zip(lower[reference], upper[reference], strict=True))
        assert np.allclose(np.array(calculated).ravel(), np.array(intervals, dtype=float).ravel()), table_id


def test_without_secondary_suppression_the_cells_that_the_reference_names_are_exposed(vectors: Vectors) -> None:
    connection = vectors.load("suppression_tables")
    expected = dict(
        connection.execute("SELECT table_id, primary_cells_exposed_if_no_secondary FROM suppression_tables").fetchall()
    )
    for table_id, _, table, primary, _, _ in tables(vectors):
        lower, upper = bounds(table, primary, primary)
        assert int((upper - lower < 1e-6)[primary].sum()) == expected[table_id], table_id


@pytest.mark.parametrize("knows", [0.0, 1.0])
def test_no_primary_cell_can_be_told(vectors: Vectors, knows: float) -> None:
    for table_id, protect_zeros, table, primary, _, _ in tables(vectors):
        if protect_zeros and knows:
            continue  # if zeros are suppressed too, a suppressed cell may be one
        chosen = protect(table, primary, shows_zeros=not protect_zeros)
        lower, upper = bounds(table, chosen, primary, knows)
        assert (chosen >= primary).all(), table_id
        assert (upper - lower >= 1 - 1e-6)[primary].all(), table_id


def test_no_more_is_hidden_than_one_and_a_half_times_what_the_reference_hides(vectors: Vectors) -> None:
    for table_id, protect_zeros, table, primary, _, (number, total) in tables(vectors):
        chosen = protect(table, primary, shows_zeros=not protect_zeros)
        assert chosen.sum() <= PAR * number, (table_id, int(chosen.sum()), number)
        assert table.counts[chosen].sum() <= PAR * total, (table_id, float(table.counts[chosen].sum()), total)
