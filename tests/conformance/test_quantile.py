"""Quantiles by rank, and categories by percentile bounds."""

from tests.conformance.comparing import assert_numbers_agree, assert_texts_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

RANKED = """
    select *, {{ quantile_of_rank('our_rank', 'value_count', 'nquantiles') }} as computed
    from (
        select
            *,
            count(value) over (partition by case_id) as value_count,
            case
                when value is null then null
                when invert then rank() over (partition by case_id order by value desc nulls last)
                else rank() over (partition by case_id order by value nulls last)
            end as our_rank
        from quantile
    )
"""


def test_quantiles_by_rank(vectors: Vectors) -> None:
    connection = vectors.load("quantile")
    assert_texts_agree(connection, render(RANKED), {"computed": "quantile"}, label="case_id || ' ' || item")


def test_bounds_of_fifths(vectors: Vectors) -> None:
    connection = vectors.load("quintile_bounds_inputs", "quintile_bounds_expected")
    computed = """
        select * from quintile_bounds_expected
        join ({{ quintile_bounds_estimated('quintile_bounds_inputs', ['case_id'], 'value') }}) using (case_id)
    """
    names = ["min", "p20", "p40", "p60", "p80", "max"]
    pairs = {"value_count": "n"} | {f"bounds[{place}]": f'"{name}"' for place, name in enumerate(names, 1)}
    assert_numbers_agree(connection, render(computed), pairs)


def test_categories_by_bounds(vectors: Vectors) -> None:
    connection = vectors.load("quintile_category_by_bounds")
    # The cases are about the data 1 to 10; category 0 is none.
    computed = """
        with one_to_ten as (select 'all' as place, unnest(range(1, 11)) as value)
        select
            cases.*,
            {{ percentile_category('cases.value', 'bounds', "if(polarity = 'HighIsGood', 'high', 'low')") }} as computed
        from quintile_category_by_bounds as cases
        cross join ({{ quintile_bounds_estimated('one_to_ten', ['place'], 'value') }})
    """
    assert_texts_agree(connection, render(computed), {"computed": "nullif(category, 0)"})
