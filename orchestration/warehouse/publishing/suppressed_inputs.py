"""Suppression in the inputs of a build of the open tier, before anything is calculated from them.

Contains the changes to the schema `landing` of an open build. Not here: which cells to suppress
(`orchestration.disclosure`), and the build (`draft`).

Everything that dbt calculates afterwards (estimates, gaps, derived measures and history) is based on published figures
alone, and so discloses no more than they do.
"""

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.disclosure.audit import NOT_QUOTED
from orchestration.foundation.sql import literal, literals, values


def suppress_inputs(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Apply suppression to the schema `landing` of the connection; its table `landing.hidden` lists the cells.

    - A suppressed cell keeps its row in every submission, without figures, limits and note; each figure that was sent
      gets the status `c`.
    - Counts of a measure with a rounding base are rounded, crude values are recalculated from them, and limits that
      were sent are removed.
    - Observations of measures that are not open are removed and counted as filtered.
    - Senders and values quoted from files are removed.
    """
    _create_rule_tables(con, contracts)
    con.execute("ALTER VIEW landing.observations RENAME TO observations_unsuppressed")
    _filter_closed_measures(con)
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
        FROM landing.observations_unsuppressed AS o
        LEFT JOIN landing.hidden AS hidden USING (return_code, measure_code, location_code, location_level,
            period_code, population_group_code, service_line)
        LEFT JOIN landing.rounding AS rounding USING (return_code, measure_code)
        ANTI JOIN landing.closed AS closed USING (return_code, measure_code)
        """
    )
    con.execute("UPDATE landing.submissions SET sender = NULL")
    con.execute("ALTER VIEW landing.screening RENAME TO screening_unsuppressed")
    con.execute(
        f"""CREATE VIEW landing.screening AS
            SELECT * REPLACE (NULL::VARCHAR AS value, {literal(NOT_QUOTED)} AS message)
            FROM landing.screening_unsuppressed"""
    )


def _create_rule_tables(con: duckdb.DuckDBPyConnection, contracts: Contracts) -> None:
    """Create the tables of measures that are not open, and of measures with a rounding base and their multiplier."""
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
                crude_multiplier = multiplier if value_type in ("proportion", "rate", "ratio") else None
                con.execute(
                    f"INSERT INTO landing.rounding VALUES "
                    f"({literals([code, measure, float(base), value_type == 'count', crude_multiplier])})"
                )


def _rounded(figure: str) -> str:
    return (
        f"CASE WHEN rounding.base IS NULL THEN {figure} ELSE rounding.base * floor({figure} / rounding.base + 0.5) END"
    )


# Recalculate a crude value from the rounded counts, because it would disclose the exact ones. A standardised value is
# not calculated from the counts, so it stays.
_VALUE = f"""CASE
    WHEN rounding.is_count THEN {_rounded("o.value")}
    WHEN rounding.multiplier * o.numerator / nullif(o.denominator, 0)
        BETWEEN o.value - 0.01 * abs(o.value) AND o.value + 0.01 * abs(o.value)
    THEN rounding.multiplier * ({_rounded("o.numerator")}) / nullif({_rounded("o.denominator")}, 0)
    ELSE o.value END"""


def _status(figure: str) -> str:
    """Return SQL for the status of a figure: `c` if it is suppressed here, otherwise the status that was sent."""
    return f"CASE WHEN hidden.service_line IS NOT NULL AND o.{figure} IS NOT NULL THEN 'c' ELSE o.{figure}_status END"


def _limit(name: str) -> str:
    return f"CASE WHEN hidden.service_line IS NULL AND rounding.base IS NULL THEN o.{name} END AS {name}"


def _filter_closed_measures(con: duckdb.DuckDBPyConnection) -> None:
    """Count rows of measures that are not open as filtered, so that every cell is still accounted for."""
    con.execute(
        """
        UPDATE landing.submissions AS s
        SET observation_count = s.observation_count - c.rows, value_count = s.value_count - c.rows_with_value,
            filtered_count = s.filtered_count + c.rows
        FROM (SELECT submission_key, count(*) AS rows, count(value) AS rows_with_value
              FROM landing.observations_unsuppressed SEMI JOIN landing.closed USING (return_code, measure_code)
              GROUP BY submission_key) AS c
        WHERE s.submission_key = c.submission_key
        """
    )
