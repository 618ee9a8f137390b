"""Gaps, variance between groups, disparity, entropy and concentration."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

OURS = {
    "bgv": "between_group_variance",
    "bgsd": "between_group_standard_deviation",
    "cov_pct": "coefficient_of_variation",
    "abs_gap_d": "absolute_gap",
    "rel_gap_r": "relative_gap",
    "idisu": "index_of_disparity_unweighted",
    "idisw": "index_of_disparity",
    "mdbw": "mean_difference_from_best",
    "mdmw": "mean_difference_from_average",
    "mld_x1000": "mean_log_deviation",
    "theil_x1000": "theil_index",
    "aci": "absolute_concentration_index",
    "rci": "relative_concentration_index",
}
WITH_LIMITS = {"bgv", "abs_gap_d", "rel_gap_r", "aci", "rci"}

MEASURED = """
    {{ inequality_measured(
        'inequality_inputs', ['dataset'], 'population', 'estimate', 'se',
        'favourable_indicator = 1', 'case when ordered_dimension = 1 then subgroup_order end'
    ) }}
"""


def test_every_measure_is_the_reference_one(vectors: Vectors) -> None:
    connection = vectors.load("inequality_inputs", "inequality_expected")
    picked = {
        "estimate": {name: f"ours.{column}" for name, column in OURS.items()},
        "se": {
            name: f"ours.{OURS[name]}_{'log_' if name == 'rel_gap_r' else ''}standard_error" for name in WITH_LIMITS
        },
        "lower": {name: f"ours.{OURS[name]}_lower_95" for name in WITH_LIMITS},
        "upper": {name: f"ours.{OURS[name]}_upper_95" for name in WITH_LIMITS},
    }
    columns = ", ".join(
        f"case measure {' '.join(f'when {name!r} then {column}' for name, column in choice.items())} end as our_{kind}"
        for kind, choice in picked.items()
    )
    compared = f"""
        select dataset, measure, theirs, {columns}
        from inequality_expected as theirs join ({render(MEASURED)}) as ours using (dataset)
    """
    pairs = {
        "our_estimate": "theirs.estimate",
        "our_se": "theirs.se",
        "our_lower": "theirs.lower95",
        "our_upper": "theirs.upper95",
    }
    assert_numbers_agree(connection, compared, pairs, label="dataset || ' ' || measure")


def test_no_measure_of_the_reference_is_unknown_here(vectors: Vectors) -> None:
    connection = vectors.load("inequality_expected")
    measures = {name for (name,) in connection.execute("select distinct measure from inequality_expected").fetchall()}
    assert measures <= set(OURS)
