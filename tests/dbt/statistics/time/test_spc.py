"""Control charts: limits by hand, rules by a plain search of every run, and many series at once."""

import itertools
import random

import pytest

CHARTED = """{{ spc_charted('given', ['series'], 'month', 'value', 'direction', target='target',
    screen_outliers='screened', fix_after='fixed', rebase_group='segment') }}"""
ICONS = f"""{{% set charted = '(' ~ {CHARTED[3:-3]} ~ ')' %}}{{{{ spc_icons(charted, ['series'], 'month') }}}}"""


def series(name, values, direction="increase", target=None, screened=True, fixed=None, rebased=()):
    """Rows of one series; it is rebased at the months named."""
    rows = ", ".join(
        f"({month}, {'NULL' if value is None else value}::DOUBLE, {sum(month >= start for start in rebased)})"
        for month, value in enumerate(values, 1)
    )
    return f"""SELECT '{name}' AS series, month, value, segment, '{direction}' AS direction,
        {"NULL" if target is None else target}::DOUBLE AS target, {screened} AS screened,
        {"NULL" if fixed is None else fixed}::INTEGER AS fixed FROM (VALUES {rows}) AS t (month, value, segment)"""


def causes(rows):
    return [row["special_cause"] for row in rows]


def test_limits_are_two_and_two_thirds_moving_ranges_from_the_mean(rows_of):
    first, second = rows_of(CHARTED, series("a", [3, 5]))
    assert (first["mean"], first["segment_point_count"], first["is_short_segment"]) == (4, 2, True)
    assert first["lower_process_limit"] == pytest.approx(4 - 2.66 * 2)
    assert second["upper_process_limit"] == pytest.approx(4 + 2.66 * 2)


def test_an_outlier_widens_the_limits_only_if_it_is_not_screened(rows_of):
    values = [10, 12] * 6 + [40] + [10, 12] * 3
    screened = rows_of(CHARTED, series("a", values))[0]
    unscreened = rows_of(CHARTED, series("a", values, screened=False))[0]
    # Ranges are 2, but for 28 and 30 beside the outlier, beyond 3.267 of their average of 5.
    assert screened["upper_process_limit"] - screened["mean"] == pytest.approx(2.66 * 2)
    # After nine ranges of 10, one of 43.4 is 3.253 times the average, and one of 45 is 3.333 times.
    for last, kept in ((43.4, 13.34), (45, 10)):
        rows = rows_of(CHARTED, series("a", [*[0, 10] * 5, 10 + last]))
        assert rows[0]["upper_process_limit"] - rows[0]["mean"] == pytest.approx(2.66 * kept)
    assert unscreened["upper_process_limit"] - unscreened["mean"] == pytest.approx(2.66 * (16 * 2 + 58) / 18)


def test_fixed_limits_come_from_the_first_points_and_a_rebase_begins_anew(rows_of):
    values = [10, 12] * 6 + [30, 32] * 6
    fixed = rows_of(CHARTED, series("a", values, fixed=12))
    assert {row["mean"] for row in fixed} == {11}
    assert causes(fixed)[12:] == ["above upper limit"] * 12
    rebased = rows_of(CHARTED, series("a", values, rebased=[13]))
    assert [row["mean"] for row in rebased] == [11] * 12 + [31] * 12
    assert set(causes(rebased)) == {"common cause"}


def test_a_turning_point_bears_the_trend_that_goes_on_from_it(rows_of):
    rows = rows_of(CHARTED, series("a", [30, 60] * 8 + [*range(40, 54, 2), *range(54, 38, -2), 60, 30], screened=False))
    found = causes(rows)
    assert set(found[:16]) | set(found[31:]) == {"common cause"}
    assert found[16:23] == ["increasing trend"] * 7
    assert found[23:31] == ["decreasing trend"] * 8
    valley = [30, 60] * 8 + [*range(54, 40, -2), *range(40, 56, 2), 30]
    found = causes(rows_of(CHARTED, series("a", valley, screened=False)))
    assert found[16:23] == ["decreasing trend"] * 7
    assert found[23:31] == ["increasing trend"] * 8


def test_neither_a_constant_series_nor_a_single_point_has_limits_or_causes(rows_of):
    constant, single = series("a", [20] * 15, target=20), series("b", [3])
    rows = rows_of(CHARTED, f"{constant} UNION ALL {single}")
    assert {(row["lower_process_limit"], row["is_outside_limits"], row["special_cause"]) for row in rows} == {
        (None, None, "common cause")
    }
    unscreened = rows_of(CHARTED, series("a", [20] * 15, screened=False))
    assert {row["lower_process_limit"] for row in unscreened} == {20}


def by_search(values, mean, lower, upper):
    """The rules again: every window of every length that counts, marked by brute force."""
    n = len(values)
    side = [0 if v is None else (v > mean) - (v < mean) for v in values]
    outside = [v is not None and (v > upper or v < lower) for v in values]
    near = (upper - mean) * 2 / 3
    close = [v is not None and not o and abs(v - mean) > near for v, o in zip(values, outside, strict=True)]
    rising, falling, shifted, paired = set(), set(), set(), set()
    for start in range(n - 6):
        window = range(start, start + 7)
        steps = [
            None if values[j] is None or values[i] is None else values[j] - values[i]
            for i, j in itertools.pairwise(window)
        ]
        rising.update(window if all(s is not None and s > 0 for s in steps) else ())
        falling.update(window if all(s is not None and s < 0 for s in steps) else ())
        shifted.update(window if abs(sum(side[i] for i in window)) == 7 else ())
    for start in range(n - 2):
        window = range(start, start + 3)
        if abs(sum(side[i] for i in window)) == 3 and sum(close[i] for i in window) >= 2:
            paired.update(i for i in window if close[i])
    words = []
    for i in range(n):
        where = "above" if side[i] > 0 else "below"
        if outside[i]:
            words.append("above upper limit" if side[i] > 0 else "below lower limit")
        elif i in rising or i in falling:
            goes_up = i + 1 < n and values[i + 1] is not None and values[i + 1] > values[i]
            words.append("increasing trend" if i in rising and (i not in falling or goes_up) else "decreasing trend")
        elif i in paired:
            words.append(f"two of three {where} mean")
        else:
            words.append(f"shift {where} mean" if i in shifted else "common cause")
    return words


def test_rules_find_what_a_plain_search_finds_in_many_series_at_once(rows_of):
    chance = random.Random(11)
    walks = {}
    for number in range(120):
        level, values, step = 50.0, [], chance.choice([0.3, 1, 2])
        for _ in range(60):
            level += step * chance.choice([-2, -1, 0, 1, 2, 2 if number % 2 else -2])
            values.append(None if chance.random() < 0.02 else level + chance.choice([-6, -1, 0, 0, 1, 6]))
        walks[f"s{number:03}"] = values
    rows = rows_of(CHARTED, " UNION ALL ".join(series(name, values) for name, values in walks.items()))
    seen = set()
    for name, values in walks.items():
        mine = [row for row in rows if row["series"] == name]
        limits = (mine[0]["mean"], mine[0]["lower_process_limit"], mine[0]["upper_process_limit"])
        expected = by_search(values, *limits)
        assert causes(mine) == expected, name
        seen.update(expected)
    assert len(seen) == 9


@pytest.mark.parametrize(
    ("direction", "last", "target", "variation", "assurance"),
    [
        ("increase", 40, 5, "improvement high", "pass"),
        ("decrease", 40, 5, "concern high", "fail"),
        ("increase", -20, 90, "concern low", "fail"),
        ("decrease", -20, 90, "improvement low", "pass"),
        ("neutral", 40, 90, "neutral high", None),
        ("neutral", -20, 90, "neutral low", None),
        ("increase", 11, 11, "common cause", "inconsistent"),
        ("increase", 11, None, "common cause", None),
    ],
)
def test_icons_say_what_the_last_point_means_for_the_direction(rows_of, direction, last, target, variation, assurance):
    (icons,) = rows_of(ICONS, series("a", [*[10, 12] * 8, last], direction, target))
    assert (icons["variation_icon"], icons["assurance_icon"]) == (variation, assurance)
