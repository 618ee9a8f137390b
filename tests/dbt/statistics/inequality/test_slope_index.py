"""Slope and relative index against a regression of one's own, and when there is none."""

import math

import numpy as np
import pytest

Z = 1.959963984540054
PEOPLE = [900, 1100, 1000, 1300, 700]
VALUES = [8.0, 7.5, 6.0, 5.5, 4.0]
ERRORS = [0.5, 0.4, 0.3, 0.4, 0.6]


def given(values=VALUES, people=PEOPLE, errors=ERRORS, quantiles=(1, 2, 3, 4, 5), **constants) -> str:
    kinds = {"kind": "'other'", "logs": "false", "times": "1"} | constants
    rows = ", ".join(
        "(" + ", ".join("NULL" if cell is None else str(cell) for cell in row) + ")"
        for row in zip(quantiles, people, values, errors, strict=True)
    )
    columns = ", ".join(f"{expression} AS {name}" for name, expression in kinds.items())
    return f"SELECT 'x' AS place, {columns}, * FROM (VALUES {rows}) AS t(q, people, x, e)"


INDEX = (
    "{{ slope_index_estimated('given', ['place'], 'q', 'people', 'x', 'e', 'null', 'null', 'kind', 'logs', 'times') }}"
)


def regression(values, people=PEOPLE) -> tuple[float, float]:
    """Fitted values at both ends, by weighted least squares as published."""
    shares = np.array(people) / sum(people)
    ranks = np.cumsum(shares) - shares / 2
    root = np.sqrt(shares)
    (start, slope), *_ = np.linalg.lstsq(np.column_stack([root, ranks * root]), np.array(values) * root, rcond=None)
    return start, start + slope


def test_a_straight_line_through_equal_fifths(rows_of):
    (row,) = rows_of(INDEX, given(values=[10, 20, 30, 40, 50], people=[7] * 5, errors=[2] * 5))
    assert row["quantile_count"] == 5
    assert (row["slope_index"], row["relative_index"], row["intercept"]) == pytest.approx((50, 11, 5))
    # Weights of the slope are -1, -0.5, 0, 0.5, 1, so its variance is 2.5 times that of a fifth.
    assert row["slope_index_upper_95"] - 50 == pytest.approx(Z * 2 * math.sqrt(2.5))
    assert 50 - row["slope_index_lower_99_8"] == pytest.approx(3.090232306167813 * 2 * math.sqrt(2.5))


def test_the_index_is_that_of_the_weighted_regression(rows_of):
    (row,) = rows_of(INDEX, given())
    deprived, affluent = regression(VALUES)
    assert row["slope_index"] == pytest.approx(affluent - deprived, rel=1e-12)
    assert row["relative_index"] == pytest.approx(affluent / deprived, rel=1e-12)
    assert row["intercept"] == pytest.approx(deprived, rel=1e-12)


def test_relative_limits_are_where_the_ends_differ_by_z_standard_errors(rows_of):
    (row,) = rows_of(INDEX, given())
    ends = np.array([regression(np.eye(5)[place]) for place in range(5)])  # what each value adds to both ends
    for limit in (row["relative_index_lower_95"], row["relative_index_upper_95"]):
        weights = ends[:, 1] - limit * ends[:, 0]
        assert abs(weights @ VALUES) == pytest.approx(Z * math.sqrt((weights**2) @ np.array(ERRORS) ** 2), rel=1e-9)
    assert row["relative_index_lower_95"] < row["relative_index"] < row["relative_index_upper_95"]


def test_a_negative_multiplier_turns_both_indices_round(rows_of):
    (plain,), (turned,) = rows_of(INDEX, given()), rows_of(INDEX, given(times="-1"))
    assert turned["slope_index"] == pytest.approx(-plain["slope_index"])
    assert turned["slope_index_lower_95"] == pytest.approx(-plain["slope_index_upper_95"])
    assert turned["relative_index"] == pytest.approx(1 / plain["relative_index"])
    assert turned["relative_index_lower_95"] == pytest.approx(1 / plain["relative_index_upper_95"])
    assert turned["relative_index_upper_95"] == pytest.approx(1 / plain["relative_index_lower_95"])


def test_rates_on_logarithms_and_proportions_on_logits(rows_of):
    (rate,) = rows_of(INDEX, given(kind="'rate'", logs="true", times="10"))
    deprived, affluent = np.exp(regression(np.log(VALUES)))
    assert rate["slope_index"] == pytest.approx(10 * (affluent - deprived))
    assert rate["relative_index"] == pytest.approx(affluent / deprived)
    assert rate["intercept"] == pytest.approx(10 * deprived)
    shares = np.array(VALUES) / 10
    (share,) = rows_of(INDEX, given(values=shares, kind="'proportion'", logs="true", times="100"))
    deprived, affluent = 1 / (1 + np.exp(-np.array(regression(np.log(shares / (1 - shares))))))
    assert share["slope_index"] == pytest.approx(100 * (affluent - deprived))
    assert share["slope_index_lower_95"] < share["slope_index"] < share["slope_index_upper_95"] < 0
    assert share["limits_reason"] is None


def test_standard_errors_come_from_limits_where_none_is_given(rows_of):
    call = INDEX.replace(
        "'e', 'null', 'null'", "'null', 'x * exp(-1.959963984540054 * e)', 'x * exp(1.959963984540054 * e)'"
    )
    limited = rows_of(call, given(kind="'rate'", logs="true"))
    assert limited[0] == pytest.approx(rows_of(INDEX, given(kind="'rate'", logs="true"))[0])


def test_rates_without_transform_have_an_index_and_no_limits(rows_of):
    (row,) = rows_of(INDEX, given(kind="'rate'"))
    assert row["slope_index"] == pytest.approx(regression(VALUES)[1] - regression(VALUES)[0])
    assert (row["slope_index_lower_95"], row["relative_index_upper_99_8"], row["reason"]) == (None, None, None)
    assert row["limits_reason"] == "no closed form without transform"


def test_a_deprived_end_near_zero_has_no_relative_limits(rows_of):
    (row,) = rows_of(INDEX, given(values=[0.1, 2, 4, 6, 8]))
    assert row["slope_index_lower_95"] is not None
    assert (row["relative_index_lower_95"], row["relative_index_upper_95"]) == (None, None)
    assert row["limits_reason"].startswith("no relative limits")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (given(people=[900, 0, 1000, 1300, 700]), "invalid input"),
        (given(people=[900, None, 1000, 1300, 700]), "invalid input"),
        (given(errors=[0.5, -0.4, 0.3, 0.4, 0.6]), "invalid input"),
        (given(kind="'proportion'"), "invalid input"),
        (given(logs="true"), "invalid input"),
        (given(times="0"), "invalid input"),
        (given(values=[8, None, 6, 5, 4]), "a quantile is missing"),
        (given(quantiles=(1, 2, 4, 5, 6)), "a quantile is missing"),
        (given(quantiles=(1, 2, 2, 4, 5)), "a quantile is missing"),
        (given(quantiles=(1, 2, 3, 4, None)), "a quantile is missing"),
        (given(VALUES[:4], PEOPLE[:4], ERRORS[:4], (1, 2, 3, 4)), "fewer than five quantiles"),
        (given([5] * 101, [9] * 101, [1] * 101, range(1, 102)), "more than a hundred quantiles"),
        (given(values=[8, 0, 6, 5, 4], kind="'rate'", logs="true"), "a value cannot be transformed"),
        (given(values=[0.8, 0.5, 1, 0.4, 0.2], kind="'proportion'", logs="true"), "a value cannot be transformed"),
    ],
)
def test_where_there_is_no_index_the_reason_is_told(rows_of, rows, reason):
    (row,) = rows_of(INDEX, rows)
    assert row["reason"] == reason
    assert {row[name] for name in row if name not in ("place", "quantile_count", "reason")} == {None}


def test_the_last_quantile_is_missed_where_it_is_said_how_many_there_should_be(rows_of):
    call = INDEX.replace("'times')", "'times', quantile_count='6')")
    assert rows_of(call, given())[0]["reason"] == "a quantile is missing"
