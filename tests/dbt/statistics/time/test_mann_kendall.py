"""Mann-Kendall tests against hand counts and a count of all pairs in Python."""

import itertools
import math
import random
import statistics

import pytest

TESTED = "{{ mann_kendall_tested('given', ['series'], 'month', 'value') }}"


def series(**values: list[float | None]) -> str:
    """Rows of the relation `given`; the first value of each series is that of month 1."""
    rows = [
        f"('{name}', {month}, {'NULL' if value is None else value}::DOUBLE)"
        for name, of_name in values.items()
        for month, value in enumerate(of_name, 1)
    ]
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS t (series, month, value)"


def test_five_rising_points_are_a_trend_and_four_cannot_be(rows_of):
    five, four = rows_of(TESTED, series(a=[1, 2, 3, 4, 5], b=[1, 2, 3, 4]))
    assert (five["n"], five["s"], five["tau"], five["slope"], five["intercept"]) == (5, 10, 1, 1, 1)
    assert five["variance"] == pytest.approx(50 / 3)
    assert five["z"] == pytest.approx(9 / math.sqrt(50 / 3))
    assert five["p"] == pytest.approx(0.0274863361115103, rel=1e-12)
    assert (five["trend_95"], five["trend_99_8"]) == ("increasing", "no trend")
    assert (four["s"], four["trend_95"]) == (6, "no trend")


def test_a_flat_series_has_no_trend_and_a_single_point_no_slope(rows_of):
    flat, single = rows_of(TESTED, series(a=[5, 5, 5], b=[7]))
    assert (flat["s"], flat["variance"], flat["z"], flat["p"], flat["slope"]) == (0, 0, 0, pytest.approx(1), 0)
    assert (single["n"], single["s"], single["z"], single["tau"], single["slope"]) == (1, 0, 0, None, None)
    assert flat["trend_95"] == single["trend_95"] == "no trend"


def test_missing_values_are_left_out_and_a_series_of_them_too(rows_of):
    (found,) = rows_of(TESTED, series(a=[None, 1, None, 2, 3, None], b=[None]))
    assert (found["n"], found["s"], found["slope"]) == (3, 3, 1)


def test_ties_and_signs_are_those_of_all_pairs(rows_of):
    chance = random.Random(7)
    values = [chance.randint(0, 9) - month / 3 // 1 for month in range(24)]
    (found,) = rows_of(TESTED, series(a=values))
    pairs = list(itertools.combinations(enumerate(values), 2))
    s = sum((y > x) - (y < x) for (_, x), (_, y) in pairs)
    ties = sum(t * (t - 1) * (2 * t + 5) for t in (values.count(value) for value in set(values)))
    variance = (24 * 23 * 53 - ties) / 18
    assert found["s"] == s < 0
    assert found["variance"] == pytest.approx(variance)
    assert found["z"] == pytest.approx((s + 1) / math.sqrt(variance))
    assert found["slope"] == pytest.approx(statistics.median((y - x) / (j - i) for (i, x), (j, y) in pairs))
    assert found["trend_95"] == "decreasing"
