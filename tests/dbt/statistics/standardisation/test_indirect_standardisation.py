"""Standardised ratios worked by hand, and when there is none."""

import pytest

ISR = """{{ isr_estimated('given', ['place'], 'events', 'people', 'events_there', 'people_there', '100', '1000') }}"""
# Reference rates 0.01 and 0.05, so 2 + 10 = 12 events are expected; crude reference rate 60 / 2000.
BANDS = "(5, 200, 10, 1000), (4, 200, 50, 1000)"


def given(bands: str) -> str:
    return f"SELECT 'x' AS place, * FROM (VALUES {bands}) AS t(events, people, events_there, people_there)"


def test_observed_over_expected(rows_of):
    (row,) = rows_of(ISR, given(BANDS))
    assert (row["observed"], row["expected"], row["reference_rate"]) == (9, 12, 30)
    assert row["ratio"] == pytest.approx(75)
    assert row["rate"] == pytest.approx(22.5)
    # Exact limits of 9 are 4.115 and 17.085 in every printed table.
    assert row["ratio_lower_95"] == pytest.approx(100 * 4.115373097 / 12, rel=1e-9)
    assert row["rate_upper_95"] == pytest.approx(30 * 17.084803451 / 12, rel=1e-9)


def test_a_band_without_people_expects_nothing_and_is_allowed(rows_of):
    (row,) = rows_of(ISR, given(f"{BANDS}, (NULL, 0, 7, 100), (NULL, NULL, NULL, 100)"))
    assert (row["observed"], row["expected"], row["band_count"], row["reason"]) == (9, 12, 4, None)


def test_nothing_observed_has_a_ratio_of_zero_and_an_upper_limit(rows_of):
    (row,) = rows_of(ISR, given("(0, 200, 10, 1000)"))
    assert (row["ratio"], row["ratio_lower_95"]) == (0, 0)
    assert row["ratio_upper_95"] == pytest.approx(100 * 3.688879454 / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("bands", "reason"),
    [
        ("(3, 0, 10, 1000)", "no events expected"),
        ("(3, 10, 0, 1000)", "no events expected"),
        ("(NULL, 10, 5, 1000)", "no numerator"),
        ("(-3, 10, 5, 1000)", "invalid input"),
        ("(3, -10, 5, 1000)", "invalid input"),
        ("(3, 10, 5, 0)", "invalid input"),
        ("(3, 10, 5, NULL)", "invalid input"),
    ],
)
def test_where_there_is_no_ratio_the_reason_is_told(rows_of, bands, reason):
    (row,) = rows_of(ISR, given(bands))
    assert row["reason"] == reason
    assert {row[name] for name in row if name.startswith(("ratio", "rate"))} == {None}
