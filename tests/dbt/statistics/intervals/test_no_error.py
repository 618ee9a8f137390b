"""No input makes a macro raise an error: one bad row must not stop a night's work.

Contains all macros of estimates, comparisons and inequality, on all combinations of extreme and missing numbers. Not
here: their results, which are tested with each method.
"""

import duckdb
import pytest

from tests.conformance.rendering import render

NASTY = [
    "NULL", "0", "-1", "1", "0.5", "2.5", "9.5", "10", "100", "1e15", "1e-300", "1e300", "'nan'", "'inf'", "'-inf'"
]  # fmt: skip

SCALARS = [
    "wilson_limit('lower', 'a', 'b', '95')",
    "wilson_limit('upper', 'a', 'b', '99_8')",
    "is_valid_proportion('a', 'b')",
    "is_valid_rate('a', 'b')",
    "poisson_limit('lower', 'a', '95')",
    "poisson_limit('upper', 'a', '99_8')",
    "poisson_method('a')",
    "chi_square_quantile('a', 'case when b < 1e6 then b end')",
    "student_t_quantile('a', '95')",
    "european_standard_population_2013('a')",
    "compared_with_value('a', 'b', 'd', 'p', 'a')",
    "compared_at_two_levels('a', 'a', 'b', 'a', 'b', 'd', 'p')",
    "intervals_compared('a', 'b', 'd', 'd', 'p')",
    "compared_with_target('a', 'b', 'p')",
    "compared_with_target_by_limits('a', 'b', 'd', 'p')",
    "compared_with_control_limits_of_proportion('a', 'b', 'd', '100', 'p', '95')",
    "percentile_category('a', '[b, d]', 'p')",
    "quantile_of_rank('try_cast(a as bigint)', 'try_cast(b as bigint)', '5')",
    "absolute_gap_limit('lower', 'a', 'b', 'd', 'd', '95')",
    "relative_gap_limit('lower', 'a', 'b', 'd', 'd', '95')",
]

RELATIONS = [
    "mean_estimated('numbers', ['k'], 'a')",
    "dsr_estimated('numbers', ['k'], 'a', 'b', 'd', '1000')",
    "dsr_of_repeat_events_estimated('numbers', ['k'], 'd', 'a', 'b', 'd', 'q % 3', '1000')",
    "isr_estimated('numbers', ['k'], 'a', 'b', 'd', 'a', '100', '1000')",
    "slope_index_estimated('numbers', ['k'], 'q', 'a', 'b', 'd', 'null', 'null', 'kind', 'k % 2 = 0', '1')",
    "slope_index_estimated('numbers', ['k'], 'q', 'abs(a)', 'abs(b)', 'null', 'b', 'd', 'kind', 'k % 2 = 0', 'd')",
    "inequality_measured('numbers', ['k'], 'a', 'b', 'd', 'k % 2 = 0', 'q')",
    "inequality_measured('numbers', ['k'], 'abs(a)', 'b', 'abs(d)', 'k % 2 = 0')",
    "quintile_bounds_estimated('numbers', ['k'], 'a')",
]


@pytest.fixture(scope="module")
def numbers():
    """Every triple of nasty numbers with every polarity, in groups of six that mix them."""
    with duckdb.connect() as opened:
        nasty = ", ".join(f"({number})::double" for number in NASTY)
        opened.execute(f"""
            CREATE TABLE numbers AS
            SELECT *, (place // 6)::integer AS k, place % 6 + 1 AS q,
                ['rate', 'proportion', 'other'][1 + (place // 6) % 3] AS kind
            FROM (
                SELECT a, b, d, p, row_number() OVER (ORDER BY hash(a, b, d, p)) - 1 AS place
                FROM (SELECT unnest([{nasty}]) AS a), (SELECT unnest([{nasty}]) AS b), (SELECT unnest([{nasty}]) AS d),
                    (VALUES ('high'), ('low'), ('none'), (NULL), ('?')) AS polarities(p)
            )
        """)
        yield opened


@pytest.mark.parametrize("call", SCALARS)
def test_a_scalar_macro_answers_every_row(numbers, call):
    answered = numbers.execute(render(f"SELECT count(*), count({{{{ {call} }}}}) FROM numbers")).fetchone()
    assert answered[0] == 5 * len(NASTY) ** 3
    assert answered[1] > 0


@pytest.mark.parametrize("call", RELATIONS)
def test_a_relation_macro_answers_every_group(numbers, call):
    # All columns are fetched, so that none is left uncomputed.
    groups = numbers.execute(render(f"{{{{ {call} }}}}")).fetchall()
    assert len(groups) == -(-5 * len(NASTY) ** 3 // 6)
