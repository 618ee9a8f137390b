"""What the public must not see, taken out of the inputs of a build before anything is made of them.

Belongs here: masking the schema `landing` of an open build. Does not belong here: which cells are to be hidden
(`orchestration.disclosure`), or building (`drafting`).

Whatever dbt makes afterwards, estimates, gaps, derived measures and history, is made of what the public sees, and can
tell no more than that.
"""

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.disclosure.audit import NOT_QUOTED
from orchestration.foundation.sql import literal, literals, values


def mask_inputs(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Mask the schema `landing` of the open connection, whose table `landing.hidden` names the cells to be hidden.

    A hidden cell keeps its row, without a figure, limit or note, in every submission; each figure that was there has
    status `c`. Counts of a measure with a rounding base are rounded, what is made of them is made anew, and limits that
    were sent are left out. Measures that are not open are counted as filtered out. No sender and no value of a file is
    quoted.
    """
    _lay_rules(con, contracts)
    con.execute("ALTER VIEW landing.observations RENAME TO observations_unmasked")
    _count_closed(con)
    con.execute(
        f"""
        CREATE VIEW landing.observations AS
        SELECT o.* REPLACE (
            CASE WHEN hidden.service_line IS NULL THEN {_rounded("o.numerator")} END AS numerator,
            CASE WHEN hidden.service_line IS NULL THEN {_rounded("o.denominator")} END AS denominator,
            {_status("numerator")} AS numerator_status,
            {_status("denominator")} AS denominator_status,
            CASE WHEN hidden.service_line IS NULL THEN {_VALUE} END AS value,
            {_status("value")} AS value_status,
            {", ".join(_limit(name) for name in ("lower_95", "upper_95", "lower_99_8", "upper_99_8"))},
            CASE WHEN hidden.service_line IS NULL THEN o.note END AS note)
        FROM landing.observations_unmasked AS o
        LEFT JOIN landing.hidden AS hidden USING (return_code, measure_code, location_code, location_level,
            period_code, population_group_code, service_line)
        LEFT JOIN landing.rounding AS rounding USING (return_code, measure_code)
        ANTI JOIN landing.closed AS closed USING (return_code, measure_code)
        """
    )
    con.execute("UPDATE landing.submissions SET sender = NULL")
    con.execute("ALTER VIEW landing.screening RENAME TO screening_unmasked")
    con.execute(
        f"""CREATE VIEW landing.screening AS
            SELECT * REPLACE (NULL::VARCHAR AS value, {literal(NOT_QUOTED)} AS message)
            FROM landing.screening_unmasked"""
    )


def _lay_rules(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Measures that are not open, and those whose counts are rounded, with what makes their value."""
    con.execute("CREATE TABLE landing.closed (return_code VARCHAR, measure_code VARCHAR)")
    closed = [(code, measure) for code, c in contracts.returns.items() for measure in c.disclosure.closed_measures]
    if closed:
        con.execute(f"INSERT INTO landing.closed VALUES {values(closed)}")
    con.execute(
        """CREATE TABLE landing.rounding (return_code VARCHAR, measure_code VARCHAR, base DOUBLE, is_count BOOLEAN,
           multiplier DOUBLE)"""
    )
    for code, contract in contracts.returns.items():
        measures = con.execute(
            "SELECT DISTINCT measure_code, value_type, multiplier FROM landing.measures WHERE return_code = ?", [code]
        ).fetchall()
        for measure, value_type, multiplier in measures:
            base = contract.disclosure.rule(measure).rounding_base
            if base is not None:
                made = multiplier if value_type in ("proportion", "rate", "ratio") else None
                con.execute(
                    f"INSERT INTO landing.rounding VALUES "
                    f"({literals([code, measure, float(base), value_type == 'count', made])})"
                )


def _rounded(figure: str) -> str:
    return (
        f"CASE WHEN rounding.base IS NULL THEN {figure} ELSE rounding.base * floor({figure} / rounding.base + 0.5) END"
    )


# A value that is the crude share of its counts is made anew of the rounded ones, lest it tell the exact ones; one that
# is standardised is not made of them.
_VALUE = f"""CASE
    WHEN rounding.is_count THEN {_rounded("o.value")}
    WHEN rounding.multiplier * o.numerator / nullif(o.denominator, 0)
        BETWEEN o.value - 0.01 * abs(o.value) AND o.value + 0.01 * abs(o.value)
    THEN rounding.multiplier * ({_rounded("o.numerator")}) / nullif({_rounded("o.denominator")}, 0)
    ELSE o.value END"""


def _status(figure: str) -> str:
    """A figure that is taken away says that it was; one that was not there keeps its reason."""
    return f"CASE WHEN hidden.service_line IS NOT NULL AND o.{figure} IS NOT NULL THEN 'c' ELSE o.{figure}_status END"


def _limit(name: str) -> str:
    return f"CASE WHEN hidden.service_line IS NULL AND rounding.base IS NULL THEN o.{name} END AS {name}"


def _count_closed(con: duckdb.DuckDBPyConnection) -> None:
    """Rows of measures that are not open count as filtered out, so that every cell stays accounted for."""
    con.execute(
        """
        UPDATE landing.submissions AS s
        SET observation_count = s.observation_count - c.rows, value_count = s.value_count - c.rows_with_value,
            filtered_count = s.filtered_count + c.rows
        FROM (SELECT submission_key, count(*) AS rows, count(value) AS rows_with_value
              FROM landing.observations_unmasked SEMI JOIN landing.closed USING (return_code, measure_code)
              GROUP BY submission_key) AS c
        WHERE s.submission_key = c.submission_key
        """
    )
