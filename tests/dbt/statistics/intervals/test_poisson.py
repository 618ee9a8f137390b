"""Poisson limits against the sums they are defined by, in decimal arithmetic; chi-square quantiles against scipy."""

from decimal import Decimal, getcontext

import pytest
from scipy import stats

TAIL = {"95": Decimal("0.025"), "99_8": Decimal("0.001")}


def probability_of_at_most(count: int, mean: Decimal) -> Decimal:
    term = total = (-mean).exp()
    for step in range(1, count + 1):
        term = term * mean / step
        total += term
    return total


@pytest.mark.parametrize("confidence", ["95", "99_8"])
@pytest.mark.parametrize("count", range(10))
def test_the_literals_below_ten_solve_the_poisson_sums(value_of, count, confidence):
    getcontext().prec = 40
    upper = value_of(f"{{{{ exact_poisson_limit('upper', 'x', '{confidence}') }}}}", x=count)
    lower = value_of(f"{{{{ exact_poisson_limit('lower', 'x', '{confidence}') }}}}", x=count)
    tail = TAIL[confidence]
    assert float(probability_of_at_most(count, Decimal(upper)) / tail) == pytest.approx(1, rel=1e-13)
    if count == 0:
        assert lower == 0
    else:
        assert float((1 - probability_of_at_most(count - 1, Decimal(lower))) / tail) == pytest.approx(1, rel=1e-13)


def test_exact_below_ten_and_byar_from_ten(value_of):
    for count, method, limit in ((9, "exact", "exact_poisson_limit"), (10, "byar", "byar_limit")):
        assert value_of("{{ poisson_method('x') }}", x=count) == method
        for side in ("lower", "upper"):
            chosen = value_of(f"{{{{ poisson_limit('{side}', 'x', '95') }}}}", x=count)
            assert chosen == value_of(f"{{{{ {limit}('{side}', 'x', '95') }}}}", x=count)
    # The two differ at 10, so the switch cannot hide: 4.7954 exactly, 4.7874 by Byar.
    assert value_of("{{ exact_poisson_limit('lower', 'x', '95') }}", x=10) == pytest.approx(4.795388696, abs=1e-9)
    assert value_of("{{ byar_limit('lower', 'x', '95') }}", x=10) == pytest.approx(4.787449914, abs=1e-9)


def test_a_count_between_whole_numbers_takes_real_degrees_of_freedom(value_of):
    lower = value_of("{{ poisson_limit('lower', 'x', '99_8') }}", x=9.5)
    upper = value_of("{{ poisson_limit('upper', 'x', '99_8') }}", x=9.5)
    assert lower == pytest.approx(stats.chi2.ppf(0.001, 19) / 2, rel=1e-11)
    assert upper == pytest.approx(stats.chi2.ppf(0.999, 21) / 2, rel=1e-11)


@pytest.mark.parametrize(("count", "confidence"), [(0, "95"), (0, "99_8"), (1, "99_8")])
def test_byar_has_no_lower_limit_where_it_would_fall_below_zero(value_of, count, confidence):
    assert value_of(f"{{{{ byar_limit('lower', 'x', '{confidence}') }}}}", x=count) is None
    assert value_of(f"{{{{ byar_limit('upper', 'x', '{confidence}') }}}}", x=count) > count


@pytest.mark.parametrize("count", [None, -1, -0.5, float("nan"), float("inf")])
def test_no_limit_of_a_count_that_is_missing_or_none(value_of, count):
    for side in ("lower", "upper"):
        assert value_of(f"{{{{ poisson_limit('{side}', 'x', '95') }}}}", x=count) is None
    assert value_of("{{ poisson_method('x') }}", x=count) is None


@pytest.mark.parametrize(
    ("numerator", "denominator", "valid"),
    [
        (5, 100, True),
        (500, 100, True),
        (-1, 100, False),
        (5, 0, False),
        (None, -1, False),
        (None, 1, None),
        (1, None, None),
    ],
)
def test_a_rate_may_exceed_one_but_needs_a_denominator(value_of, numerator, denominator, valid):
    assert value_of("{{ is_valid_rate('x', 'n') }}", x=numerator, n=denominator) is valid


@pytest.mark.parametrize("degrees", [0.1, 0.3, 1, 2, 3.7, 19, 50, 1000])
@pytest.mark.parametrize("probability", [1e-6, 0.001, 0.025, 0.5, 0.9, 0.975, 0.999])
def test_chi_square_quantiles_agree_with_scipy(value_of, probability, degrees):
    # The column is called n, so that a variable of the macro's own would be found out.
    found = value_of("{{ chi_square_quantile('p', 'n') }}", p=probability, n=degrees)
    assert found == pytest.approx(stats.chi2.ppf(probability, degrees), rel=1e-11, abs=1e-290)


@pytest.mark.parametrize("probability", [0.001, 0.025, 0.975, 0.999])
def test_many_degrees_cost_a_digit(value_of, probability):
    found = value_of("{{ chi_square_quantile('p', 'n') }}", p=probability, n=100_000)
    assert found == pytest.approx(stats.chi2.ppf(probability, 100_000), rel=1e-10)


@pytest.mark.parametrize(
    ("probability", "degrees"), [(0, 2), (1, 2), (-1, 2), (0.5, 0), (0.5, -1), (0.5, 1e12), (None, 2), (0.5, None)]
)
def test_a_chi_square_quantile_that_does_not_exist_is_null(value_of, probability, degrees):
    assert value_of("{{ chi_square_quantile('p', 'n') }}", p=probability, n=degrees) is None
