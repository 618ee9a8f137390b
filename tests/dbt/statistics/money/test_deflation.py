"""Money in the prices of another year; rounding half up to a multiple."""

import pytest


def test_money_moves_with_the_index(value_of):
    # £1,500 of a year whose index is 94.2 in the prices of one whose index is 100.
    assert value_of("{{ real_value('x', 'f', 't') }}", x=1500.0, f=94.2, t=100.0) == pytest.approx(1592.356687898089)
    assert value_of("{{ real_value('x', 'f', 't') }}", x=1500.0, f=94.2, t=94.2) == pytest.approx(1500.0)


@pytest.mark.parametrize(("was", "wanted"), [(None, 100.0), (94.2, None), (0.0, 100.0)])
def test_money_without_an_index_is_not_the_money_as_it_was(value_of, was, wanted):
    assert value_of("{{ real_value('x', 'f', 't') }}", x=1500.0, f=was, t=wanted) is None


def test_change_in_percent(value_of):
    assert value_of("{{ percent_change('a', 'b') }}", a=93.1, b=100.0) == pytest.approx(7.4113856068743)
    assert value_of("{{ percent_change('a', 'b') }}", a=0.0, b=100.0) is None


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (1502.5, 5.0, 1505.0),
        (1502.49, 5.0, 1500.0),
        (-1502.5, 5.0, -1505.0),
        # 1.005 as a double is below half a penny, and still rounds up.
        (1.005, 0.01, 1.01),
        (2.675, 0.01, 2.68),
        (134.125, 0.01, 134.13),
        (0.15, 0.1, 0.2),
        (1234.5678, None, 1234.5678),
        (None, 5.0, None),
    ],
)
def test_rounding_is_half_up_in_decimals(value_of, value, step, expected):
    assert value_of("{{ rounded_half_up('x::double', 's::double') }}", x=value, s=step) == (
        None if expected is None else pytest.approx(expected, abs=1e-12)
    )
