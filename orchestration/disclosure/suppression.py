"""Which cells of a release must not be shown in the open tier.

Belongs here: from the rules of the contracts and the figures of the restricted release to the list of suppressed cells.
Does not belong here: the choice within one table (`protection`), removing the cells from what is built
(`orchestration.warehouse.publishing.suppressed_inputs`), or proving that it was enough (`audit`).

A cell is hidden at every time of knowledge if it is at any, and stays hidden if an open release hid it before: what one
of them shows tells what another hides.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from orchestration.contracts.load import Contracts
from orchestration.disclosure.attack import Mask
from orchestration.disclosure.figures import FIGURES, CellTable, State, cell_tables, lay_cells
from orchestration.disclosure.protection import choose


@dataclass(frozen=True)
class Suppression:
    """How many cells are hidden: for being small, for the sake of small ones, and those that cannot be protected,
    since an earlier open release showed them or what tells them."""

    small: int
    besides: int
    exposed: int


def suppress(
    con: duckdb.DuckDBPyConnection,
    contracts: Contracts,
    release: str,
    earlier: list[str],
    progress: Callable[[str], None],
) -> Suppression:
    """Make the temporary table `disclosure_hidden` of every cell (by its natural key) that must not be shown.

    `release` is the attached restricted release, `earlier` the attached open releases before. `progress` is told of
    each measure that has anything to hide.
    """
    lay_cells(con, contracts, release, earlier)
    lay_public(con, release, earlier)
    hidden: list[npt.NDArray[np.int64]] = []
    small, exposed, before = 0, 0, ""
    for table in cell_tables(con):
        if table.measures != before:
            progress(f"protecting small counts of {table.measures}")
            before = table.measures
        chosen, primary, lost = _of_table(con, table)
        hidden.append(table.positions[chosen])
        small += int(primary.sum())
        exposed += int(lost.sum())
    positions = np.concatenate(hidden) if hidden else np.array([], dtype=np.int64)
    con.register("hidden_positions", {"position": positions})
    con.execute(
        f"""CREATE TEMP TABLE disclosure_hidden AS
            WITH chosen AS (
                SELECT position FROM hidden_positions
                UNION
                -- What compares groups tells of each.
                SELECT c.position
                FROM disclosure_cell AS c JOIN disclosure_comparison AS k USING (measure_code)
                JOIN disclosure_cell AS g ON g.measure_code = k.compared_code AND g.location_key = c.location_key
                    AND g.period_code = c.period_code AND g.service_line = c.service_line
                JOIN hidden_positions AS h ON g.position = h.position
            )
            SELECT c.return_code, c.measure_code, l.location_code, l.location_level, c.period_code,
                   c.population_group_code, c.service_line
            FROM disclosure_cell AS c JOIN chosen USING (position)
            JOIN {release}.marts.dim_location AS l USING (location_key)"""
    )
    con.unregister("hidden_positions")
    count = con.execute("SELECT count(*) FROM disclosure_hidden").fetchall()[0][0]
    return Suppression(small, int(count) - small, exposed)


def lay_public(con: duckdb.DuckDBPyConnection, release: str, earlier: list[str]) -> None:
    """Make `disclosure_public`: what open releases before said of a version of a cell."""
    con.execute(
        """CREATE TEMP TABLE disclosure_public (position BIGINT, known_from TIMESTAMP,
           shown_numerator BOOLEAN, shown_denominator BOOLEAN, shown_value BOOLEAN)"""
    )
    for name in earlier:
        con.execute(
            f"""INSERT INTO disclosure_public
                SELECT v.position, v.known_from, coalesce(bool_or(e.numerator = o.numerator), false),
                       coalesce(bool_or(e.denominator = o.denominator), false),
                       coalesce(bool_or(e.value = o.value), false)
                FROM disclosure_version AS v
                JOIN {release}.marts.fct_observation AS o
                    ON v.observation_key = o.observation_key AND v.known_from = o.known_from
                JOIN {name}.marts.fct_observation AS e ON o.observation_key = e.observation_key
                GROUP BY ALL"""
        )


def public_before(con: duckdb.DuckDBPyConnection, table: CellTable, state: State) -> dict[str, Mask]:
    """Which figures of a state open releases showed before: n truth values each."""
    found = con.execute(
        """SELECT position, bool_or(shown_numerator) AS numerator,
                  bool_or(shown_denominator) AS denominator, bool_or(shown_value) AS value
           FROM disclosure_public JOIN disclosure_version USING (position, known_from)
           WHERE component = ? AND period_code = ?
               AND known_from <= ?::TIMESTAMP AND known_to > ?::TIMESTAMP
           GROUP BY position""",
        [table.measures, table.period_code, str(state.known_from), str(state.known_from)],
    ).fetchnumpy()
    shown = {name: table.mask(found["position"], found[name]) for name in ("numerator", "denominator", "value")}
    # Of numerator, denominator and the share that they make, two tell the third.
    told = (shown["numerator"].astype(int) + shown["denominator"] + shown["value"]) >= 2
    both = {"numerator": shown["numerator"] | told, "denominator": shown["denominator"] | told}
    return both | {"left_out": told, "value": shown["value"]}


def _of_table(con: duckdb.DuckDBPyConnection, table: CellTable) -> tuple[Mask, Mask, Mask]:
    """Of the n cells of a table: which are hidden, which of them for being small, and which cannot be protected."""
    hidden = table.was_hidden.copy()
    primaries: list[dict[str, Mask]] = []
    public: list[dict[str, Mask]] = []
    for state in table.states:
        public.append(public_before(con, table, state))
        primary = {figure: state.small[figure] | _dominated(table, state, figure) for figure in FIGURES}
        primaries.append(primary)
        hidden |= np.logical_or.reduce(list(primary.values()))
    small = hidden = _spread(table, hidden)
    exposed = np.zeros_like(hidden)
    for state, primary, shown in zip(table.states, primaries, public, strict=True):
        for figure in FIGURES:
            additive, cells = table.additive(state, figure)
            asked = primary[figure][cells]
            if not asked.any():
                continue
            choice = choose(
                additive, asked, hidden=hidden[cells], public=shown[figure][cells], shows_zeros=table.shows_zeros
            )
            more = hidden.copy()
            more[cells] |= choice.suppressed
            hidden = _spread(table, more)
            exposed[cells] |= choice.exposed
    return hidden, small, exposed


def _spread(table: CellTable, hidden: Mask) -> Mask:
    """`hidden` and whatever falls together with it."""
    fallen = np.zeros(table.together.max(initial=0) + 1, dtype=bool)
    fallen[table.together[hidden]] = True
    return np.asarray(fallen[table.together])


def _dominated(table: CellTable, state: State, figure: str) -> Mask:
    """Totals that say nearly what a small part of them is: it makes more than `dominance` of them."""
    dominated = np.zeros(len(table.positions), dtype=bool)
    if table.dominance is None:
        return dominated
    counts = state.figures[figure]
    _, total, part = table.sums
    with np.errstate(invalid="ignore"):
        nearly_all = state.small[figure][part] & (counts[part] > table.dominance * counts[total])
    dominated[total[nearly_all]] = True
    return dominated
