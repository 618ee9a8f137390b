"""Better, worse or similar: the edges of each method."""

import pytest

POLARITIES = ["high", "low", "none"]


@pytest.mark.parametrize(
    ("lower", "upper", "outcomes"),
    [
        (1.0, 9.9, ["worse", "better", "lower"]),
        (10.1, 12, ["better", "worse", "higher"]),
        (1, 10, ["similar"] * 3),
        (10, 12, ["similar"] * 3),
    ],
)
def test_limits_against_a_benchmark_of_ten(value_of, lower, upper, outcomes):
    call = "{{ compared_with_value('l', 'u', 'b', 'p') }}"
    assert [value_of(call, value=5, l=lower, u=upper, b=10, p=polarity) for polarity in POLARITIES] == outcomes


@pytest.mark.parametrize("missing", ["value", "l", "u", "b", "p"])
def test_what_is_missing_is_not_compared(value_of, missing):
    given = {"value": 5, "l": 4, "u": 6, "b": 10, "p": "high"} | {missing: None}
    assert value_of("{{ compared_with_value('l', 'u', 'b', 'p') }}", **given) is None


def test_limits_the_wrong_way_round_and_an_unknown_polarity_are_not_compared(value_of):
    call = "{{ compared_with_value('l', 'u', 'b', 'p') }}"
    assert value_of(call, value=5, l=6, u=4, b=10, p="high") is None
    assert value_of(call, value=5, l=4, u=6, b=10, p="HighIsGood") is None


@pytest.mark.parametrize(
    ("benchmark", "outcomes"),
    [
        (1.9, ["best", "worst", "highest"]),
        (2, ["better", "worse", "higher"]),
        (2.9, ["better", "worse", "higher"]),
        (3, ["similar"] * 3),
        (7, ["similar"] * 3),
        (7.1, ["worse", "better", "lower"]),
        (8, ["worse", "better", "lower"]),
        (8.1, ["worst", "best", "lowest"]),
    ],
)
def test_two_levels_around_limits_of_two_three_seven_and_eight(value_of, benchmark, outcomes):
    call = "{{ compared_at_two_levels('v', 'l', 'u', 'll', 'uu', 'b', 'p') }}"
    given = {"v": 5, "l": 3, "u": 7, "ll": 2, "uu": 8, "b": benchmark}
    assert [value_of(call, **given, p=polarity) for polarity in POLARITIES] == outcomes
    assert value_of(call, **{**given, "ll": None}, p="high") is None


def test_intervals_that_touch_are_similar(value_of):
    call = "{{ intervals_compared('l', 'u', 'ol', 'ou', 'p') }}"
    assert value_of(call, l=1, u=2, ol=2, ou=3, p="high") == "similar"
    assert value_of(call, l=1, u=1.9, ol=2, ou=3, p="high") == "worse"
    assert value_of(call, l=3.1, u=4, ol=2, ou=3, p="low") == "worse"
    assert value_of(call, l=3.1, u=4, ol=2, ou=3, p="none") == "higher"
    assert value_of(call, l=3.1, u=4, ol=2, ou=None, p="none") is None


def test_a_value_on_the_target_has_met_it(value_of):
    call = "{{ compared_with_target('v', 't', 'p') }}"
    assert [value_of(call, v=10, t=10, p=polarity) for polarity in POLARITIES] == ["better", "better", None]
    assert [value_of(call, v=11, t=10, p=polarity) for polarity in POLARITIES] == ["better", "worse", None]
    assert value_of(call, v=None, t=10, p="high") is None


@pytest.mark.parametrize(
    ("lower", "upper", "outcomes"),
    [
        (8, 9, ["worse", "better", None]),
        (9, 10, ["similar", "similar", None]),
        (10, 10, ["better", "worse", None]),
        (10, 12, ["better", "worse", None]),
        (None, 12, [None] * 3),
    ],
)
def test_limits_against_a_target_of_ten(value_of, lower, upper, outcomes):
    call = "{{ compared_with_target_by_limits('l', 'u', 't', 'p') }}"
    assert [value_of(call, l=lower, u=upper, t=10, p=polarity) for polarity in POLARITIES] == outcomes


def test_a_proportion_against_the_limits_that_the_benchmark_has_at_its_size(value_of):
    """A benchmark of 10% has 95% limits of 5.5% to 17.4% among a hundred people and 8.3% to 12.0% among a thousand."""
    call = "{{ compared_with_control_limits_of_proportion('v', 'b', 'n', '100', 'p', '95') }}"
    assert value_of(call, v=14, b=10, n=100, p="high") == "similar"
    assert value_of(call, v=14, b=10, n=1000, p="high") == "better"
    assert value_of(call, v=14, b=10, n=1000, p="low") == "worse"
    assert value_of(call, v=14, b=10, n=0, p="low") is None


def test_a_rate_against_the_limits_of_the_expected_count(value_of):
    """Four events expected: exact limits 1.09 and 10.24."""
    call = "{{ compared_with_control_limits_of_rate('v', 'b', 'n', '1000', 'p', '95') }}"
    given = {"b": 4, "n": 1000, "p": "low"}
    assert [value_of(call, v=events, **given) for events in (1, 2, 10, 11)] == ["better", "similar", "similar", "worse"]
    # 4.6 are expected: the limits are the lower one of 5 (1.62) and the upper one of 4 (10.24).
    assert [value_of(call, v=events, b=4.6, n=1000, p="low") for events in (1.6, 1.7)] == ["better", "similar"]
