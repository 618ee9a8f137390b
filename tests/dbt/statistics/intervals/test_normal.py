"""The normal distribution against the error function of the C library, in both tails."""

import math

import pytest

from tests.conformance.rendering import render


def test_both_tails_are_those_of_the_error_function(connection):
    rows = connection.execute(
        f"""SELECT z, {render("{{ normal_upper_tail('z') }}")}, {render("{{ normal_cdf('z') }}")}
            FROM (SELECT i / 16 AS z FROM range(-160, 481) AS t (i))"""
    ).fetchall()
    for z, upper, lower in rows:
        assert upper == pytest.approx(math.erfc(z / math.sqrt(2)) / 2, rel=1e-12), z
        assert lower == pytest.approx(math.erfc(-z / math.sqrt(2)) / 2, rel=1e-12), z


def test_what_is_missing_has_no_tail(value_of):
    assert value_of("{{ normal_upper_tail('z') }}", z=None) is None
    assert value_of("{{ normal_cdf('z::DOUBLE') }}", z=None) is None
