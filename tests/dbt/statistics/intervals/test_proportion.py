"""Wilson limits against the equation they solve, and what is refused."""

import math

import pytest

Z = {"95": 1.959963984540054, "99_8": 3.090232306167813}


@pytest.mark.parametrize("confidence", ["95", "99_8"])
@pytest.mark.parametrize(("numerator", "denominator"), [(1, 4), (5, 100), (2.5, 10), (3, 50_000_000), (99, 100)])
def test_a_limit_lies_z_standard_errors_from_the_proportion(value_of, numerator, denominator, confidence):
    proportion = numerator / denominator
    for side, sign in (("lower", -1), ("upper", 1)):
        limit = value_of(f"{{{{ wilson_limit('{side}', 'x', 'n', '{confidence}') }}}}", x=numerator, n=denominator)
        standard_error = math.sqrt(limit * (1 - limit) / denominator)
        assert limit - proportion == pytest.approx(sign * Z[confidence] * standard_error, rel=1e-10)


def test_the_ends_of_the_scale_are_exact(value_of):
    assert value_of("{{ wilson_limit('lower', 'x', 'n', '95') }}", x=0, n=7) == 0
    assert value_of("{{ wilson_limit('upper', 'x', 'n', '95') }}", x=7, n=7) == 1
    assert value_of("{{ wilson_limit('upper', 'x', 'n', '99_8') }}", x=100_000, n=100_000) == 1


def test_a_rare_event_keeps_its_digits(value_of):
    """The usual form of the lower limit loses every digit here: a difference of numbers alike to 1e-16."""
    lower = value_of("{{ wilson_limit('lower', 'x', 'n', '95') }}", x=1e-8, n=1e9)
    assert lower == pytest.approx((1e-8) ** 2 / (1e9 * Z["95"] ** 2), rel=1e-6)


@pytest.mark.parametrize(
    ("numerator", "denominator", "valid"),
    [
        (1, 2, True), (2, 2, True), (0, 2, True),
        (-1, 2, False), (3, 2, False), (0, 0, False), (1, -2, False), (None, 0, False), (-1, None, False),
        (None, 2, None), (1, None, None),
        (float("nan"), 2, False), (1, float("nan"), False), (1, float("inf"), False),
    ],
)  # fmt: skip
def test_what_is_no_proportion_is_refused_and_what_is_missing_is_not_judged(value_of, numerator, denominator, valid):
    given = {"x": numerator, "n": denominator}
    assert value_of("{{ is_valid_proportion('x', 'n') }}", **given) is valid
    assert (value_of("{{ wilson_limit('lower', 'x', 'n', '95') }}", **given) is not None) is (valid is True)


def test_whole_numbers_near_the_limit_of_their_type_do_not_overflow(connection, value_of):
    upper = value_of("{{ wilson_limit('upper', '2000000000::integer', '2100000000::integer', '95') }}")
    assert upper == pytest.approx(0.952381, abs=1e-4)
