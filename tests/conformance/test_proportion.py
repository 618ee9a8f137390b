"""Wilson limits of every reference row, and the second opinion of statsmodels."""

from tests.conformance.comparing import assert_numbers_agree, assert_only_refused
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

COMPUTED = """
    select
        *,
        case when {{ is_valid_proportion('numerator', 'denominator') }} then multiplier * numerator / denominator end
            as computed_value,
        {%- for side in ['lower', 'upper'] %}{% for confidence in ['95', '99_8'] %}
        multiplier * {{ wilson_limit(side, 'numerator', 'denominator', confidence) }}
            as computed_{{ side }}_{{ confidence }},
        {%- endfor %}{% endfor %}
        {{ is_valid_proportion('numerator', 'denominator') }} as is_valid
    from proportion_wilson
"""
LIMITS = {
    "computed_lower_95": "lower95",
    "computed_upper_95": "upper95",
    "computed_lower_99_8": "lower998",
    "computed_upper_99_8": "upper998",
}


def test_proportions_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("proportion_wilson")
    assert_numbers_agree(connection, render(COMPUTED), {"computed_value": "value", **LIMITS})


def test_what_the_reference_refuses_is_refused(vectors: Vectors) -> None:
    connection = vectors.load("proportion_wilson")
    assert_only_refused(connection, render(COMPUTED), "expected_error is not null", "is_valid is false")


def test_statsmodels_has_the_same_limits(vectors: Vectors) -> None:
    connection = vectors.load("proportion_wilson", "proportion_second_opinion_statsmodels")
    compared = f"select * from ({render(COMPUTED)}) join proportion_second_opinion_statsmodels using (case_id)"
    assert_numbers_agree(connection, compared, {ours: f"wilson_{theirs}" for ours, theirs in LIMITS.items()})
