"""Disclosure audit of a draft of the open tier: what an intruder could derive from everything published.

Contains the audit of one candidate against the restricted release that it was built from and every earlier open
release. Not here: the choice of suppressed cells (`suppression`), of which the audit uses the rules but not the result,
and the consequences of a failed audit (`expectations.gate`).
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from orchestration.contracts.load import Contracts
from orchestration.disclosure.attack import Mask, exposed_cells
from orchestration.disclosure.figures import FIGURES, CellTable, State, cell_tables, create_cell_tables
from orchestration.disclosure.suppression import create_public_table, public_figures
from orchestration.foundation.sql import literal, literals

NOT_QUOTED = "Details are reported to the sender only."
"""Message of every screening problem in the open tier, beside its rule."""

WIDTH = 1.0
"""Protection level: a suppressed count is protected if its feasibility interval is at least this wide."""


COMMON, ALIKE = 10, 0.9
"""Two figures count as the same if they have at least COMMON observations in common and are equal in the share ALIKE.

An observation is in common if it has the same location, period, population group and service line.
"""


@dataclass(frozen=True)
class Rule:
    """Result of one rule of the audit: its code, what it requires, whether a breach refuses the draft, the number of
    findings, and some of them in words."""

    name: str
    says: str
    is_critical: bool
    found: int
    sample: tuple[str, ...]


_SHOWN = "no_small_count_is_shown", "No small count is published, and no other figure of its cell."
_LINKED = "figures_fall_together", "Figures about the same people are suppressed together."
_DERIVABLE = "no_small_count_can_be_told", "No small count can be derived from all open releases together."
_ELSEWHERE = "no_other_measure_tells", "No suppressed count is published under another measure that counts the same."
_PUBLIC = "nothing_small_was_public", "No small count is known from an earlier open release."
_CLOSED = "only_open_measures", "Every measure is open to the public under its contract."
_QUOTED = "nothing_is_quoted", "The open tier names no sender and quotes no value from a file."


def audit(
    con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str, candidate: str, earlier: list[str]
) -> tuple[Rule, ...]:
    """Audit the attached database `candidate`, built from `release`, for an intruder who also has those in `earlier`.

    Return every rule in a fixed order, with or without findings.
    """
    create_cell_tables(con, contracts, release, earlier)
    create_public_table(con, release, earlier)
    con.execute(
        f"""CREATE TEMP TABLE disclosure_seen AS
            SELECT c.position, e.known_from, e.known_to, e.numerator, e.denominator, e.value,
                   e.lower_95, e.upper_95, e.lower_99_8, e.upper_99_8
            FROM disclosure_cell AS c JOIN {candidate}.marts.fct_observation AS e USING (observation_key)"""
    )
    findings: dict[str, list[str]] = {name: [] for name in ("shown", "separate", "derivable", "public")}
    for table in cell_tables(con):
        for state in table.states:
            _audit_table(con, table, state, findings)
    closed = _closed(con, contracts, candidate)
    quoted = con.execute(
        f"""SELECT 'the sender of ' || submission_key FROM {candidate}.marts.dim_submission WHERE sender IS NOT NULL
            UNION ALL
            SELECT 'a value in a problem of ' || submission_key FROM {candidate}.marts.fct_screening
            WHERE found_value IS NOT NULL OR message <> {literal(NOT_QUOTED)}"""
    ).fetchall()
    return (
        _rule(_SHOWN, findings["shown"]),
        _rule(_LINKED, findings["separate"] + _group_comparisons(con)),
        _rule(_ELSEWHERE, _same_elsewhere(con, release, candidate)),
        _rule(_DERIVABLE, findings["derivable"]),
        _rule(_PUBLIC, findings["public"], is_critical=False),
        _rule(_CLOSED, closed),
        _rule(_QUOTED, [row[0] for row in quoted]),
    )


def _rule(rule: tuple[str, str], findings: list[str], *, is_critical: bool = True) -> Rule:
    return Rule(*rule, is_critical, len(findings), tuple(findings[:5]))


def _audit_table(
    con: duckdb.DuckDBPyConnection, table: CellTable, state: State, findings: dict[str, list[str]]
) -> None:
    """Audit one table at one knowledge time, and add to `findings`."""
    seen, anything = _seen(con, table, state)
    public = public_figures(con, table, state)
    small = np.logical_or.reduce([state.small[figure] for figure in FIGURES])
    was_public = np.logical_or.reduce([state.small[figure] & public[figure] for figure in FIGURES])
    findings["shown"] += _names(con, table, small & anything & ~was_public)
    findings["public"] += _names(con, table, was_public)
    is_linked = np.zeros(table.together.max(initial=0) + 1, dtype=bool)
    is_linked[table.together[small]] = True
    findings["separate"] += _names(con, table, is_linked[table.together] & ~small & anything)
    for figure in FIGURES:
        additive, cells = table.additive(state, figure)
        known = seen[figure] | public[figure]
        asked = (state.small[figure] & ~known)[cells]
        if asked.any():
            exposed = np.zeros(len(table.positions), dtype=bool)
            least = 1.0 if table.shows_zeros else 0.0
            exposed[cells] = exposed_cells(additive, ~known[cells], asked, least, WIDTH)
            findings["derivable"] += _names(con, table, exposed)


def _seen(con: duckdb.DuckDBPyConnection, table: CellTable, state: State) -> tuple[dict[str, Mask], Mask]:
    """Return masks of the figures of a state that the candidate discloses, directly or by the other two figures of
    the cell, and of the cells for which it publishes any figure."""
    rows = con.execute(
        """SELECT position, bool_or(s.numerator IS NOT NULL) AS numerator,
                  bool_or(s.denominator IS NOT NULL) AS denominator, bool_or(s.value IS NOT NULL) AS value,
                  bool_or(coalesce(s.numerator, s.denominator, s.value, s.lower_95, s.upper_95, s.lower_99_8,
                                   s.upper_99_8) IS NOT NULL) AS anything
           FROM disclosure_seen AS s SEMI JOIN (
               SELECT position FROM disclosure_cell WHERE component = ? AND period_code = ?
           ) USING (position)
           WHERE s.known_from <= ?::TIMESTAMP AND s.known_to > ?::TIMESTAMP GROUP BY position""",
        [table.measures, table.period_code, str(state.known_from), str(state.known_from)],
    ).fetchnumpy()
    shown = {name: table.mask(rows["position"], rows[name]) for name in ("numerator", "denominator", "value")}
    both = (shown["numerator"].astype(int) + shown["denominator"] + shown["value"]) >= 2
    seen = {
        "numerator": shown["numerator"] | both,
        "denominator": shown["denominator"] | both,
        "left_out": both,
        "value": shown["value"],
    }
    return seen, table.mask(rows["position"], rows["anything"])


def _names(con: duckdb.DuckDBPyConnection, table: CellTable, cells: Mask) -> list[str]:
    """Return cells in words: measure, location, period, group and service line. No figures: a verdict is published."""
    positions = table.positions[cells]
    if len(positions) == 0:
        return []
    few = ", ".join(str(int(position)) for position in positions[:5])
    rows = con.execute(
        f"""SELECT concat_ws(', ', measure_code, location_key, period_code, population_group_code, service_line)
            FROM disclosure_cell WHERE position IN ({few}) ORDER BY position"""
    ).fetchall()
    return [row[0] for row in rows] + [""] * (len(positions) - len(rows))


def _group_comparisons(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return published cells of measures that compare groups, for locations where a group is suppressed."""
    rows = con.execute(
        """SELECT DISTINCT concat_ws(', ', c.measure_code, c.location_key, c.period_code, c.service_line)
           FROM disclosure_cell AS c JOIN disclosure_comparison AS k USING (measure_code)
           JOIN disclosure_seen AS s ON c.position = s.position
           JOIN disclosure_cell AS g ON g.measure_code = k.compared_code AND g.location_key = c.location_key
               AND g.period_code = c.period_code AND g.service_line = c.service_line
           JOIN disclosure_version AS v ON g.position = v.position
           JOIN disclosure_seen AS h ON v.position = h.position AND v.known_from = h.known_from
           WHERE coalesce(s.value, s.lower_95, s.lower_99_8) IS NOT NULL
               AND coalesce(h.numerator, h.denominator, h.value) IS NULL
               AND coalesce(v.numerator, v.denominator, v.value) IS NOT NULL
           ORDER BY ALL"""
    ).fetchall()
    return [row[0] for row in rows]


def _same_elsewhere(con: duckdb.DuckDBPyConnection, release: str, candidate: str) -> list[str]:
    """Return pairs of a suppressed figure and a published figure of another measure that count as the same."""
    key = "location_key, period_code, population_group_code, service_line"

    def figures(database: str) -> str:
        return f"""(
            SELECT o.measure_code, {key}, unnest(['numerator', 'denominator', 'value']) AS figure,
                   unnest([o.numerator, o.denominator, CASE WHEN m.value_type = 'count' THEN o.value END]) AS count
            FROM {database}.marts.fct_observation AS o JOIN {database}.marts.dim_measure AS m USING (measure_code)
            WHERE o.known_to = (SELECT max(known_to) FROM {database}.marts.fct_observation))"""

    rows = con.execute(
        f"""
        WITH whole AS MATERIALIZED (FROM {figures(release)} WHERE count > 0),
        seen AS MATERIALIZED (FROM {figures(candidate)} WHERE count > 0),
        -- All suppressed figures of a measure and period protect the small ones among them.
        guarded AS (
            SELECT DISTINCT measure_code, period_code,
                   unnest(list_filter(['numerator', 'denominator', 'value'],
                       lambda f: (f = 'numerator' AND small_numerator) OR (f = 'denominator' AND small_denominator)
                           OR (f = 'value' AND small_value))) AS figure
            FROM disclosure_version
        ),
        hidden AS (
            FROM whole SEMI JOIN guarded USING (measure_code, period_code, figure)
            ANTI JOIN seen USING (measure_code, {key}, figure)
        ),
        suspected AS (
            SELECT DISTINCT h.measure_code, h.figure, s.measure_code AS other_code, s.figure AS other_figure
            FROM hidden AS h JOIN seen AS s USING ({key})
            WHERE h.count = s.count AND h.measure_code <> s.measure_code
        )
        SELECT concat(p.figure, ' of ', p.measure_code, ' is ', p.other_figure, ' of ', p.other_code)
        FROM suspected AS p
        JOIN whole AS a ON a.measure_code = p.measure_code AND a.figure = p.figure
        JOIN whole AS b ON b.measure_code = p.other_code AND b.figure = p.other_figure
            AND b.location_key = a.location_key AND b.period_code = a.period_code
            AND b.population_group_code = a.population_group_code AND b.service_line = a.service_line
        GROUP BY ALL
        HAVING count(*) >= {COMMON} AND count(*) FILTER (a.count = b.count) >= {ALIKE} * count(*)
        ORDER BY ALL
        """
    ).fetchall()
    return [row[0] for row in rows]


def _closed(con: duckdb.DuckDBPyConnection, contracts: Contracts, candidate: str) -> list[str]:
    """Return measures and submissions in the candidate that no contract opens to the public."""
    measures = con.execute(
        f"SELECT DISTINCT return_code, measure_code FROM {candidate}.marts.fct_observation ORDER BY ALL"
    ).fetchall()
    returns = con.execute(
        f"SELECT DISTINCT return_code FROM {candidate}.marts.dim_submission WHERE return_code NOT IN "
        f"({literals([code for code, c in contracts.returns.items() if 'open' in c.disclosure.tiers] or [''])})"
    ).fetchall()
    closed = [
        f"{measure} of {code}"
        for code, measure in measures
        if code not in contracts.returns or not contracts.returns[code].disclosure.is_open(measure)
    ]
    return closed + [f"submissions of {row[0]}" for row in returns]
