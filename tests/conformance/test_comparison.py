"""Comparison with a benchmark value, and the seven methods of fingertips-open."""

from tests.conformance.comparing import assert_texts_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

POLARITY = "case polarity when 'HighIsGood' then 'high' when 'LowIsGood' then 'low' when 'NoJudgement' then 'none' end"

ONE_LEVEL = """
    select *, {{ compared_with_value('lower95', 'upper95', 'benchmark_value', 'our_polarity') }} as computed
    from (select *, POLARITY as our_polarity from benchmark_comparison)
"""

# Only rows derived by the published rule have 99.8% limits.
TWO_LEVELS = """
    select
        *,
        {{ compared_at_two_levels(
            'value', 'lower95', 'upper95', 'lower998', 'upper998', 'benchmark_value', 'our_polarity'
        ) }} as computed
    from (select *, POLARITY as our_polarity from benchmark_comparison where outcome_two_level is not null)
"""

SEVEN_METHODS = """
    {%- set numbers = [
        'comparator_value', 'value', 'lower998', 'lower95', 'upper95', 'upper998', 'comparator_lower95',
        'comparator_upper95', 'denominator', 'unit', 'confidence'
    ] %}
    select
        *,
        case method
            when 'ci_one_level'
                then {{ compared_with_value('lower95', 'upper95', 'comparator_value', 'our_polarity') }}
            when 'ci_two_levels'
                then {{ compared_at_two_levels(
                    'value', 'lower95', 'upper95', 'lower998', 'upper998', 'comparator_value', 'our_polarity'
                ) }}
            when 'ci_double_overlap'
                then {{ intervals_compared(
                    'lower95', 'upper95', 'comparator_lower95', 'comparator_upper95', 'our_polarity'
                ) }}
            {%- for method, macro in [
                ('spc_proportion', compared_with_control_limits_of_proportion),
                ('spc_dsr', compared_with_control_limits_of_rate),
            ] %}
            when '{{ method }}' then case confidence
                when 0.95 then {{ macro('value', 'comparator_value', 'denominator', 'unit', 'our_polarity', '95') }}
                when 0.998 then {{ macro('value', 'comparator_value', 'denominator', 'unit', 'our_polarity', '99_8') }}
            end
            {%- endfor %}
            when 'target_value' then {{ compared_with_target('value', 'comparator_value', 'our_polarity') }}
            when 'target_ci'
                then {{ compared_with_target_by_limits('lower95', 'upper95', 'comparator_value', 'our_polarity') }}
        end as computed
    from (
        -- A column that is empty in all rows is read as text.
        select
            * replace (
                {%- for name in numbers %}
                {{ name }}::double as {{ name }}{{ ',' if not loop.last }}
                {%- endfor %}
            ),
            POLARITY as our_polarity
        from benchmark_comparison_fingertips_open
    )
"""


def statement(template: str) -> str:
    return render(template.replace("POLARITY", POLARITY))


def test_one_level_gives_the_reference_outcome(vectors: Vectors) -> None:
    connection = vectors.load("benchmark_comparison")
    assert_texts_agree(connection, statement(ONE_LEVEL), {"computed": "lower(outcome95)"})


def test_two_levels_give_the_reference_outcome(vectors: Vectors) -> None:
    connection = vectors.load("benchmark_comparison")
    assert_texts_agree(
        connection,
        statement(TWO_LEVELS),
        {
            "computed": """case outcome_two_level
                when 'Better_99.8' then 'best' when 'Worse_99.8' then 'worst'
                when 'Higher_99.8' then 'highest' when 'Lower_99.8' then 'lowest'
                else lower(replace(outcome_two_level, '_95', '')) end"""
        },
    )


def test_every_method_of_fingertips_open_gives_its_outcome(vectors: Vectors) -> None:
    connection = vectors.load("benchmark_comparison_fingertips_open")
    ours = "case outcome when 'Same' then 'similar' when 'None' then null else lower(outcome) end"
    assert_texts_agree(connection, statement(SEVEN_METHODS), {"computed": ours})
