"""Index numbers over items that enter, leave or stay the same; contributions; productivity."""

import pytest

# Two items; the second goes after the second year and comes back in the fourth, when nothing is left of the first.
GIVEN = """
    SELECT 'a' AS place, * FROM (VALUES
        (2021, 'visits', 10.0, 100.0), (2021, 'calls', 2.0, 500.0),
        (2022, 'visits', 12.0, 110.0), (2022, 'calls', 2.0, 400.0),
        (2023, 'visits', 12.0, 121.0),
        (2024, 'calls', 3.0, 400.0)
    ) AS t(year, item, unit_cost, quantity)
"""
CALL = "{{ index_numbers('(select *, year as period from given)', ['place']) }}"


def test_volume_and_price_by_hand(rows_of):
    first, second, third, fourth = rows_of(CALL, GIVEN)
    assert (first["volume_index"], first["price_index"], first["volume_link"]) == (1, 1, None)
    # Volume: (10 × 110 + 2 × 400) / (10 × 100 + 2 × 500); price: (12 × 100 + 2 × 500) / 2,000.
    assert second["volume_index"] == pytest.approx(1900 / 2000)
    assert second["price_index"] == pytest.approx(2200 / 2000)
    assert second["paasche_volume_index"] == pytest.approx((12 * 110 + 2 * 400) / (12 * 100 + 2 * 500))
    assert second["fisher_volume_index"] == pytest.approx((0.95 * 2120 / 2200) ** 0.5)
    # Calls are gone, so visits alone make the link.
    assert third["volume_link"] == pytest.approx(1.1)
    assert third["volume_index"] == pytest.approx(0.95 * 1.1)
    # Nothing is in both years: the chain ends, while the first year still is a base.
    assert (fourth["volume_link"], fourth["volume_index"]) == (None, None)
    assert fourth["fixed_volume_index"] == pytest.approx(0.8)


def test_a_quantity_of_nought_counts(rows_of):
    given = "SELECT * FROM (VALUES (1, 'x', 1.0, 0.0), (2, 'x', 1.0, 5.0), (1, 'y', 1.0, 10.0), (2, 'y', 1.0, 10.0))"
    call = "{{ index_numbers('given', ['place']) }}"
    _, second = rows_of(call, f"SELECT 'a' AS place, * FROM ({given}) AS t(period, item, unit_cost, quantity)")
    assert second["volume_index"] == pytest.approx(1.5)


def test_items_without_cost_or_quantity_are_left_out(rows_of):
    given = "SELECT * FROM (VALUES (1, 'x', NULL, 5.0), (2, 'x', 1.0, 9.0), (1, 'y', 1.0, 10.0), (2, 'y', 1.0, 12.0))"
    call = "{{ index_numbers('given', ['place']) }}"
    _, second = rows_of(call, f"SELECT 'a' AS place, * FROM ({given}) AS t(period, item, unit_cost, quantity)")
    assert second["volume_index"] == pytest.approx(1.2)


def test_contributions_add_up_to_the_link(value_of):
    call = "{{ growth_contribution('share', 'was', 'now') }}"
    visits = value_of(call, share=0.5, was=100.0, now=110.0)
    calls = value_of(call, share=0.5, was=500.0, now=400.0)
    assert (visits, calls) == (pytest.approx(0.05), pytest.approx(-0.1))
    assert visits + calls == pytest.approx(1900 / 2000 - 1)
    assert value_of(call, share=0.5, was=0.0, now=110.0) is None


def test_productivity_of_growths(value_of):
    # Output up 6%, input up 4%: 1.06 / 1.04.
    assert value_of("{{ productivity_growth('o', 'i') }}", o=6.0, i=4.0) == pytest.approx(1.9230769230769)
    assert value_of("{{ productivity_growth('o', 'i') }}", o=6.0, i=-100.0) is None
    assert value_of("{{ average_growth('g', 'y') }}", g=21.0, y=2) == pytest.approx(10.0)
    assert value_of("{{ average_growth('g', 'y') }}", g=21.0, y=0) is None
