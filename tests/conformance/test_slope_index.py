"""Slope and relative index of inequality, with limits in closed form."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

CONFIDENCES = {"95": 0.95, "98": 0.98, "99": 0.99, "99_8": 0.998}

# One fit for each case; the expected rows pick their level of confidence.
COMPUTED = """
    with inputs as (
        select *, case value_type when 1 then 'rate' when 2 then 'proportion' else 'other' end as our_type
        from sii_inputs
        join (
            select case_id, any_value(value_type) as value_type, any_value(transform) as is_transformed,
                any_value(multiplier) as multiplier, any_value(se_from) as se_from
            from sii_expected group by case_id
        ) using (case_id)
    )
    select
        case_id, theirs, ours
        {%- for index in ['slope_index', 'relative_index'] %}{% for side in ['lower', 'upper'] %},
        case theirs.confidence
            {%- for ours, value in confidences %}
            when {{ value }} then ours.{{ index }}_{{ side }}_{{ ours }}
            {%- endfor %}
        end as {{ index }}_{{ side }}
        {%- endfor %}{% endfor %}
    from sii_expected as theirs
    join (
        {{ slope_index_estimated(
            'inputs', ['case_id'], 'quantile', 'population', 'value', "if(se_from = 'se', se, null)",
            'lower_cl', 'upper_cl', 'our_type', 'is_transformed', 'multiplier', confidences | map('first') | list
        ) }}
    ) as ours using (case_id)
"""


def statement() -> str:
    return render(f"{{% set confidences = {list(CONFIDENCES.items())} %}}" + COMPUTED)


def test_indices_are_the_reference_ones(vectors: Vectors) -> None:
    connection = vectors.load("sii_inputs", "sii_expected")
    pairs = {
        "ours.slope_index": "theirs.sii",
        "ours.relative_index": "theirs.rii",
        "ours.intercept": "theirs.intercept",
    }
    assert_numbers_agree(connection, statement(), pairs)


def test_limits_are_the_closed_ones_and_null_where_there_are_none(vectors: Vectors) -> None:
    connection = vectors.load("sii_inputs", "sii_expected")
    pairs = {
        "slope_index_lower": "theirs.sii_lower_closed",
        "slope_index_upper": "theirs.sii_upper_closed",
        "relative_index_lower": "theirs.rii_lower_closed",
        "relative_index_upper": "theirs.rii_upper_closed",
    }
    assert_numbers_agree(connection, statement(), pairs, label="case_id || ' ' || theirs.confidence", relative=1e-7)


def test_limits_agree_with_simulation_within_five_percent_of_the_interval(vectors: Vectors) -> None:
    connection = vectors.load("sii_inputs", "sii_expected")
    # Sorted, for the reference exchanges the limits of rates with multipliers between 0 and 1; that error is not copied.
    found = connection.execute(f"""
        select count(*), max(greatest(
            abs(slope_index_lower - least(theirs.sii_lower_sim, theirs.sii_upper_sim)) / slope_width,
            abs(slope_index_upper - greatest(theirs.sii_lower_sim, theirs.sii_upper_sim)) / slope_width,
            abs(relative_index_lower - least(theirs.rii_lower_sim, theirs.rii_upper_sim)) / relative_width,
            abs(relative_index_upper - greatest(theirs.rii_lower_sim, theirs.rii_upper_sim)) / relative_width
        ))
        from (
            select
                *,
                abs(theirs.sii_upper_sim - theirs.sii_lower_sim) as slope_width,
                abs(theirs.rii_upper_sim - theirs.rii_lower_sim) as relative_width
            from ({statement()})
        )
        where slope_index_lower is not null and relative_index_lower is not null
    """).fetchone()
    assert found is not None
    compared, worst = found
    assert compared > 0
    assert worst < 0.05
