"""Directly standardised rates worked by hand, and when there is none."""

import math

import pytest

DSR = "{{ dsr_estimated('given', ['place'], 'events', 'people', 'weight', '1000') }}"
# Three bands whose rates are 0.01, 0.02 and 0.1, with weights 5, 3 and 2: (0.05 + 0.06 + 0.2) / 10 = 0.031.
BANDS = "(1, 2, 200, 5.0), (2, 6, 300, 3.0), (3, 12, 120, 2.0)"


def given(bands: str) -> str:
    return f"SELECT 'x' AS place, * FROM (VALUES {bands}) AS t(band, events, people, weight)"


def byar(count: float, sign: int, z: float) -> float:
    base = count if sign < 0 else count + 1
    return base * (1 - 1 / (9 * base) + sign * z / (3 * math.sqrt(base))) ** 3


def test_a_rate_is_the_weighted_mean_of_the_bands(rows_of):
    (row,) = rows_of(DSR, given(BANDS))
    assert row["value"] == pytest.approx(31, rel=1e-12)
    assert (row["total_count"], row["total_population"], row["band_count"], row["reason"]) == (20, 620, 3, None)


def test_limits_stretch_those_of_the_total_count(rows_of):
    (row,) = rows_of(DSR, given(BANDS))
    variance = (25 * 2 / 200**2 + 9 * 6 / 300**2 + 4 * 12 / 120**2) / 100
    for name, sign, z in (("lower_95", -1, 1.959963984540054), ("upper_99_8", 1, 3.090232306167813)):
        expected = 31 + 1000 * math.sqrt(variance / 20) * (byar(20, sign, z) - 20)
        assert row[name] == pytest.approx(expected, rel=1e-12)


def test_a_missing_count_is_no_event_and_a_band_of_weight_zero_counts_in_the_total(rows_of):
    (row,) = rows_of(DSR, given(f"{BANDS}, (4, NULL, 80, 0.0), (5, 7, 90, 0.0)"))
    assert row["value"] == pytest.approx(31, rel=1e-12)
    assert (row["total_count"], row["band_count"]) == (27, 5)


def test_fewer_than_ten_events_have_totals_and_no_rate(rows_of):
    nine, ten = (rows_of(DSR, given(f"(1, {count}, 100, 1.0)"))[0] for count in (9, 10))
    assert (nine["value"], nine["upper_95"], nine["total_count"]) == (None, None, 9)
    assert nine["reason"] == "fewer than 10 events"
    assert ten["value"] == pytest.approx(100)


@pytest.mark.parametrize(
    "band",
    [
        "(1, -1, 100, 1.0)",
        "(1, 12, 0, 1.0)",
        "(1, 12, NULL, 1.0)",
        "(1, 12, 100, -1.0)",
        "(1, 12, 100, NULL)",
        "(1, 12, -5, 1.0)",
    ],
)
def test_one_wrong_band_refuses_the_group(rows_of, band):
    (row,) = rows_of(DSR, given(f"{BANDS}, {band}"))
    assert row["reason"] == "invalid input"
    assert {row[name] for name in row if name not in ("place", "band_count", "reason")} == {None}


def test_weights_that_add_up_to_nothing_are_refused(rows_of):
    (row,) = rows_of(DSR, given("(1, 20, 100, 0.0)"))
    assert (row["value"], row["reason"]) == (None, "invalid input")


REPEATED = (
    "{{ dsr_of_repeat_events_estimated('given', ['place'], 'times', 'persons', 'people', 'weight', 'band', '1000') }}"
)


def test_repeat_events_keep_the_rate_and_widen_the_limits(rows_of):
    """Twenty admissions of twenty persons, or of ten persons twice each: the same rate, half the information."""
    given = "SELECT 'x' AS place, * FROM (VALUES {}) AS t(band, times, persons, people, weight)"
    (once,) = rows_of(REPEATED, given.format("(1, 1, 8, 200, 5.0), (2, 1, 12, 300, 3.0)"))
    (twice,) = rows_of(REPEATED, given.format("(1, 2, 4, 200, 5.0), (2, 2, 6, 300, 3.0)"))
    (plain,) = rows_of(
        "{{ dsr_estimated('given', ['place'], 'persons', 'people', 'weight', '1000') }}",
        given.format("(1, 1, 8, 200, 5.0), (2, 1, 12, 300, 3.0)"),
    )
    assert once == pytest.approx(plain)
    assert twice["value"] == pytest.approx(once["value"])
    assert twice["total_count"] == 20
    assert (twice["upper_95"] - twice["value"]) / (once["upper_95"] - once["value"]) == pytest.approx(math.sqrt(2))


def test_a_band_is_counted_once_however_many_frequencies_it_has(rows_of):
    given = "SELECT 'x' AS place, * FROM (VALUES (1, 1, 8, 200, 5.0), (1, 2, 4, 200, 5.0)) AS t(band, times, persons, people, weight)"
    (row,) = rows_of(REPEATED, given)
    assert (row["total_count"], row["total_population"], row["band_count"]) == (16, 200, 1)
    assert row["value"] == pytest.approx(1000 * 16 / 200)


def test_a_band_that_contradicts_itself_is_refused(rows_of):
    given = "SELECT 'x' AS place, * FROM (VALUES (1, 1, 8, 200, 5.0), (1, 2, 4, 201, 5.0)) AS t(band, times, persons, people, weight)"
    (row,) = rows_of(REPEATED, given)
    assert (row["value"], row["reason"]) == (None, "invalid input")


def test_the_standard_population_adds_up(connection, value_of):
    weights = [value_of("{{ european_standard_population_2013('band') }}", band=band) for band in range(21)]
    assert weights[0] is None
    assert weights[20] is None
    assert (weights[1], weights[8], weights[19], sum(weights[1:20])) == (5000, 7000, 1000, 100_000)
