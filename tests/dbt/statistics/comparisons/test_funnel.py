"""Funnel limits by hand, and classes that agree with the lines that are drawn."""

import math

import pytest
from scipy import stats

CLASSIFIED = """{{ funnel_classified('given', ['peers'], ['item'], 'kind', 'numerator', 'denominator',
    'multiplier', rate='rate') }}"""


def items(kind, *rows, multiplier=100, peers="p"):
    """Items of (numerator, denominator) or (numerator, denominator, rate), named 0, 1, 2 …"""
    filled = [(*row, None)[:3] for row in rows]
    values = ", ".join(
        f"({number}, {', '.join('NULL' if value is None else str(value) for value in row)})"
        for number, row in enumerate(filled)
    )
    return f"""SELECT '{peers}' AS peers, item, '{kind}' AS kind, numerator::DOUBLE AS numerator,
               denominator::DOUBLE AS denominator, rate::DOUBLE AS rate, {multiplier} AS multiplier
               FROM (VALUES {values}) AS t (item, numerator, denominator, rate)"""


def test_limits_of_a_proportion_are_two_and_three_standard_errors_about_the_baseline(value_of):
    limit = "{{{{ funnel_limit_of_proportion('{}', 'p', 'n', '{}') }}}}"
    assert value_of(limit.format("lower", "95"), p=0.5, n=100) == pytest.approx(0.5 - 1.959963984540054 * 0.05)
    assert value_of(limit.format("upper", "99_8"), p=0.5, n=100) == pytest.approx(0.5 + 3.090232306167813 * 0.05)
    assert value_of(limit.format("lower", "95"), p=0.1, n=1) < 0
    for p, n in ((1.1, 100), (0.5, 0), (None, 10), (0.5, None)):
        assert value_of(limit.format("lower", "95"), p=p, n=n) is None


@pytest.mark.parametrize(
    ("numerator", "named"),
    [
        (34, "low beyond 99.8%"),
        (35, "low beyond 95%"),
        (40, "low beyond 95%"),
        (41, "as expected"),
        (59, "as expected"),
        (60, "high beyond 95%"),
        (65, "high beyond 95%"),
        (66, "high beyond 99.8%"),
        (101, None),
        (None, None),
    ],
)
def test_a_proportion_is_classed_by_its_distance_from_the_baseline(value_of, numerator, named):
    assert value_of("{{ funnel_class_of_proportion('x', 'n', 'p') }}", x=numerator, n=100, p=0.5) == named


@pytest.mark.parametrize(
    ("observed", "expected", "named"),
    [
        (0, 3.68, "as expected"),
        (0, 3.69, "low beyond 95%"),
        (0, 6.91, "low beyond 99.8%"),
        (9, 4.12, "as expected"),
        (9, 4.11, "high beyond 95%"),
        (9, 2.45, "high beyond 99.8%"),
        # Byar's limit at 10 is 4.7874; the exact one is 4.7954.
        (10, 4.79, "as expected"),
        (10, 4.78, "high beyond 95%"),
        (5, 0, None),
        (None, 5, None),
    ],
)
def test_a_count_is_classed_by_its_own_limits(value_of, observed, expected, named):
    assert value_of("{{ funnel_class_of_count('o', 'e', '1') }}", o=observed, e=expected) == named


def test_what_lies_on_a_limit_is_not_beyond_it(value_of):
    for x, p in ((0, 0), (100, 1)):
        assert value_of("{{ funnel_class_of_proportion('x', '100', 'p') }}", x=x, p=p) == "as expected"
    for side, observed in (("upper", 0), ("lower", 9)):
        limit = value_of(f"{{{{ exact_poisson_limit('{side}', 'o', '95') }}}}", o=observed)
        assert value_of("{{ funnel_class_of_count('o', 'e', '1') }}", o=observed, e=limit) == "as expected"


def test_expected_events_at_a_limit_leave_the_tail_that_the_confidence_says(value_of):
    for observed in (1, 8, 60):
        fewest = value_of("{{ funnel_expected_at_limit('lower', 'o', '95') }}", o=observed)
        most = value_of("{{ funnel_expected_at_limit('upper', 'o', '99_8') }}", o=observed)
        assert stats.poisson.sf(observed - 1, fewest) == pytest.approx(0.025, rel=1e-9)
        assert stats.poisson.cdf(observed, most) == pytest.approx(0.001, rel=1e-9)


def test_limits_of_a_ratio_are_exact_and_need_expected_events(value_of):
    upper = "{{ funnel_limit_of_ratio('upper', 'e', '95') }}"
    assert value_of(upper, e=12.5) == pytest.approx(stats.chi2.ppf(0.975, 27) / 25, rel=1e-10)
    assert value_of(upper, e=0) is None


def test_an_item_is_high_or_low_exactly_when_it_is_beyond_its_line(rows_of):
    counts = [(o, e) for o in range(1, 40) for e in (0.5, 2.0, 9.0, 14.5, 22.0, 60.0)]
    queries = [
        items("ratio", *counts, peers="ratios"),
        items("crude_rate", *[(o, 1000 * e) for o, e in counts], multiplier=1000, peers="rates"),
        items("proportion", *[(o, 3 * e + 40) for o, e in counts], peers="proportions"),
    ]
    rows = rows_of(CLASSIFIED, " UNION ALL ".join(queries))
    assert len(rows) == 3 * len(counts)
    seen = set()
    for row in rows:
        if row["value"] > row["upper_99_8"]:
            where = "high beyond 99.8%"
        elif row["value"] > row["upper_95"]:
            where = "high beyond 95%"
        elif row["value"] < row["lower_99_8"]:
            where = "low beyond 99.8%"
        else:
            where = "low beyond 95%" if row["value"] < row["lower_95"] else "as expected"
        assert row["funnel_class"] == where
        seen.add((row["peers"], where))
    assert len(seen) == 15


def test_peers_have_a_baseline_of_their_own(rows_of):
    rows = rows_of(
        CLASSIFIED, f"{items('proportion', (10, 100), (40, 100))} UNION ALL {items('ratio', (1, 2), peers='q')}"
    )
    assert [(row["value"], row["baseline"]) for row in rows] == [(10, 25), (40, 25), (50, 100)]


def test_lines_of_a_proportion_stop_at_nothing_and_at_all(rows_of):
    rows = rows_of(CLASSIFIED, items("proportion", (1, 2), (1, 400), (3, 3)))
    assert rows[0]["lower_95"] == 0
    assert 0 < rows[0]["upper_95"] < 100
    rows = rows_of(CLASSIFIED, items("proportion", (2, 2), (399, 400)))
    assert rows[0]["upper_95"] == 100


def test_impossible_items_are_not_applicable_and_left_out_of_the_baseline(rows_of):
    rows = rows_of(CLASSIFIED, items("proportion", (10, 100), (120, 100), (None, 100), (-1, 100), (5, 0), (5, None)))
    assert [row["funnel_class"] for row in rows] == ["as expected"] + ["not applicable"] * 5
    assert {row["baseline"] for row in rows} == {10}
    assert {(row["value"], row["lower_95"]) for row in rows[1:]} == {(None, None)}


def test_a_standardised_rate_of_few_events_is_not_classed_but_counts_in_the_baseline(rows_of):
    rows = rows_of(CLASSIFIED, items("dsr", (200, None, 200), (9, None, 90), (0, None, None), multiplier=1000))
    assert [row["funnel_denominator"] for row in rows] == [1000, 100, None]
    assert {row["baseline"] for row in rows} == {1000 * 209 / 1100}
    assert [row["funnel_class"] for row in rows] == ["as expected", "not applicable", "not applicable"]


def test_a_crude_rate_without_events_is_judged_by_its_population(rows_of):
    rows = rows_of(CLASSIFIED, items("crude_rate", (100, None, 10), (0, 500, 0), multiplier=100))
    assert rows[1]["baseline"] == pytest.approx(100 * 100 / 1500)
    assert (rows[1]["funnel_denominator"], rows[1]["value"], rows[1]["lower_95"]) == (500, 0, None)
    assert rows[1]["funnel_class"] == "low beyond 99.8%"
    assert math.exp(-500 * 100 / 1500) < 0.001


def test_points_of_a_chart_are_of_one_year(value_of):
    point = "{{ funnel_chart_denominator('kind', 'o', 'n', 'rate', '100000', '3') }}"
    assert value_of(point, kind="dsr", o=414, n=None, rate=184) == pytest.approx(75000)
    assert value_of(point, kind="dsr", o=9, n=None, rate=184) is None
    assert value_of(point, kind="crude_rate", o=0, n=6000, rate=0) == 2000
    assert value_of("{{ funnel_chart_rate('kind', 'o', 'rate') }}", kind="dsr", o=9, rate=184) is None
