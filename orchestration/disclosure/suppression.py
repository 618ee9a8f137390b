"""Cells of a release to suppress in the open tier.

Contains the steps from the rules of the contracts and the figures of the restricted release to the list of suppressed
cells. Not here: the choice within one table (`protection`), removing the cells from a build
(`orchestration.warehouse.publishing.suppressed_inputs`), and the disclosure audit (`audit`).

A cell that is suppressed at one knowledge time is suppressed at all, and a cell that an open release suppressed stays
suppressed: otherwise one version or release would disclose what another suppresses.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from orchestration.contracts.load import Contracts
from orchestration.disclosure.attack import Mask
from orchestration.disclosure.figures import FIGURES, CellTable, State, cell_tables, create_cell_tables
from orchestration.disclosure.protection import choose


@dataclass(frozen=True)
class Suppression:
    """Counts of suppressed cells: primary (`small`), secondary (`besides`), and primary cells that an earlier open
    release already discloses (`exposed`)."""

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
    """Create the temporary table `disclosure_hidden` of all cells to suppress, by natural key.

    `release` is the name of the attached restricted release, `earlier` those of the attached earlier open releases.
    `progress` is called with a message for each measure that has cells to suppress.
    """
    create_cell_tables(con, contracts, release, earlier)
    create_public_table(con, release, earlier)
    hidden: list[npt.NDArray[np.int64]] = []
    small, exposed, previous = 0, 0, ""
    for table in cell_tables(con):
        if table.measures != previous:
            progress(f"suppressing small counts of {table.measures}")
            previous = table.measures
        suppressed, primary, unprotected = _suppress_table(con, table)
        hidden.append(table.positions[suppressed])
        small += int(primary.sum())
        exposed += int(unprotected.sum())
    positions = np.concatenate(hidden) if hidden else np.array([], dtype=np.int64)
    con.register("hidden_positions", {"position": positions})
    con.execute(
        f"""CREATE TEMP TABLE disclosure_hidden AS
            WITH chosen AS (
                SELECT position FROM hidden_positions
                UNION
                -- A comparison of groups discloses each group.
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


def create_public_table(con: duckdb.DuckDBPyConnection, release: str, earlier: list[str]) -> None:
    """Create `disclosure_public`: which figures of each version of a cell earlier open releases published."""
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


def public_figures(con: duckdb.DuckDBPyConnection, table: CellTable, state: State) -> dict[str, Mask]:
    """Return a mask for each kind of figure: the cells of a state for which earlier open releases disclose it."""
    rows = con.execute(
        """SELECT position, bool_or(shown_numerator) AS numerator,
                  bool_or(shown_denominator) AS denominator, bool_or(shown_value) AS value
           FROM disclosure_public JOIN disclosure_version USING (position, known_from)
           WHERE component = ? AND period_code = ?
               AND known_from <= ?::TIMESTAMP AND known_to > ?::TIMESTAMP
           GROUP BY position""",
        [table.measures, table.period_code, str(state.known_from), str(state.known_from)],
    ).fetchnumpy()
    shown = {name: table.mask(rows["position"], rows[name]) for name in ("numerator", "denominator", "value")}
    # Any two of numerator, denominator and ratio disclose the third.
    derivable = (shown["numerator"].astype(int) + shown["denominator"] + shown["value"]) >= 2
    both = {"numerator": shown["numerator"] | derivable, "denominator": shown["denominator"] | derivable}
    return both | {"left_out": derivable, "value": shown["value"]}


def _suppress_table(con: duckdb.DuckDBPyConnection, table: CellTable) -> tuple[Mask, Mask, Mask]:
    """Return masks of the suppressed, the primary and the unprotected cells of a table."""
    hidden = table.was_hidden.copy()
    primaries: list[dict[str, Mask]] = []
    public: list[dict[str, Mask]] = []
    for state in table.states:
        public.append(public_figures(con, table, state))
        primary = {figure: state.small[figure] | _dominated(table, state, figure) for figure in FIGURES}
        primaries.append(primary)
        hidden |= np.logical_or.reduce(list(primary.values()))
    small = hidden = _with_linked(table, hidden)
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
            hidden = _with_linked(table, more)
            exposed[cells] |= choice.exposed
    return hidden, small, exposed


def _with_linked(table: CellTable, hidden: Mask) -> Mask:
    """Return `hidden` extended by all cells that are linked to one of its cells."""
    is_linked = np.zeros(table.together.max(initial=0) + 1, dtype=bool)
    is_linked[table.together[hidden]] = True
    return np.asarray(is_linked[table.together])


def _dominated(table: CellTable, state: State, figure: str) -> Mask:
    """Return a mask of the totals of which one small part is more than the share `dominance`."""
    dominated = np.zeros(len(table.positions), dtype=bool)
    if table.dominance is None:
        return dominated
    counts = state.figures[figure]
    _, total, part = table.sums
    with np.errstate(invalid="ignore"):
        is_dominant = state.small[figure][part] & (counts[part] > table.dominance * counts[total])
    dominated[total[is_dominant]] = True
    return dominated
