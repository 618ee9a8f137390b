"""Means with t limits, and the table of t quantiles."""

from tests.conformance.comparing import assert_numbers_agree
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render


def test_means_have_the_reference_limits(vectors: Vectors) -> None:
    connection = vectors.load("mean_t_inputs", "mean_t_expected")
    computed = """
        select expected.*, computed.* exclude (case_id)
            rename (value as computed_value, value_count as computed_count, value_sum as computed_sum)
        from mean_t_expected as expected
        join ({{ mean_estimated('mean_t_inputs', ['case_id'], 'value') }}) as computed using (case_id)
    """
    pairs = {
        "computed_count": "value_count",
        "computed_sum": "value_sum",
        "computed_value": "value",
        "standard_deviation": "stdev",
        "lower_95": "lower95",
        "upper_95": "upper95",
        "lower_99_8": "lower998",
        "upper_99_8": "upper998",
    }
    assert_numbers_agree(connection, render(computed), pairs)


def test_t_quantiles_agree_with_the_table(vectors: Vectors) -> None:
    connection = vectors.load("lookup_student_t")
    computed = """
        select
            *,
            {{ student_t_quantile('df', '95') }} as computed_95,
            {{ student_t_quantile('df', '99_8') }} as computed_99_8
        from lookup_student_t
    """
    pairs = {"computed_95": "t975", "computed_99_8": "t999"}
    assert_numbers_agree(connection, render(computed), pairs, label="df", relative=1e-12)
