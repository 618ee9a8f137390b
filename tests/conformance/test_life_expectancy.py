"""Life expectancy agrees with the reference vectors at every age, and is withheld where they withhold it."""

from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

LIMITS = {"lower_95": "lower95", "upper_95": "upper95", "lower_99_8": "lower998", "upper_99_8": "upper998"}


def test_life_expectancy_and_its_limits_are_those_expected(vectors: Vectors) -> None:
    con = vectors.load("life_expectancy_inputs", "life_expectancy_expected")
    # A table without a death in the last band has no end; an infinite limit means the same as a null.
    limits = ", ".join(
        f"if(isinf({theirs}::DOUBLE), NULL, {theirs}::DOUBLE) AS {ours}" for ours, theirs in LIMITS.items()
    )
    assert_agreement(
        con,
        render("{{ life_expectancy_estimated('life_expectancy_inputs', ['case_id'], 'startage', 'deaths', 'pops') }}"),
        f"""SELECT case_id, startage AS start_age, value::DOUBLE AS value, {limits}
            FROM life_expectancy_expected""",
        keys=["case_id", "start_age"],
        numbers=dict.fromkeys(["value", *LIMITS], 1e-8),
    )
