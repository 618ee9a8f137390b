"""Quantiles by rank and categories by bounds, ties and short groups included."""

import pytest


@pytest.mark.parametrize(
    ("value_count", "expected"),
    [
        (5, [1, 2, 3, 4, 5]),
        (7, [1, 1, 2, 3, 3, 4, 5]),
        (10, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
        (12, [1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5]),
    ],
)
def test_ranks_are_shared_out(value_of, value_count, expected):
    call = "{{ quantile_of_rank('r', 'n', '5') }}"
    found = [value_of(call, r=rank, n=value_count) for rank in range(1, value_count + 1)]
    # The definition, in fractions: 6 - ceil((n + 1 - r) * 5 / n).
    assert found == [max(1, 6 - -(-(value_count + 1 - rank) * 5 // value_count)) for rank in range(1, value_count + 1)]
    assert found == expected


@pytest.mark.parametrize(("rank", "value_count"), [(1, 4), (None, 10), (1, None), (0, 10), (11, 10)])
def test_no_quantile_without_enough_values_or_a_rank(value_of, rank, value_count):
    assert value_of("{{ quantile_of_rank('r', 'n', '5') }}", r=rank, n=value_count) is None


def test_ties_stay_together_and_leave_a_quantile_empty(connection):
    from tests.conformance.rendering import render

    found = connection.execute(render("""
        with given as (select unnest([1, 2, 2, 2, 2, 2, 7, 8, 9, 10]) as x),
        ranked as (select x, rank() over (order by x) as r, count(*) over () as n from given)
        select {{ quantile_of_rank('r', 'n', '5') }} from ranked order by x
    """)).fetchall()  # fmt: skip
    assert [quantile for (quantile,) in found] == [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]


def test_bounds_interpolate_and_need_five_values(rows_of):
    given = "SELECT 'ten' AS place, unnest(range(1, 11)) AS x UNION ALL SELECT 'four', unnest([1, 2, 3, 4, NULL])"
    four, ten = rows_of("{{ quintile_bounds_estimated('given', ['place'], 'x') }}", given)
    assert (four["value_count"], four["bounds"]) == (4, None)
    assert (ten["value_count"], ten["bounds"]) == (10, pytest.approx([1, 2.8, 4.6, 6.4, 8.2, 10]))


def test_a_value_on_a_bound_belongs_below_it(value_of):
    call = "{{ percentile_category('x', '[0.0, 2, 4, 6, 8, 10]', 'p') }}"
    assert [value_of(call, x=x, p="low") for x in (0, 2, 2.1, 8, 8.1, 10)] == [1, 1, 2, 4, 5, 5]
    assert [value_of(call, x=x, p="high") for x in (0, 2, 2.1, 8, 8.1, 10)] == [5, 5, 4, 2, 1, 1]
    assert [value_of(call, x=x, p="low") for x in (None, -1, 11)] == [None] * 3
    assert value_of("{{ percentile_category('x', 'b', 'p') }}", x=1, b=None, p="low") is None
