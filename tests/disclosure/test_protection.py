"""Hidden cells stay hidden: cases worked by hand, and tables that nobody chose."""

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
    """Four cells and their total."""
    return crossed(ROW, [sum(counts), *counts], ADD_UP)


def small(table: AdditiveTable, below: int = 5, zeros: bool = False) -> np.ndarray:
    return (table.counts < below) & ((table.counts > 0) | zeros)


def hidden(table: AdditiveTable, **how: bool) -> list[float]:
    """The counts that are hidden, in order of the cells."""
    return list(table.counts[protect(table, small(table, zeros=not how.get("shows_zeros", True)), **how)])


def area_table(base: np.ndarray, regions: int) -> AdditiveTable:
    """Areas by bands with both margins, and areas in regions."""
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


# ---------------------------------------------------------------- by hand


def test_a_small_cell_alone_takes_the_next_smallest_with_it() -> None:
    assert hidden(row(1, 50, 60, 20)) == [1, 20]


def test_a_zero_that_is_shown_is_no_partner() -> None:
    assert hidden(row(1, 0, 60, 20)) == [1, 20]


def test_zeros_that_are_small_are_hidden_too() -> None:
    assert hidden(row(1, 0, 60, 20), shows_zeros=False) == [1, 0]


def test_two_ones_do_not_protect_each_other_where_zeros_are_shown() -> None:
    assert hidden(row(1, 1, 60, 20)) == [1, 1, 20]


def test_two_small_cells_with_room_between_them_need_no_other() -> None:
    assert hidden(row(1, 3, 60, 20)) == [1, 3]


def test_where_there_is_no_partner_the_total_goes() -> None:
    assert hidden(row(3, 0, 0, 0)) == [3, 3]


def test_nothing_small_hides_nothing() -> None:
    assert hidden(row(5, 50, 60, 20)) == []


def test_a_cell_without_any_sum_needs_no_partner() -> None:
    table = crossed([("a",), ("b",)], [1, 2], [])
    assert list(protect(table, small(table))) == [True, True]


def test_the_bounds_of_two_hidden_cells_are_their_sum() -> None:
    table = row(1, 50, 60, 20)
    cells = np.isin(table.counts, [1, 20])
    for least, expected in ((0.0, [0, 21, 0, 21]), (1.0, [1, 20, 1, 20])):
        lower, upper = bounds(table, cells, cells, least)
        assert [lower[1], upper[1], lower[4], upper[4]] == pytest.approx(expected)


def test_nothing_above_a_hidden_total_is_known() -> None:
    table = row(3, 0, 0, 0)
    cells = table.counts == 3
    _, upper = bounds(table, cells, cells)
    assert np.isinf(upper[cells]).all()


def test_a_cell_that_is_shown_is_known() -> None:
    table = row(1, 50, 60, 20)
    lower, upper = bounds(table, np.zeros(5, dtype=bool), np.ones(5, dtype=bool))
    assert (lower == table.counts).all()
    assert (upper == table.counts).all()


# ---------------------------------------------------------------- tables that are none


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="1 sums of the table do not add up"):
        crossed(ROW, [99, 1, 2, 3, 4], ADD_UP)


@pytest.mark.parametrize("count", [-1, float("nan")])
def test_a_table_needs_a_count_for_every_cell(count: float) -> None:
    with pytest.raises(ValueError, match="needs a count for every cell"):
        crossed([("a",)], [count], [])


def test_a_cell_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        crossed([("a",), ("a",)], [1, 2], [])


# ---------------------------------------------------------------- tables that nobody chose


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), areas=st.integers(2, 8), bands=st.integers(2, 4), shows_zeros=st.booleans())
def test_whatever_the_table_no_small_cell_can_be_told(seed: int, areas: int, bands: int, shows_zeros: bool) -> None:
    chance = np.random.default_rng(seed)
    table = area_table(chance.poisson(chance.choice([1, 4, 20], (areas, bands))), regions=2)
    primary = small(table, zeros=not shows_zeros)
    chosen = protect(table, primary, shows_zeros=shows_zeros)
    lower, upper = bounds(table, chosen, primary, 1.0 if shows_zeros else 0.0)
    assert (chosen >= primary).all()
    assert (upper - lower >= 1 - 1e-6)[primary].all()
    if shows_zeros:
        assert not (chosen & (table.counts == 0)).any()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_an_intruder_who_tries_every_table_of_whole_numbers_learns_no_small_cell(seed: int) -> None:
    chance = np.random.default_rng(seed)
    table = area_table(chance.poisson(2, (3, 2)), regions=1)
    primary = small(table)
    chosen = protect(table, primary)
    free = np.flatnonzero(chosen)
    assume(0 < len(free) <= 10)
    # Steps of one are enough: in two classifications whatever real numbers can do, whole ones can.
    found = []
    for steps in itertools.product((-1, 0, 1), repeat=len(free)):
        counts = table.counts.copy()
        counts[free] += steps
        if (counts[free] >= 1).all() and not (table.sums @ counts).any():
            found.append(counts[primary])
    assert (np.ptp(found, axis=0) >= 1).all()
