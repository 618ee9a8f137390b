"""Recent trends and Mann-Kendall tests agree with the reference vectors."""

from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

ARGUMENTS = """['case_id'], 'year', 'value', 'lower95', 'upper95', '"count"', 'denominator', 'method', 'polarity'"""

# The vectors join direction and judgement to one word, and give no number where limits are missing. Of kinds of value, the
# original knows these three.
SERIES = """
    SELECT i.*,
           CASE WHEN value_type IN ('Proportion', 'Crude rate', 'Directly standardised rate') THEN method END AS method,
           CASE polarity WHEN 'High is good' THEN 'high' WHEN 'Low is good' THEN 'low' ELSE 'none' END AS polarity
    FROM trend_fingertips_inputs AS i JOIN trend_fingertips_expected USING (case_id)"""
EXPECTED = """
    SELECT case_id, slope, chi_square, trend,
           CASE WHEN abs(slope) > 1e-9 THEN leave_one_out_same_sign::BOOLEAN END AS keeps_its_sign
    FROM trend_fingertips_expected"""


def _in_their_words(trends: str) -> str:
    return f"""
        SELECT * REPLACE (
            CASE trend WHEN 'increasing' THEN 'Increasing' WHEN 'decreasing' THEN 'Decreasing'
                       WHEN 'no change' THEN 'NoChange' ELSE 'CannotBeCalculated' END
            || CASE judgement WHEN 'getting better' THEN 'AndGettingBetter' WHEN 'getting worse' THEN 'AndGettingWorse'
                    ELSE '' END AS trend,
            CASE WHEN abs(slope) > 1e-9 THEN keeps_its_sign END AS keeps_its_sign)
        FROM ({trends})"""


def test_recent_trends_are_those_of_fingertips(vectors: Vectors) -> None:
    con = vectors.load("trend_fingertips_inputs", "trend_fingertips_expected")
    con.execute(f"CREATE TABLE series AS {SERIES}")
    for macro, last in (
        ("recent_trend_estimated", ""),
        ("recent_trend_at_each_point", "QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY year DESC) = 1"),
    ):
        trends = render(f"{{{{ {macro}('series', {ARGUMENTS}) }}}}")
        assert_agreement(
            con,
            _in_their_words(f"FROM ({trends}) {last}"),
            EXPECTED,
            keys=["case_id"],
            numbers={"slope": 1e-8, "chi_square": 1e-8},
            texts=["trend", "keeps_its_sign"],
        )


def test_mann_kendall_finds_the_trends_expected(vectors: Vectors) -> None:
    con = vectors.load("mann_kendall_inputs", "mann_kendall_expected")
    assert_agreement(
        con,
        render("{{ mann_kendall_tested('mann_kendall_inputs', ['case_id'], 't', 'value') }}"),
        """SELECT case_id, n, s, var_s AS variance, z, p, tau, trend_95, trend_998 AS trend_99_8,
                  sen_slope AS slope, sen_intercept AS intercept
           FROM mann_kendall_expected""",
        keys=["case_id"],
        numbers=dict.fromkeys(["variance", "z", "p", "tau", "slope", "intercept"], 1e-9),
        texts=["n", "s", "trend_95", "trend_99_8"],
    )
