"""The attack on a draft of the open tier before it may be published: what could somebody tell who has seen everything?

Belongs here: the audit of one candidate against the restricted release that it was made of, with every open release
before it. Does not belong here: choosing what is hidden (`suppression`), of which it takes nothing but the rules, or
what a failed audit leads to (`expectations.gate`).
"""

from dataclasses import dataclass

import duckdb
import numpy as np

from orchestration.contracts.load import Contracts
from orchestration.disclosure.attack import Mask, told
from orchestration.disclosure.figures import FIGURES, CellTable, State, cell_tables, lay_cells
from orchestration.disclosure.suppression import lay_public, public_before
from orchestration.foundation.sql import literal, literals

NOT_QUOTED = "What was found is told to the sender."
"""What the open tier says of every problem of a file, beside its rule."""

WIDTH = 1.0
"""A hidden count is protected if the least and the greatest that it may be are this far apart."""


COMMON, ALIKE = 10, 0.9
"""Two figures are taken for one if they are equal in this share of at least so many places and periods."""


@dataclass(frozen=True)
class Rule:
    """One thing that was tried: its name, what holds if it failed to find anything, whether that must hold, how many
    findings there were, and a few of them in words."""

    name: str
    says: str
    is_critical: bool
    found: int
    sample: tuple[str, ...]


_SHOWN = "no_small_count_is_shown", "No count that the contract calls small is shown, nor a figure beside it."
_FALLS = "figures_fall_together", "What says the same people in other words is hidden with them."
_TOLD = "no_small_count_can_be_told", "No small count can be worked out from all that open releases show."
_ELSEWHERE = "no_other_measure_tells", "No hidden count is shown by another measure, which counts the same."
_PUBLIC = "nothing_small_was_public", "No small count is known from an earlier open release."
_CLOSED = "only_open_measures", "Every measure is one that its contract opens to the public."
_QUOTED = "nothing_is_quoted", "No sender, and no value quoted from a file, is in the open tier."


def audit(
    con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str, candidate: str, earlier: list[str]
) -> tuple[Rule, ...]:
    """Attack the attached database `candidate`, made of `release`, for one who also has every database of `earlier`.

    Every rule that was tried, in a fixed order, whether it found anything or not.
    """
    lay_cells(con, contracts, release, earlier)
    lay_public(con, release, earlier)
    con.execute(
        f"""CREATE TEMP TABLE disclosure_seen AS
            SELECT c.position, e.known_from, e.known_to, e.numerator, e.denominator, e.value,
                   e.lower_95, e.upper_95, e.lower_99_8, e.upper_99_8
            FROM disclosure_cell AS c JOIN {candidate}.marts.fct_observation AS e USING (observation_key)"""
    )
    found: dict[str, list[str]] = {name: [] for name in ("shown", "apart", "told", "public")}
    for table in cell_tables(con):
        for state in table.states:
            _attack(con, table, state, found)
    closed = _closed(con, contracts, candidate)
    quoted = con.execute(
        f"""SELECT 'the sender of ' || submission_key FROM {candidate}.marts.dim_submission WHERE sender IS NOT NULL
            UNION ALL
            SELECT 'a value in a problem of ' || submission_key FROM {candidate}.marts.fct_screening
            WHERE found_value IS NOT NULL OR message <> {literal(NOT_QUOTED)}"""
    ).fetchall()
    return (
        _rule(_SHOWN, found["shown"]),
        _rule(_FALLS, found["apart"] + _comparing(con)),
        _rule(_ELSEWHERE, _elsewhere(con, release, candidate)),
        _rule(_TOLD, found["told"]),
        _rule(_PUBLIC, found["public"], is_critical=False),
        _rule(_CLOSED, closed),
        _rule(_QUOTED, [row[0] for row in quoted]),
    )


def _rule(what: tuple[str, str], found: list[str], *, is_critical: bool = True) -> Rule:
    return Rule(*what, is_critical, len(found), tuple(found[:5]))


def _attack(con: duckdb.DuckDBPyConnection, table: CellTable, state: State, found: dict[str, list[str]]) -> None:
    """Attack one table as it was known at one time."""
    seen, anything = _seen(con, table, state)
    public = public_before(con, table, state)
    small = np.logical_or.reduce([state.small[figure] for figure in FIGURES])
    was_public = np.logical_or.reduce([state.small[figure] & public[figure] for figure in FIGURES])
    found["shown"] += _names(con, table, small & anything & ~was_public)
    found["public"] += _names(con, table, was_public)
    fallen = np.zeros(table.together.max(initial=0) + 1, dtype=bool)
    fallen[table.together[small]] = True
    found["apart"] += _names(con, table, fallen[table.together] & ~small & anything)
    for figure in FIGURES:
        additive, cells = table.additive(state, figure)
        known = seen[figure] | public[figure]
        asked = (state.small[figure] & ~known)[cells]
        if asked.any():
            exposed = np.zeros(len(table.positions), dtype=bool)
            least = 1.0 if table.shows_zeros else 0.0
            exposed[cells] = told(additive, ~known[cells], asked, least, WIDTH)
            found["told"] += _names(con, table, exposed)


def _seen(con: duckdb.DuckDBPyConnection, table: CellTable, state: State) -> tuple[dict[str, Mask], Mask]:
    """Which figures of a state the candidate shows, itself or by telling the other two; and where it shows anything."""
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
    """Cells in words: measure, place, period, group and line. Never a figure: a verdict is published."""
    positions = table.positions[cells]
    if len(positions) == 0:
        return []
    few = ", ".join(str(int(position)) for position in positions[:5])
    rows = con.execute(
        f"""SELECT concat_ws(', ', measure_code, location_key, period_code, population_group_code, service_line)
            FROM disclosure_cell WHERE position IN ({few}) ORDER BY position"""
    ).fetchall()
    return [row[0] for row in rows] + [""] * (len(positions) - len(rows))


def _comparing(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Cells of measures that compare groups, shown of a place of which some group is hidden."""
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


def _elsewhere(con: duckdb.DuckDBPyConnection, release: str, candidate: str) -> list[str]:
    """Pairs of a hidden figure and one that is shown of another measure, which the returns have shown to be the same:
    equal in `ALIKE` of at least `COMMON` places and periods that have both."""
    place = "location_key, period_code, population_group_code, service_line"

    def figures(database: str) -> str:
        return f"""(
            SELECT o.measure_code, {place}, unnest(['numerator', 'denominator', 'value']) AS figure,
                   unnest([o.numerator, o.denominator, CASE WHEN m.value_type = 'count' THEN o.value END]) AS count
            FROM {database}.marts.fct_observation AS o JOIN {database}.marts.dim_measure AS m USING (measure_code)
            WHERE o.known_to = (SELECT max(known_to) FROM {database}.marts.fct_observation))"""

    rows = con.execute(
        f"""
        WITH whole AS MATERIALIZED (FROM {figures(release)} WHERE count > 0),
        seen AS MATERIALIZED (FROM {figures(candidate)} WHERE count > 0),
        -- Where one small figure is hidden, all that are hidden with it protect it.
        guarded AS (
            SELECT DISTINCT measure_code, period_code,
                   unnest(list_filter(['numerator', 'denominator', 'value'],
                       lambda f: (f = 'numerator' AND small_numerator) OR (f = 'denominator' AND small_denominator)
                           OR (f = 'value' AND small_value))) AS figure
            FROM disclosure_version
        ),
        hidden AS (
            FROM whole SEMI JOIN guarded USING (measure_code, period_code, figure)
            ANTI JOIN seen USING (measure_code, {place}, figure)
        ),
        suspected AS (
            SELECT DISTINCT h.measure_code, h.figure, s.measure_code AS other_code, s.figure AS other_figure
            FROM hidden AS h JOIN seen AS s USING ({place})
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
    """Measures with figures in the candidate that no contract opens."""
    found = con.execute(
        f"SELECT DISTINCT return_code, measure_code FROM {candidate}.marts.fct_observation ORDER BY ALL"
    ).fetchall()
    returns = con.execute(
        f"SELECT DISTINCT return_code FROM {candidate}.marts.dim_submission WHERE return_code NOT IN "
        f"({literals([code for code, c in contracts.returns.items() if 'open' in c.disclosure.tiers] or [''])})"
    ).fetchall()
    closed = [
        f"{measure} of {code}"
        for code, measure in found
        if code not in contracts.returns or not contracts.returns[code].disclosure.is_open(measure)
    ]
    return closed + [f"submissions of {row[0]}" for row in returns]
