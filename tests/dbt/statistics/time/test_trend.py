"""Recent trends by hand, and the same at every point as at the end of a series."""

import math
import random

import pytest

ARGUMENTS = "'given', ['series'], 'year', 'value', 'lower', 'upper', 'numerator', 'denominator', 'method', 'polarity'"
AT_THE_END = f"{{{{ recent_trend_estimated({ARGUMENTS}) }}}}"
AT_EACH_POINT = f"{{{{ recent_trend_at_each_point({ARGUMENTS}) }}}}"


def given(values: list[float | None], width: float | None = 1.0, method: str = "wls_ci", polarity: str = "high") -> str:
    """One series of values with limits of that width; counts out of 1,000 that do not matter to `wls_ci`."""
    rows = ", ".join(f"({year}, {'NULL' if v is None else v}::DOUBLE)" for year, v in enumerate(values, 2001))
    limits = "NULL::DOUBLE AS lower, NULL::DOUBLE AS upper" if width is None else (
        f"value - {width} / 2 AS lower, value + {width} / 2 AS upper"
    )  # fmt: skip
    return f"""SELECT 'a' AS series, year, value, {limits}, 1.0 AS numerator, 1000.0 AS denominator,
               '{method}' AS method, '{polarity}' AS polarity FROM (VALUES {rows}) AS t (year, value)"""


def proportions(numerators: list[int], denominator: int = 1000, polarity: str = "low") -> str:
    rows = ", ".join(f"({year}, {numerator})" for year, numerator in enumerate(numerators, 2001))
    return f"""SELECT 'a' AS series, year, numerator / {denominator} AS value, NULL::DOUBLE AS lower, NULL::DOUBLE AS upper,
               numerator, {denominator} AS denominator, 'proportion_trend' AS method, '{polarity}' AS polarity
               FROM (VALUES {rows}) AS t (year, numerator)"""


@pytest.mark.parametrize(("chi_square", "is_significant"), [(9.5496, True), (9.5495, False)])
@pytest.mark.parametrize(("values", "trend"), [([1, 2, 3, 4, 5], "increasing"), ([5, 4, 3, 2, 1], "decreasing")])
def test_a_line_is_a_trend_once_its_chi_square_passes_the_99_8_percent_point(
    rows_of, values, trend, chi_square, is_significant
):
    # Equal weights of 1/s^2: the variance of the slope is s^2 / 10.
    (found,) = rows_of(AT_THE_END, given(values, width=3.92 * math.sqrt(10 / chi_square)))
    assert abs(found["slope"]) == pytest.approx(1, rel=1e-12)
    assert found["chi_square"] == pytest.approx(chi_square, rel=1e-9)
    assert (found["trend"], found["keeps_its_sign"]) == (trend if is_significant else "no change", True)


@pytest.mark.parametrize(
    ("values", "polarity", "trend", "judgement"),
    [
        ([1, 2, 3, 4, 5], "high", "increasing", "getting better"),
        ([1, 2, 3, 4, 5], "low", "increasing", "getting worse"),
        ([5, 4, 3, 2, 1], "low", "decreasing", "getting better"),
        ([5, 4, 3, 2, 1], "high", "decreasing", "getting worse"),
        ([5, 4, 3, 2, 1], "none", "decreasing", None),
        ([3, 3, 3, 3, 3], "high", "no change", None),
    ],
)
def test_polarity_says_whether_a_trend_is_good(rows_of, values, polarity, trend, judgement):
    (found,) = rows_of(AT_THE_END, given(values, 0.1, polarity=polarity))
    assert (found["trend"], found["judgement"]) == (trend, judgement)


def test_a_trend_that_hangs_on_one_point_is_none(rows_of):
    (hangs,) = rows_of(AT_THE_END, given([1, 0, 0, 0, 10], 0.1))
    assert hangs["chi_square"] > 1000
    assert (hangs["keeps_its_sign"], hangs["trend"]) == (False, "no change")
    # Without its last point this one is flat, and a slope of 0 counts as positive.
    (holds,) = rows_of(AT_THE_END, given([0, 0, 0, 0, 10], 0.1))
    assert (holds["keeps_its_sign"], holds["trend"]) == (True, "increasing")


@pytest.mark.parametrize(
    ("query", "trend"),
    [
        (given([1, 2, 3, 4]), "cannot be calculated"),
        (given([1, None, 2, 3, 4]), "cannot be calculated"),
        (given([1, 2, 3, 4, 5], method="guess"), "cannot be calculated"),
        (given([1, 2, 3, 4, 5], width=None), "no change"),
        (given([1, 2, 3, 4, 5], width=0), "no change"),
        (proportions([300, 250, 1000, 150, 100]), "cannot be calculated"),
        (proportions([300, 250, 0, 150, 100]), "cannot be calculated"),
    ],
    ids=["four", "four valid", "method", "no limits", "no width", "whole", "none"],
)
def test_what_cannot_be_calculated_has_no_figures(rows_of, query, trend):
    (found,) = rows_of(AT_THE_END, query)
    assert (found["trend"], found["chi_square"], found["judgement"]) == (trend, None, None)


def test_a_missing_value_is_passed_over(rows_of):
    (found,) = rows_of(AT_THE_END, given([1, 2, None, 3, 4, 5, None], 0.1))
    assert found["slope"] == pytest.approx(1)
    assert (found["valid_point_count"], found["trend"]) == (5, "increasing")


@pytest.mark.parametrize("whole", [0, 4, 6])
def test_a_numerator_that_is_its_denominator_anywhere_so_far_stops_the_calculation(rows_of, whole):
    query = given([1, 2, 3, 4, 5, 6, 7], 0.1).replace(
        "1.0 AS numerator", f"if(year = {2001 + whole}, 1000, 1) AS numerator"
    )
    rows = rows_of(AT_EACH_POINT, query)
    assert [row["trend"] == "increasing" for row in rows] == [4 <= number < whole for number in range(7)]


def test_falling_proportions_are_called_falling(rows_of):
    (found,) = rows_of(AT_THE_END, proportions([300, 270, 250, 220, 190]))
    n, x = 1000, [300, 270, 250, 220, 190]
    xt = sum(t * count for t, count in enumerate(x, 1))
    chi_square = (
        5 * n * (5 * n * xt - sum(x) * 15 * n) ** 2 / (sum(x) * (5 * n - sum(x)) * (5 * n * 55 * n - (15 * n) ** 2))
    )
    assert found["chi_square"] == pytest.approx(chi_square)
    assert (found["trend"], found["judgement"]) == ("decreasing", "getting better")


def test_the_trend_at_each_point_is_that_of_the_series_so_far(rows_of, connection):
    chance = random.Random(3)
    values = [None if chance.random() < 0.2 else year / 4 + chance.random() for year in range(16)]
    at_each_point = rows_of(AT_EACH_POINT, given(values))
    assert len({row["trend"] for row in at_each_point}) == 3
    for so_far, at_point in enumerate(at_each_point, 1):
        (at_the_end,) = rows_of(AT_THE_END, given(values[:so_far]))
        assert at_point == at_the_end
