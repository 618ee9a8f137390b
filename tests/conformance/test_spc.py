"""Control charts agree with the reference vectors: limits, rules, types of points and icons."""

import duckdb
import pytest

from tests.conformance.agreement import assert_agreement
from tests.conformance.conftest import Vectors
from tests.conformance.rendering import render

CHARTED = """{{ spc_charted('points', ['case_id'], '"date"', 'value', 'improvement_direction', target='target',
    screen_outliers='screen_outliers', fix_after='fix_after_n_points', rebase_group='rebase_group') }}"""

# The vectors' words for a special cause, and ours.
CAUSES = {
    "Above UCL": "above upper limit",
    "Below LCL": "below lower limit",
    "7 Point Trend (Increasing)": "increasing trend",
    "7 Point Trend (Decreasing)": "decreasing trend",
    "2 in 3 Above CL": "two of three above mean",
    "2 in 3 Below CL": "two of three below mean",
    "7 Points Above CL": "shift above mean",
    "7 Points Below CL": "shift below mean",
    "Common Cause": "common cause",
}


@pytest.fixture
def charted(vectors: Vectors) -> duckdb.DuckDBPyConnection:
    """All series with their options, charted in one statement; a rebase date begins a segment once it is reached."""
    con = vectors.load("spc_inputs", "spc_case_expected")
    con.execute(
        """CREATE TABLE points AS
           SELECT i.case_id, i.date, i.value::DOUBLE AS value, improvement_direction, target, screen_outliers,
                  fix_after_n_points,
                  len(list_filter(string_split(coalesce(rebase_dates::VARCHAR, ''), ';'),
                                  lambda d: d <> '' AND try_cast(d AS DATE) <= i.date)) AS rebase_group
           FROM spc_inputs AS i JOIN spc_case_expected USING (case_id)"""
    )
    con.execute(f"CREATE TABLE charted AS {render(CHARTED)}")
    return con


def test_every_point_has_the_limits_and_the_cause_expected(
    charted: duckdb.DuckDBPyConnection, vectors: Vectors
) -> None:
    vectors.load("spc_points_expected")
    causes = " ".join(f"WHEN '{theirs}' THEN '{ours}'" for theirs, ours in CAUSES.items())
    assert_agreement(
        charted,
        "FROM charted",
        f"""SELECT case_id, date, rebase_group, mean, lpl AS lower_process_limit, upl AS upper_process_limit,
                   outside_limits AS is_outside_limits, relative_to_mean::BIGINT AS side_of_mean,
                   close_to_limits AS is_close_to_limits, CASE special_cause_type {causes} END AS special_cause,
                   replace(replace(point_type, 'special_cause_', ''), '_', ' ') AS point_type,
                   short_group_warning AS is_short_segment
            FROM spc_points_expected SEMI JOIN points USING (case_id)""",
        keys=["case_id", "date"],
        numbers={"mean": 1e-9, "lower_process_limit": 1e-9, "upper_process_limit": 1e-9},
        texts=["rebase_group", "is_outside_limits", "side_of_mean", "is_close_to_limits", "special_cause", "point_type",
                 "is_short_segment"],
    )  # fmt: skip


def test_every_series_has_the_icons_expected(charted: duckdb.DuckDBPyConnection) -> None:
    assert_agreement(
        charted,
        render("""{{ spc_icons('charted', ['case_id'], '"date"') }}"""),
        """SELECT case_id, replace(variation_icon, '_', ' ') AS variation_icon, assurance_icon
           FROM spc_case_expected WHERE error IS NULL""",
        keys=["case_id"],
        texts=["variation_icon", "assurance_icon"],
    )


def test_each_rule_marks_the_points_it_should_on_its_own(vectors: Vectors) -> None:
    con = vectors.load("spc_rule_units")
    # A flag at a point marks the end of a pattern. In `part_of_seven` ends are what is given: as
    # steps, six before each. None can end before the seventh point.
    con.execute(
        """CREATE TABLE units AS
           SELECT unit_id, rule, list_transform(string_split(trim(string_split(input, '|')[1]), ' '), lambda v: v::INT) AS given,
                  list_transform(string_split(trim(coalesce(nullif(string_split(input, '|')[2], ''), input)), ' '),
                                 lambda v: try_cast(v AS INT)) AS sides,
                  list_transform(string_split(expected, ' '), lambda v: v::INT) AS expected
           FROM spc_rule_units
           WHERE rule NOT LIKE 'part_of_seven%' OR list_position(list_transform(string_split(input, ' '),
                 lambda v: v <> '0'), true) IS NULL OR list_position(list_transform(string_split(input, ' '),
                 lambda v: v <> '0'), true) > 6;
           CREATE TABLE points AS
           SELECT unit_id, rule, i AS number,
                  CASE WHEN rule LIKE 'seven_point_trend%' THEN given[i] - given[i - 1]
                       WHEN rule LIKE 'part_of_seven%' THEN list_sum(given[i : i + 5]) END AS step,
                  CASE WHEN rule LIKE 'seven_point_one_side%' OR rule LIKE 'two_in_three%' THEN sides[i] ELSE 0 END AS side,
                  rule LIKE 'two_in_three%' AND given[i] = 1 AS is_close,
                  CASE WHEN rule LIKE 'seven_point%' THEN list_sum(list_transform(expected[i : i + 6], lambda v: abs(v))) > 0
                       ELSE expected[i] <> 0 END AS is_marked
           FROM units, LATERAL (SELECT unnest(range(1, len(given) + 1)) AS i)"""
    )
    marked = render("{{ spc_patterns_marked('points', ['unit_id'], 'number', 'step', 'side', 'is_close') }}")
    assert_agreement(
        con,
        f"""SELECT unit_id, number,
                   CASE WHEN rule LIKE 'two_in_three%' THEN is_paired WHEN rule LIKE 'seven_point_one_side%' THEN is_shifted
                        ELSE is_rising OR is_falling END AS is_marked
            FROM ({marked})""",
        "SELECT unit_id, number, is_marked FROM points",
        keys=["unit_id", "number"],
        texts=["is_marked"],
    )
