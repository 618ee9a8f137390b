"""Laspeyres, Paasche and Fisher indices of volume and price: chained, on a fixed base, and by link."""

from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

# The vectors have 1 if there is no previous period; the macro has null.
COMPUTED = """
    with computed as ({{ index_numbers('index_number_inputs', ['dataset']) }})
    {% for method, prefix in {'laspeyres': '', 'paasche': 'paasche_', 'fisher': 'fisher_'}.items() %}
    {% for link, fixed, ending in [
        ('chained', '', '_index'), ('fixed_base_period_1', 'fixed_', '_index'), ('period_on_previous', '', '_link'),
    ] %}
    select
        dataset, period, '{{ method }}' as method, '{{ link }}' as link,
        coalesce({{ fixed }}{{ prefix }}volume{{ ending }}, case when step = 1 then 1 end) as volume_index,
        coalesce({{ fixed }}{{ prefix }}price{{ ending }}, case when step = 1 then 1 end) as price_index
    from computed
    {{ 'union all' if not loop.last }}
    {% endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
"""


def test_index_numbers(vectors: Vectors) -> None:
    connection = vectors.load("index_number_inputs", "index_number_expected")
    assert_agreement(
        connection,
        render(COMPUTED),
        "FROM index_number_expected",
        keys=("dataset", "method", "link", "period"),
        numbers={"volume_index": 1e-9, "price_index": 1e-9},
    )
