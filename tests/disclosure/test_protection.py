"""Suppressed cells cannot be derived: worked examples and random tables."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestration.disclosure.attack import bounds
from orchestration.disclosure.protection import protect
from orchestration.disclosure.tables import AdditiveTable, crossed

ROW = [("Total",), ("a",), ("b",), ("c",), ("d",)]
ADD_UP = [(0, dict.fromkeys("abcd", "Total"))]


def row(*counts: int) -> AdditiveTable:
    """Return a table of four cells and their total."""
    return crossed(ROW, [sum(counts), *counts], ADD_UP)


def small(table: AdditiveTable, below: int = 5, zeros: bool = False) -> np.ndarray:
    return (table.counts < below) & ((table.counts > 0) | zeros)


def suppressed_counts(table: AdditiveTable, **how: bool) -> list[float]:
    """Return the suppressed counts, in the order of the cells."""
    return list(table.counts[protect(table, small(table, zeros=not how.get("shows_zeros", True)), **how)])


def area_table(base: np.ndarray, regions: int) -> AdditiveTable:
    """Return a table of areas by bands with both margins, and areas in regions."""
    areas, bands = base.shape
    to_region = {f"a{i}": f"r{i % regions}" for i in range(areas)}
    to_total = dict.fromkeys(set(to_region.values()), "Total")
    cells = {(f"a{i}", f"b{j}"): int(base[i, j]) for i, j in itertools.product(range(areas), range(bands))}
    for parts in (to_region, to_total):
        wholes: dict[tuple[str, str], int] = {}
        for (area, band), count in cells.items():
            if area in parts:
                whole = (parts[area], band)
                wholes[whole] = wholes.get(whole, 0) + count
        cells |= wholes
    for area in {area for area, _ in cells}:
        cells[area, "Total"] = sum(cells[area, f"b{j}"] for j in range(bands))
    levels = [(0, to_region), (0, to_total), (1, {f"b{j}": "Total" for j in range(bands)})]
    return crossed(list(cells), list(cells.values()), levels)


# ---------------------------------------------------------------- worked examples


def test_a_single_small_cell_is_protected_by_the_next_smallest() -> None:
    assert suppressed_counts(row(1, 50, 60, 20)) == [1, 20]


def test_a_published_zero_protects_nothing() -> None:
    assert suppressed_counts(row(1, 0, 60, 20)) == [1, 20]


def test_zeros_that_are_small_are_suppressed_too() -> None:
    assert suppressed_counts(row(1, 0, 60, 20), shows_zeros=False) == [1, 0]


def test_two_ones_do_not_protect_each_other_if_zeros_are_published() -> None:
    assert suppressed_counts(row(1, 1, 60, 20)) == [1, 1, 20]


def test_two_small_cells_with_wide_intervals_need_no_third() -> None:
    assert suppressed_counts(row(1, 3, 60, 20)) == [1, 3]


def test_the_total_is_suppressed_if_no_other_part_can_be() -> None:
    assert suppressed_counts(row(3, 0, 0, 0)) == [3, 3]


def test_without_small_cells_nothing_is_suppressed() -> None:
    assert suppressed_counts(row(5, 50, 60, 20)) == []


def test_a_cell_in_no_sum_needs_no_secondary_suppression() -> None:
    table = crossed([("a",), ("b",)], [1, 2], [])
    assert list(protect(table, small(table))) == [True, True]


def test_the_intervals_of_two_suppressed_cells_follow_from_their_sum() -> None:
    table = row(1, 50, 60, 20)
    cells = np.isin(table.counts, [1, 20])
    for least, expected in ((0.0, [0, 21, 0, 21]), (1.0, [1, 20, 1, 20])):
        lower, upper = bounds(table, cells, cells, least)
        assert [lower[1], upper[1], lower[4], upper[4]] == pytest.approx(expected)


def test_a_suppressed_total_has_no_upper_limit() -> None:
    table = row(3, 0, 0, 0)
    cells = table.counts == 3
    _, upper = bounds(table, cells, cells)
    assert np.isinf(upper[cells]).all()


def test_the_interval_of_a_published_cell_is_its_count() -> None:
    table = row(1, 50, 60, 20)
    lower, upper = bounds(table, np.zeros(5, dtype=bool), np.ones(5, dtype=bool))
    assert (lower == table.counts).all()
    assert (upper == table.counts).all()


# ---------------------------------------------------------------- invalid tables


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="1 sums of the table do not add up"):
        crossed(ROW, [99, 1, 2, 3, 4], ADD_UP)


@pytest.mark.parametrize("count", [-1, float("nan")])
def test_a_table_needs_a_count_for_every_cell(count: float) -> None:
    with pytest.raises(ValueError, match="every cell of an additive table needs a count"):
        crossed([("a",)], [count], [])


def test_two_cells_with_the_same_members_are_refused() -> None:
    with pytest.raises(ValueError, match="two cells of the table have the same members"):
        crossed([("a",), ("a",)], [1, 2], [])


# ---------------------------------------------------------------- random tables


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), areas=st.integers(2, 8), bands=st.integers(2, 4), shows_zeros=st.booleans())
def test_no_small_cell_of_a_random_table_can_be_derived(seed: int, areas: int, bands: int, shows_zeros: bool) -> None:
    random = np.random.default_rng(seed)
    table = area_table(random.poisson(random.choice([1, 4, 20], (areas, bands))), regions=2)
    primary = small(table, zeros=not shows_zeros)
    chosen = protect(table, primary, shows_zeros=shows_zeros)
    lower, upper = bounds(table, chosen, primary, 1.0 if shows_zeros else 0.0)
    assert (chosen >= primary).all()
    assert (upper - lower >= 1 - 1e-6)[primary].all()
    if shows_zeros:
        assert not (chosen & (table.counts == 0)).any()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_small_cell_can_be_derived_by_trying_every_table_of_whole_numbers(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = area_table(random.poisson(2, (3, 2)), regions=1)
    primary = small(table)
    chosen = protect(table, primary)
    free = np.flatnonzero(chosen)
    assume(0 < len(free) <= 10)
    # Steps of one are enough: with two classifications, whole numbers reach whatever real numbers do.
    feasible = []
    for steps in itertools.product((-1, 0, 1), repeat=len(free)):
        counts = table.counts.copy()
        counts[free] += steps
        if (counts[free] >= 1).all() and not (table.sums @ counts).any():
            feasible.append(counts[primary])
    assert (np.ptp(feasible, axis=0) >= 1).all()
