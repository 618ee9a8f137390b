"""Productivity from the growth of output and of input, and growth a year."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render


def test_productivity_is_output_over_input(vectors: Vectors) -> None:
    connection = vectors.load("productivity_published_triples")
    computed = render(
        "select *, {{ productivity_growth('output_growth_pct', 'inputs_growth_pct') }} as computed"
        " from productivity_published_triples"
    )
    assert_numbers_agree(connection, computed, {"computed": "ratio_formula_pct"})
    # Published growth rates are rounded, and so are their inputs.
    far = connection.execute(
        f"SELECT case_id, computed FROM ({computed}) WHERE (abs(computed - productivity_growth_pct) <= tolerance_points)"
        " IS NOT TRUE"
    ).fetchall()
    assert far == []


def test_growth_a_year(vectors: Vectors) -> None:
    connection = vectors.load("productivity_average_growth")
    computed = render(
        "select *, {{ average_growth('cumulative_growth_pct', 'years') }} as computed from productivity_average_growth"
    )
    assert_numbers_agree(connection, computed, {"computed": "geometric_mean_formula_pct"})
    far = connection.execute(
        f"SELECT case_id, computed FROM ({computed})"
        " WHERE (abs(computed - average_annual_growth_pct) <= 0.06) IS NOT TRUE"
    ).fetchall()
    assert far == []
