"""Indirectly standardised ratios and rates of the reference cases."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

COMPUTED = """
    with inputs as (
        -- Each of the two files has the multiplier of its own cases only.
        select
            isratio_inputs.*,
            coalesce(isratio_expected.refvalue, 1) as refvalue,
            coalesce(israte_expected.multiplier, 1) as multiplier
        from isratio_inputs
        left join isratio_expected using (case_id)
        left join israte_expected using (case_id)
    )
    select case_id, theirs, ours
    from EXPECTED as theirs
    join (
        {{ isr_estimated('inputs', ['case_id'], 'x', 'n', 'x_ref', 'n_ref', 'refvalue', 'multiplier') }}
    ) as ours using (case_id)
"""


def limits(kind: str) -> dict[str, str]:
    return {
        f"ours.{kind}": "theirs.value",
        f"ours.{kind}_lower_95": "theirs.lower95",
        f"ours.{kind}_upper_95": "theirs.upper95",
        f"ours.{kind}_lower_99_8": "theirs.lower998",
        f"ours.{kind}_upper_99_8": "theirs.upper998",
        "ours.observed": "theirs.observed",
        "ours.expected": "theirs.expected",
    }


def statement(expected: str) -> str:
    return render(COMPUTED.replace("EXPECTED", expected))


def test_ratios_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("isratio_inputs", "isratio_expected", "israte_expected")
    assert_numbers_agree(connection, statement("isratio_expected"), limits("ratio"))


def test_rates_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("isratio_inputs", "isratio_expected", "israte_expected")
    pairs = {**limits("rate"), "ours.reference_rate": "theirs.ref_rate"}
    assert_numbers_agree(connection, statement("israte_expected"), pairs)
