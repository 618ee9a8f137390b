"""Gaps and measures over groups worked by hand, and what is left out."""

import math

import numpy as np
import pytest

Z = 1.959963984540054
# Shares 0.2, 0.3 and 0.5, mean 4 + 6 + 20 = 30.
GROUPS = "(1, 20.0, 200, 2.0), (2, 20.0, 300, 1.0), (3, 40.0, 500, 3.0)"


def given(groups: str = GROUPS) -> str:
    return f"SELECT 'x' AS place, * FROM (VALUES {groups}) AS t(o, y, people, e)"


def call(favourable: str = "true", order: str = "o") -> str:
    return f"{{{{ inequality_measured('given', ['place'], 'people', 'y', 'e', '{favourable}', '{order}') }}}}"


def test_measures_worked_by_hand(rows_of):
    (row,) = rows_of(call(), given())
    assert (row["group_count"], row["missing_count"], row["average"], row["reason"]) == (3, 0, 30, None)
    assert row["between_group_variance"] == pytest.approx(100)
    assert row["between_group_standard_deviation"] == pytest.approx(10)
    assert row["coefficient_of_variation"] == pytest.approx(100 / 3)
    assert row["mean_difference_from_average"] == pytest.approx(10)
    assert row["index_of_disparity"] == pytest.approx(100 / 3)
    assert row["mean_difference_from_best"] == pytest.approx(10)
    entropy = 0.5 * 2 / 3 * math.log(2 / 3) + 0.5 * 4 / 3 * math.log(4 / 3)
    assert row["theil_index"] == pytest.approx(1000 * entropy)
    assert row["mean_log_deviation"] == pytest.approx(-500 * (math.log(2 / 3) + math.log(4 / 3)))
    # Middle ranks are 0.1, 0.35 and 0.75.
    assert row["absolute_concentration_index"] == pytest.approx(
        2 * (0.2 * -0.4 * 20 + 0.3 * -0.15 * 20 + 0.5 * 0.25 * 40)
    )
    assert row["relative_concentration_index"] == pytest.approx(row["absolute_concentration_index"] / 30)


def test_the_concentration_error_is_that_of_the_weighted_regression(rows_of):
    (row,) = rows_of(call(), given())
    shares, ranks, values = np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.35, 0.75]), np.array([20.0, 20, 40])
    spread = shares @ (ranks - 0.5) ** 2
    design = np.column_stack([ranks, np.ones(3)]) * np.sqrt(shares)[:, None]
    target = 2 * spread * values * np.sqrt(shares)
    fitted, rest, *_ = np.linalg.lstsq(design, target, rcond=None)
    error = math.sqrt(rest[0] / (3 - 2) * np.linalg.inv(design.T @ design)[0, 0])
    assert row["absolute_concentration_index"] == pytest.approx(fitted[0])
    assert row["absolute_concentration_index_standard_error"] == pytest.approx(error)
    assert row["relative_concentration_index_upper_95"] == pytest.approx((fitted[0] + Z * error) / 30)


def test_variance_has_limits_that_may_be_negative(rows_of):
    (row,) = rows_of(call(), given("(1, 29.0, 200, 2.0), (2, 30.0, 300, 1.0), (3, 31.0, 500, 3.0)"))
    assert row["between_group_variance_lower_95"] < 0 < row["between_group_variance"]
    shares, errors = np.array([0.2, 0.3, 0.5]), np.array([2.0, 1, 3])
    differences = np.array([29, 30, 31]) - 30.3
    sampling = (shares * errors) ** 2
    variance = 4 * sampling @ differences**2 + 2 * (
        sampling.sum() ** 2
        - (sampling**2).sum()
        + (shares * (1 - shares) * errors**2) @ (shares * (1 - shares) * errors**2)
    )
    assert row["between_group_variance_standard_error"] == pytest.approx(math.sqrt(variance))
    expected = row["between_group_variance"] + Z * row["between_group_variance_standard_error"]
    assert row["between_group_variance_upper_95"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("favourable", "order", "gap"),
    [("true", "o", 20), ("false", "o", -20), ("true", "null", 20), ("false", "null", -20), ("null", "o", None)],
)
def test_gaps_by_direction_and_order(rows_of, favourable, order, gap):
    (row,) = rows_of(call(favourable, order), given())
    assert row["absolute_gap"] == gap
    assert row["relative_gap"] == (None if gap is None else 2 if gap > 0 else 0.5)
    if gap is None:
        assert (row["mean_difference_from_best"], row["between_group_variance"]) == (None, pytest.approx(100))


def test_without_order_the_extremes_are_compared_and_nothing_is_concentrated(rows_of):
    (row,) = rows_of(call("false", "null"), given("(9, 20.0, 200, 2.0), (9, 10.0, 300, 1.0), (9, 40.0, 500, 3.0)"))
    assert (row["absolute_gap"], row["relative_gap"]) == (-30, 0.25)
    assert row["absolute_gap_standard_error"] == pytest.approx(math.sqrt(10))
    assert row["absolute_concentration_index"] is None


def test_equal_groups_are_equal(rows_of):
    (row,) = rows_of(call(), given("(1, 30.0, 10, 1.0), (2, 30.0, 20, 1.0), (3, 30.0, 30, 1.0)"))
    assert (row["between_group_variance"], row["absolute_gap"], row["relative_gap"]) == (0, 0, 1)
    assert row["theil_index"] == row["index_of_disparity"] == 0
    assert row["relative_gap_lower_95"] < 1 < row["relative_gap_upper_95"]


SEVEN = ", ".join(f"({place}, {10.0 * place}, 100, 1.0)" for place in range(1, 7))


def test_one_missing_value_of_seven_is_left_out_and_one_of_six_refuses(rows_of):
    (seven,) = rows_of(call(), given(f"{SEVEN}, (0, NULL, 100, NULL)"))
    assert (seven["average"], seven["missing_count"], seven["reason"]) == (35, 1, None)
    # The most disadvantaged group has no value, so there is no gap and no ranking.
    assert (seven["absolute_gap"], seven["absolute_concentration_index"]) == (None, None)
    assert seven["between_group_variance_upper_95"] is not None
    (six,) = rows_of(call(), given(f"{SEVEN.rsplit(', (', 1)[0]}, (0, NULL, 100, NULL)"))
    assert six["reason"] == "more than 15% of groups have no value"
    assert {six[name] for name in six if name not in ("place", "group_count", "missing_count", "reason")} == {None}


def test_without_populations_only_the_gaps_are_left(rows_of):
    (row,) = rows_of(call(), given(GROUPS.replace("300", "NULL")))
    assert (row["absolute_gap"], row["reason"]) == (20, "a population is missing")
    assert (row["average"], row["between_group_variance"], row["theil_index"]) == (None, None, None)


def test_without_standard_errors_there_are_no_limits(rows_of):
    (row,) = rows_of(call(), given(GROUPS.replace("1.0)", "NULL)")))
    assert row["between_group_variance"] == pytest.approx(100)
    assert row["between_group_variance_lower_95"] is None
    assert row["absolute_gap_lower_95"] is not None


def test_a_value_of_zero_has_no_logarithm_and_divides_nothing(rows_of):
    (row,) = rows_of(call(), given(GROUPS.replace("(1, 20.0", "(1, 0.0")))
    assert row["absolute_gap"] == 40
    assert (row["relative_gap"], row["relative_gap_lower_95"], row["mean_log_deviation"]) == (None, None, None)
    assert row["theil_index"] > 0


def test_an_average_of_zero_divides_nothing(rows_of):
    (row,) = rows_of(call(), given("(1, -1.0, 100, 1.0), (2, 1.0, 100, 1.0)"))
    assert row["between_group_variance"] == 1
    assert {row[name] for name in ("coefficient_of_variation", "index_of_disparity", "theil_index")} == {None}


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        (GROUPS.replace("300", "-300"), "invalid input"),
        (GROUPS.replace("1.0)", "-1.0)"), "invalid input"),
        (GROUPS.replace("(2,", "(NULL,"), "invalid input"),
        ("(1, 20.0, 200, 2.0)", "fewer than two groups"),
        (GROUPS.replace("200", "0").replace("300", "0").replace("500", "0"), "a population is missing"),
    ],
)
def test_where_measures_are_missing_the_reason_is_told(rows_of, groups, reason):
    (row,) = rows_of(call(), given(groups))
    assert (row["reason"], row["between_group_variance"]) == (reason, None)
    assert (row["absolute_gap"] is None) is (reason != "a population is missing")


def test_limits_of_a_ratio_of_two_values(value_of):
    """Twice as high, each with a tenth of it as standard error: the logarithm has one of 0.1414."""
    values = {"a": 20, "b": 10, "sa": 2, "sb": 1}
    assert value_of("{{ relative_gap_log_standard_error('a', 'b', 'sa', 'sb') }}", **values) == pytest.approx(
        math.sqrt(0.02)
    )
    upper = value_of("{{ relative_gap_limit('upper', 'a', 'b', 'sa', 'sb', '95') }}", **values)
    assert upper == pytest.approx(2 * math.exp(Z * math.sqrt(0.02)))
    lower = value_of("{{ absolute_gap_limit('lower', 'a', 'b', 'sa', 'sb', '95') }}", **values)
    assert lower == pytest.approx(10 - Z * math.sqrt(5))
    for name, wrong in (("a", 0), ("b", 0), ("b", -1), ("sa", None), ("sb", -1)):
        assert (
            value_of("{{ relative_gap_limit('upper', 'a', 'b', 'sa', 'sb', '95') }}", **{**values, name: wrong}) is None
        )
