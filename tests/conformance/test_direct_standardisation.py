"""Directly standardised rates, of independent and of repeat events, and the second opinion of epitools."""

from tests.conformance.comparing import assert_numbers_agree, assert_only_refused
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

PAIRS = {
    "computed.value": "expected.value",
    "computed.lower_95": "expected.lower95",
    "computed.upper_95": "expected.upper95",
    "computed.lower_99_8": "expected.lower998",
    "computed.upper_99_8": "expected.upper998",
    "computed.total_count": "expected.total_count",
    "computed.total_population": "expected.total_pop",
}
ESTIMATED = """
    with inputs as (select * from dsr_inputs join (select case_id, multiplier from dsr_expected) using (case_id))
    select case_id, expected, computed, expected.expected_error is not null as is_refused
    from dsr_expected as expected
    join ({{ dsr_estimated('inputs', ['case_id'], 'x', 'n', 'stdpop', 'multiplier') }}) as computed using (case_id)
"""
REPEATED = """
    with inputs as (
        select * from dsr_nonindependent_inputs
        join (select case_id, multiplier from dsr_nonindependent_expected) using (case_id)
    )
    select case_id, expected, computed
    from dsr_nonindependent_expected as expected
    join ({{ dsr_of_repeat_events_estimated(
        'inputs', ['case_id'], 'eventfreq', 'persons', 'n', 'stdpop', 'ageband', 'multiplier'
    ) }}) as computed using (case_id)
"""


def test_rates_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("dsr_inputs", "dsr_expected")
    assert_numbers_agree(connection, render(ESTIMATED), PAIRS)


def test_too_few_events_and_wrong_input_are_told_apart(vectors: Vectors) -> None:
    connection = vectors.load("dsr_inputs", "dsr_expected")
    wrong = connection.execute(f"""
        select case_id, computed.reason from ({render(ESTIMATED)})
        where computed.reason is distinct from case
            when is_refused then 'invalid input' when expected.value is null then 'fewer than 10 events' end
    """).fetchall()
    assert not wrong


def test_what_the_reference_refuses_has_no_rate(vectors: Vectors) -> None:
    connection = vectors.load("dsr_inputs", "dsr_expected")
    refused = "computed.reason is not distinct from 'invalid input' and computed.value is null"
    assert_only_refused(connection, render(ESTIMATED), "is_refused", refused)


def test_repeat_events_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("dsr_nonindependent_inputs", "dsr_nonindependent_expected")
    assert_numbers_agree(connection, render(REPEATED), PAIRS)


def test_epitools_has_the_same_rates(vectors: Vectors) -> None:
    connection = vectors.load("dsr_inputs", "dsr_second_opinion_epitools")
    # The package gives a rate below ten events too, which we withhold.
    compared = render("""
        select * from dsr_second_opinion_epitools
        join ({{ dsr_estimated('dsr_inputs', ['case_id'], 'x', 'n', 'stdpop', '100000') }}) using (case_id)
        where reason is distinct from 'fewer than 10 events'
    """)
    assert_numbers_agree(connection, compared, {"value": "adj_rate"})
