"""Money in the prices of another year, and the change of the index itself."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render


def test_money_moves_between_years(vectors: Vectors) -> None:
    connection = vectors.load("deflation_expected")
    computed = render(
        "select *, {{ real_value('price', 'index_from', 'index_to') }} as computed from deflation_expected"
    )
    assert_numbers_agree(connection, computed, {"computed": "result"})


def test_money_moves_along_a_series_of_changes(vectors: Vectors) -> None:
    """The index is the running product of the published ratios of a year on the one before."""
    connection = vectors.load("deflation_expected", "gdp_deflator_series_hmt_2019")
    computed = render(
        """
        with series as (
            select financial_year, exp(sum(ln(ratio_on_previous_year)) over (order by financial_year)) as deflator
            from gdp_deflator_series_hmt_2019
            union all
            select min(financial_year) - 1, 1 from gdp_deflator_series_hmt_2019
        )
        select cases.*, {{ real_value('cases.price', 'was.deflator', 'wanted.deflator') }} as computed
        from deflation_expected as cases
        left join series as was on cases.from_year = was.financial_year
        left join series as wanted on cases.to_year = wanted.financial_year
        """
    )
    assert_numbers_agree(connection, computed, {"computed": "result"})


def test_published_change_of_the_deflator(vectors: Vectors) -> None:
    connection = vectors.load("gdp_deflator_published")
    computed = render(
        """
        select *, {{ percent_change('index_before', 'index') }} as computed
        from (
            select
                *,
                lag("index") over by_year as index_before,
                left(lag(financial_year) over by_year, 4)::integer + 1 = left(financial_year, 4)::integer as follows
            from gdp_deflator_published
            window by_year as (partition by vintage order by financial_year)
        )
        where follows and pct_change_from_index is not null
        """
    )
    assert_numbers_agree(connection, computed, {"computed": "pct_change_from_index"})
    far = connection.execute(
        f"SELECT case_id, computed FROM ({computed}) WHERE (abs(computed - published_pct_change) <= 0.02) IS NOT TRUE"
    ).fetchall()
    assert far == []
