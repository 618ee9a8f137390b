"""Overdispersion by the formulas of its sources, item by item in Python."""

import math
import random
import statistics

import pytest

ESTIMATED = "{{ overdispersion_estimated('given', ['peers'], ['item'], 'x', 'n', 'transform', trim='0.1') }}"
Z = 1.959963984540054


def items(transform, rows, peers="p"):
    values = ", ".join(
        f"({number}, {'NULL' if x is None else x}::DOUBLE, {n}::DOUBLE)" for number, (x, n) in enumerate(rows)
    )
    return f"SELECT '{peers}' AS peers, item, x, n, '{transform}' AS transform FROM (VALUES {values}) AS t (item, x, n)"


def spread_items(seed, highest):
    chance = random.Random(seed)
    return [(chance.randint(1, highest), 60 + chance.randint(0, 80)) for _ in range(23)]


def quantile(values, share):
    """Between the two order statistics it falls between, in proportion."""
    return statistics.quantiles(values, n=10, method="inclusive")[0 if share == 0.1 else 8]


SCORES = {
    "ratio_cqc": (lambda x, n: math.sqrt(x / n), lambda x, n: 1 / (2 * math.sqrt(n)), lambda p: 1, lambda y: y * y),
    "ratio_shmi": (lambda x, n: math.log(x / n), lambda x, n: 1 / math.sqrt(n), lambda p: 0, math.exp),
    "proportion": (
        lambda x, n: math.asin(math.sqrt(x / n)),
        lambda x, n: 1 / (2 * math.sqrt(n)),
        lambda p: math.asin(math.sqrt(p)),
        lambda y: math.sin(y) ** 2,
    ),
    "ratio_of_counts": (
        lambda x, n: math.log((x + 0.5) / (n + 0.5)),
        lambda x, n: math.sqrt(x / (x + 0.5) ** 2 + n / (n + 0.5) ** 2),
        math.log,
        math.exp,
    ),
}


@pytest.mark.parametrize("transform", SCORES)
def test_scores_effect_and_limits_are_those_of_the_formulas(rows_of, transform):
    given = spread_items(5, 55 if transform == "proportion" else 160)
    rows = rows_of(ESTIMATED, items(transform, given))
    score, error, target_of, back = SCORES[transform]
    target = target_of(sum(x for x, _ in given) / sum(n for _, n in given))
    z = [(score(x, n) - target) / error(x, n) for x, n in given]
    if transform == "ratio_shmi":
        ranks = [sum(other < mine for other in z) + 1 for mine in z]
        used = [mine if 0 < rank * 10 // 24 < 9 else None for mine, rank in zip(z, ranks, strict=True)]
        assert used.count(None) == 4
    else:
        low, high = quantile(z, 0.1), quantile(z, 0.9)
        used = [min(max(mine, low), high) for mine in z]
    kept = [(mine, error(x, n) ** -2) for mine, (x, n) in zip(used, given, strict=True) if mine is not None]
    phi = sum(mine**2 for mine, _ in kept) / len(kept)
    weights = [weight for _, weight in kept]
    spare = sum(weights) - sum(weight**2 for weight in weights) / sum(weights)
    tau2 = (len(kept) * phi - (len(kept) - 1)) / spare
    assert tau2 > 0
    for row, (x, n), mine in zip(rows, given, used, strict=True):
        width = Z * math.sqrt(error(x, n) ** 2 + tau2)
        assert row["winsorised_z"] == (None if mine is None else pytest.approx(mine, rel=1e-9))
        assert (row["used_count"], row["phi"], row["tau2"]) == (len(kept), pytest.approx(phi), pytest.approx(tau2))
        assert row["lower_95"] == pytest.approx(
            back(max(target - width, 0) if transform == "ratio_cqc" else target - width)
        )
        assert row["upper_95"] == pytest.approx(back(target + width))
        assert row["target"] == pytest.approx(back(target))
        assert (row["value"] > row["upper_95"]) == row["funnel_class"].startswith("high")


def test_items_that_differ_by_chance_alone_have_no_effect_between_them(rows_of):
    rows = rows_of(ESTIMATED, items("proportion", [(20, 100), (21, 100), (19, 100), (20, 100)]))
    assert {row["tau2"] for row in rows} == {0}
    assert rows[0]["upper_95"] == pytest.approx(math.sin(math.asin(math.sqrt(0.2)) + Z / 20) ** 2)
    assert {row["funnel_class"] for row in rows} == {"as expected"}


def test_limits_stop_where_a_value_cannot_be(rows_of):
    rows = rows_of(ESTIMATED, items("proportion", [(0, 5), (1, 60), (9, 10), (60, 60)]))
    assert all(0 <= row["lower_99_8"] < row["upper_99_8"] <= 1 for row in rows)
    (least, *_) = rows_of(ESTIMATED, items("ratio_cqc", [(0, 0.5), (30, 10), (1, 20), (40, 20)]))
    assert least["lower_95"] == 0


@pytest.mark.parametrize("transform", SCORES)
def test_unusable_items_are_not_applicable_and_change_nothing(rows_of, transform):
    usable = [(8, 9), (12, 15), (30, 90), (44, 60)]
    alone = rows_of(ESTIMATED, items(transform, usable))
    rows = rows_of(ESTIMATED, items(transform, [*usable, (None, 9), (4, 0), (-1, 9)]))
    assert rows[:4] == alone
    assert {(row["y"], row["winsorised_z"], row["lower_95"], row["funnel_class"]) for row in rows[4:]} == {
        (None, None, None, "not applicable")
    }


def test_no_events_have_no_logarithm_but_a_place_between_limits(rows_of):
    rows = rows_of(ESTIMATED, items("ratio_shmi", [(0, 9), (8, 9), (12, 9), (30, 9)]))
    assert (rows[0]["y"], rows[0]["used_count"], rows[0]["funnel_class"]) == (None, 3, "not applicable")
    assert 0 < rows[0]["lower_95"] < 1 < rows[0]["upper_95"]


def test_a_single_item_shows_no_effect_between_items(rows_of):
    (row,) = rows_of(ESTIMATED, items("proportion", [(3, 9)]))
    assert (row["tau2"], row["lower_95"], row["funnel_class"]) == (None, None, "not applicable")
