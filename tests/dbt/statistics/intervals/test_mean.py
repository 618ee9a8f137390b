"""Means with t limits, Student's own quantiles, and the sum that does not depend on the order of rows."""

import math
import statistics

import pytest
from scipy import stats

TAIL = {"95": 0.975, "99_8": 0.999}


@pytest.mark.parametrize("confidence", ["95", "99_8"])
def test_t_quantiles_agree_with_scipy_at_every_number_of_degrees(connection, confidence):
    from tests.conformance.rendering import render

    found = connection.execute(
        render(f"select n, {{{{ student_t_quantile('n', '{confidence}') }}}} from (select unnest(range(1, 3001)) as n "
               "union all select unnest([10000, 1000000, 1000000000])) order by n")
    ).fetchall()  # fmt: skip
    assert len(found) == 3003
    expected = stats.t.ppf(TAIL[confidence], [degrees for degrees, _ in found])
    worst = max(abs(quantile / exact - 1) for (_, quantile), exact in zip(found, expected, strict=True))
    assert worst < 1e-12


def test_t_quantiles_follow_their_closed_forms(value_of):
    """One degree is the Cauchy distribution, and two have a root."""
    assert value_of("{{ student_t_quantile('1', '95') }}") == pytest.approx(math.tan(math.pi * 0.475), rel=1e-13)
    assert value_of("{{ student_t_quantile('2', '99_8') }}") == pytest.approx(
        0.998 * math.sqrt(2 / (1 - 0.998**2)), rel=1e-13
    )


@pytest.mark.parametrize("degrees", [None, 0, -3, 2.5, float("nan")])
def test_no_t_quantile_without_degrees_of_freedom(value_of, degrees):
    assert value_of("{{ student_t_quantile('n', '95') }}", n=degrees) is None


def test_a_mean_has_limits_by_t(rows_of):
    values = [3.0, 5.0, 4.0, 8.0]
    given = f"SELECT 'a' AS place, 2020 AS year, unnest({values}) AS x"
    (row,) = rows_of("{{ mean_estimated('given', ['place', 'year'], 'x') }}", given)
    mean, deviation = statistics.mean(values), statistics.stdev(values)
    assert (row["place"], row["year"], row["value_count"], row["value_sum"]) == ("a", 2020, 4, 20)
    assert row["value"] == pytest.approx(mean)
    assert row["standard_deviation"] == pytest.approx(deviation)
    # 3.182 is the 97.5th percentile of t with 3 degrees of freedom in every printed table.
    assert row["upper_95"] - mean == pytest.approx(3.182446305 * deviation / 2, rel=1e-9)
    assert mean - row["lower_99_8"] == pytest.approx(10.214531852 * deviation / 2, rel=1e-9)


def test_one_value_has_a_mean_and_no_limits_and_equal_values_have_no_spread(rows_of):
    given = "SELECT * FROM (VALUES ('alone', 5), ('equal', 3), ('equal', 3), ('equal', 3)) AS t(place, x)"
    alone, equal = rows_of("{{ mean_estimated('given', ['place'], 'x') }}", given)
    assert (alone["value"], alone["standard_deviation"], alone["lower_95"], alone["upper_99_8"]) == (
        5,
        None,
        None,
        None,
    )
    assert {equal[name] for name in ("value", "lower_95", "upper_95", "lower_99_8", "upper_99_8")} == {3}


def test_a_null_makes_the_mean_of_its_group_null_and_no_other(rows_of):
    given = "SELECT * FROM (VALUES ('a', 5), ('a', NULL), ('b', 3), ('b', 4), (NULL, 1)) AS t(place, x)"
    hurt, whole, nameless = rows_of("{{ mean_estimated('given', ['place'], 'x') }}", given)
    assert hurt == {**dict.fromkeys(hurt), "place": "a", "value_count": 2}
    assert whole["value"] == 3.5
    assert (nameless["place"], nameless["value"]) == (None, 1)


def test_a_sum_is_the_same_whatever_the_order_of_rows(connection):
    from tests.conformance.rendering import render

    connection.execute("SET threads = 4")
    connection.execute("CREATE TABLE fractions AS SELECT i % 50 AS k, 1 / (i + 1) AS x FROM range(1000000) AS t(i)")
    total = render("select bit_xor(hash(s)) from (select k, {{ ordered_sum('x') }} as s from shuffled group by k)")
    seen = set()
    for seed in range(4):
        connection.execute(f"CREATE OR REPLACE VIEW shuffled AS SELECT * FROM fractions ORDER BY hash(x, {seed})")
        seen.add(connection.execute(total).fetchone())
    assert len(seen) == 1
