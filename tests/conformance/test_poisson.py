"""Crude rates, Byar limits of counts, and the tables of exact limits."""

from tests.conformance.comparing import assert_numbers_agree, assert_only_refused, assert_texts_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

COMPUTED = """
    select
        *,
        case when {{ is_valid_rate('numerator', 'denominator') }} then multiplier * numerator / denominator end
            as computed_value,
        {%- for side in ['lower', 'upper'] %}{% for confidence in ['95', '99_8'] %}
        case when {{ is_valid_rate('numerator', 'denominator') }}
            then multiplier * {{ poisson_limit(side, 'numerator', confidence) }} / denominator
        end as computed_{{ side }}_{{ confidence }},
        {%- endfor %}{% endfor %}
        case when {{ is_valid_rate('numerator', 'denominator') }} then {{ poisson_method('numerator') }} end
            as computed_method,
        {{ is_valid_rate('numerator', 'denominator') }} as is_valid
    from rate_byar_exact
"""
LEVELS = {"95": "95", "99_8": "998"}


def test_crude_rates_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("rate_byar_exact")
    limits = {
        f"computed_{end}_{ours}": f"{end}{theirs}" for end in ("lower", "upper") for ours, theirs in LEVELS.items()
    }
    assert_numbers_agree(connection, render(COMPUTED), {"computed_value": "value", **limits})


def test_crude_rates_switch_method_at_ten(vectors: Vectors) -> None:
    connection = vectors.load("rate_byar_exact")
    assert_texts_agree(
        connection,
        render(COMPUTED),
        {"computed_method": "case method when 'Byars' then 'byar' when 'Exact' then 'exact' end"},
    )


def test_what_the_reference_refuses_is_refused(vectors: Vectors) -> None:
    connection = vectors.load("rate_byar_exact")
    assert_only_refused(connection, render(COMPUTED), "expected_error is not null", "is_valid is false")


def test_scipy_has_the_same_exact_limits(vectors: Vectors) -> None:
    """Over all counts, not only those below 10: this is what proves the chi-square quantile."""
    connection = vectors.load("rate_byar_exact", "rate_second_opinion_scipy_exact")
    exact = """
        select *,
        {%- for side in ['lower', 'upper'] %}{% for confidence in ['95', '99_8'] %}
        multiplier * {{ exact_poisson_limit(side, 'numerator', confidence) }} / denominator
            as computed_{{ side }}_{{ confidence }},
        {%- endfor %}{% endfor %}
        from rate_byar_exact join rate_second_opinion_scipy_exact using (case_id)
        -- Millions of events need sums of many thousand terms and prove nothing more.
        where numerator < 100000
    """
    pairs = {
        f"computed_{end}_{ours}": f"exact_{end}{theirs}"
        for end in ("lower", "upper")
        for ours, theirs in LEVELS.items()
    }
    assert_numbers_agree(connection, render(exact), pairs)


def test_byar_limits_of_counts(vectors: Vectors) -> None:
    connection = vectors.load("byar_count_limits")
    computed = """
        select *,
        {%- for side in ['lower', 'upper'] %}
        case confidence
            when 0.95 then {{ byar_limit(side, 'observed', '95') }}
            when 0.998 then {{ byar_limit(side, 'observed', '99_8') }}
        end as computed_{{ side }},
        {%- endfor %}
        from byar_count_limits
    """
    assert_numbers_agree(connection, render(computed), {"computed_lower": "lower", "computed_upper": "upper"})


def test_exact_limits_of_counts_to_a_hundred(vectors: Vectors) -> None:
    connection = vectors.load("lookup_poisson_exact_limits")
    computed = """
        select *,
        {%- for side in ['lower', 'upper'] %}{% for confidence in ['95', '99_8'] %}
        {{ exact_poisson_limit(side, 'observed', confidence) }} as computed_{{ side }}_{{ confidence }},
        {%- endfor %}{% endfor %}
        from lookup_poisson_exact_limits
    """
    pairs = {
        f"computed_{end}_{ours}": f"{end}{theirs}" for end in ("lower", "upper") for ours, theirs in LEVELS.items()
    }
    assert_numbers_agree(connection, render(computed), pairs, label="observed", relative=1e-11)
