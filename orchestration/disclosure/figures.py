"""The counts of people in a release as additive tables.

Contains the choice of figures that disclosure rules apply to, and one table for each component of measures, period and
knowledge time. Not here: additive relationships (`additive_relations`), the cells to suppress (`suppression`), and the
disclosure audit (`audit`).

Measures are in one component if they count the same people, in one return or in several, if they add up, or if one
compares the population groups of the other.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]

from orchestration.contracts.load import Contracts
from orchestration.disclosure.additive_relations import create_additive_relations
from orchestration.disclosure.tables import AdditiveTable
from orchestration.foundation.sql import values

FIGURES = ("numerator", "denominator", "left_out", "value")
"""Figures that may count people: numerator, denominator, denominator minus numerator, and the value of a count."""

NEAR_ENOUGH = 0.1
"""A total is the sum of its parts if they differ by at most this share of the total, or by a small number."""

_COUNTED = {
    "count": ("value", "numerator"),
    "proportion": ("numerator", "denominator"),
    "rate": ("numerator", "denominator"),
    "ratio": ("numerator", "denominator"),
    "mean": ("denominator",),
}


@dataclass(frozen=True)
class State:
    """One table at one knowledge time.

    For each name in FIGURES, `figures` has n values, NaN for cells without that figure or where it does not count
    people, and `small` is a mask of those that are too small to be published.
    """

    known_from: np.datetime64
    figures: dict[str, npt.NDArray[np.float64]]
    small: dict[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class CellTable:
    """The cells of one component of measures, for one period, at every knowledge time.

    - `measures`: the first measure of the component, by code.
    - `positions`: the n numbers of its cells in `disclosure_cell`, ascending.
    - `together`: a number for each cell, the same for linked cells, which are suppressed together.
    - `was_hidden`: a mask of the cells that an earlier open release suppressed.
    - `sums`: three arrays of equal length: number of the sum, total and part, the last two as indices of `positions`.
    """

    measures: str
    period_code: str
    positions: npt.NDArray[np.int64]
    together: npt.NDArray[np.int64]
    was_hidden: npt.NDArray[np.bool_]
    sums: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]
    shows_zeros: bool
    threshold: float
    dominance: float | None
    states: tuple[State, ...]

    def mask(self, positions: npt.NDArray[np.generic], truth: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
        """Return a mask of the n cells from the truth values of those at `positions`; other cells are false."""
        result = np.zeros(len(self.positions), dtype=bool)
        result[np.searchsorted(self.positions, positions)] = np.asarray(truth, dtype=bool)
        return result

    def additive(self, state: State, figure: str) -> tuple[AdditiveTable, npt.NDArray[np.int64]]:
        """Return the additive table of one figure, and the indices of the cells that have this figure."""
        counts = state.figures[figure]
        has_figure = ~np.isnan(counts)
        cells = np.flatnonzero(has_figure)
        number = np.cumsum(has_figure) - 1
        sums, total, part = self.sums
        kept = has_figure[total] & has_figure[part]
        sums, total, part = sums[kept], number[total[kept]], number[part[kept]]
        known = counts[cells]
        if len(sums) == 0:
            return AdditiveTable(known, sparse.csr_array((0, len(cells))), adds_up=False), cells
        _, first, row = np.unique(sums, return_index=True, return_inverse=True)
        sum_of_parts = np.bincount(row, weights=known[part])
        totals = known[total[first]]
        difference = np.abs(totals - sum_of_parts)
        is_additive = difference <= np.maximum(NEAR_ENOUGH * totals, 2 * self.threshold)
        rows = len(first)
        matrix = sparse.csr_array(
            (
                np.concatenate([np.ones(rows), -np.ones(len(part))]),
                (np.concatenate([np.arange(rows), row]), np.concatenate([total[first], part])),
            ),
            shape=(rows, len(cells)),
        )
        return AdditiveTable(known, matrix[np.flatnonzero(is_additive)], adds_up=False), cells


def create_cell_tables(con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str, earlier: list[str]) -> None:
    """Create the temporary tables that `cell_tables` reads, from the database attached as `release`.

    `earlier` names the attached earlier open releases. `disclosure_cell` has one row per cell of a measure with a rule:
    its `position` and its natural key. `disclosure_version` has one row per version of a cell, with the figures that
    count people and whether each is small.
    """
    con.execute(f"CREATE TEMP TABLE disclosure_rule ({_RULE})")
    rows = _rules(con, contracts, release)
    if rows:
        con.execute(f"INSERT INTO disclosure_rule VALUES {values(rows)}")
    _create_hidden_before(con, release, earlier)
    con.execute(
        f"""
        CREATE TEMP TABLE disclosure_version AS
        WITH counted AS (
            SELECT o.observation_key, o.return_code, o.measure_code, r.component, o.location_key, o.period_code,
                   o.population_group_code, o.service_line, o.known_from, o.known_to, r.together, r.threshold,
                   r.shows_zeros, r.minimum_denominator, r.value_type,
                   CASE WHEN r.counts_numerator AND o.numerator >= 0 THEN o.numerator END AS numerator,
                   CASE WHEN r.counts_denominator AND o.denominator >= 0 THEN o.denominator END AS denominator,
                   CASE WHEN r.counts_value AND o.value >= 0 THEN o.value END AS value
            FROM {release}.marts.fct_observation AS o JOIN disclosure_rule AS r USING (return_code, measure_code)
        ),
        sides AS (
            SELECT *, CASE WHEN value_type = 'proportion' AND denominator >= numerator
                           THEN denominator - numerator END AS left_out
            FROM counted
        ),
        classified AS (
            SELECT *,
                   {_small("numerator")} AS small_numerator,
                   {_small("denominator")} OR coalesce(denominator < minimum_denominator, false) AS small_denominator,
                   {_small("left_out")} AS small_left_out,
                   {_small("value")} AS small_value
            FROM sides
        ),
        -- A table without a small cell needs no suppression, unless some of its cells were suppressed before.
        concerned AS (
            SELECT * EXCLUDE (threshold, minimum_denominator, value_type) FROM classified
            QUALIFY bool_or(small_numerator OR small_denominator OR small_left_out OR small_value
                            OR observation_key IN (FROM disclosure_hidden_before))
                OVER (PARTITION BY component, period_code)
        )
        SELECT dense_rank() OVER (ORDER BY observation_key) - 1 AS position, * FROM concerned
        """
    )
    con.execute(
        """CREATE TEMP TABLE disclosure_cell AS
           SELECT DISTINCT position, observation_key, return_code, component, measure_code, location_key, period_code,
                  population_group_code, service_line
           FROM disclosure_version"""
    )
    create_additive_relations(con, contracts, release)


def cell_tables(con: duckdb.DuckDBPyConnection) -> Iterator[CellTable]:
    """Yield every table with a cell that is small or was suppressed before, ordered by component and period."""
    tables = con.execute(
        """SELECT v.component, v.period_code, bool_and(r.shows_zeros), max(r.threshold), min(r.dominance)
           FROM (SELECT DISTINCT component, period_code FROM disclosure_cell) AS v
           JOIN disclosure_rule AS r USING (component)
           GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    for component, period, shows_zeros, threshold, dominance in tables:
        key = [component, period]
        rows = con.execute(
            """SELECT position, hash(location_key, population_group_code, service_line, together)::UBIGINT AS together,
                      observation_key IN (FROM disclosure_hidden_before) AS was_hidden,
                      known_from, known_to, numerator, denominator, left_out, value,
                      small_numerator, small_denominator, small_left_out, small_value
               FROM disclosure_version
               WHERE component = ? AND period_code = ? ORDER BY position""",
            key,
        ).fetchnumpy()
        positions, index, inverse = np.unique(np.asarray(rows["position"]), return_index=True, return_inverse=True)
        _, together = np.unique(np.asarray(rows["together"])[index], return_inverse=True)
        sums = con.execute(
            """SELECT sum_number, total, part FROM disclosure_sum
               WHERE component = ? AND period_code = ? ORDER BY ALL""",
            key,
        ).fetchnumpy()
        total, part = (np.searchsorted(positions, np.asarray(sums[name])) for name in ("total", "part"))
        yield CellTable(
            component, period, positions, together, np.asarray(rows["was_hidden"], dtype=bool)[index],
            (np.asarray(sums["sum_number"], dtype=np.int64), total, part),
            bool(shows_zeros), float(threshold or 0), dominance,
            tuple(_states(rows, inverse, len(positions))),
        )  # fmt: skip


def _create_hidden_before(con: duckdb.DuckDBPyConnection, release: str, earlier: list[str]) -> None:
    """Create `disclosure_hidden_before`: the observations that an earlier open release suppressed.

    These have figures in `release` and none in the open release, although the department had sent figures by then.
    """
    con.execute(
        f"""CREATE TEMP TABLE disclosure_hidden_before AS
            SELECT observation_key FROM {release}.marts.fct_observation LIMIT 0"""
    )

    def is_empty(row: str) -> str:
        return f"coalesce({row}.numerator, {row}.denominator, {row}.value) IS NULL"

    for name in earlier:
        con.execute(
            f"""INSERT INTO disclosure_hidden_before
                SELECT DISTINCT e.observation_key
                FROM {name}.marts.fct_observation AS e
                JOIN {release}.marts.fct_observation AS o ON e.observation_key = o.observation_key
                    AND e.known_from <= o.known_from AND o.known_from < e.known_to
                LEFT JOIN {release}.marts.fct_observation AS t ON e.observation_key = t.observation_key
                    AND t.known_from <= e.known_from AND e.known_from < t.known_to AND {is_empty("t")}
                WHERE {is_empty("e")} AND NOT {is_empty("o")} AND t.observation_key IS NULL"""
        )


def _states(rows: dict[str, npt.NDArray[np.generic]], inverse: npt.NDArray[np.int64], cells: int) -> Iterator[State]:
    """Yield the state of the table at each time at which a version of a cell became known."""
    begins, ends = np.asarray(rows["known_from"]), np.asarray(rows["known_to"])
    for moment in np.unique(begins):
        current = (begins <= moment) & (moment < ends)
        where = inverse[current]
        figures, small = {}, {}
        for name in FIGURES:
            figures[name] = np.full(cells, np.nan)
            figures[name][where] = np.ma.filled(np.ma.asarray(rows[name], dtype=float), np.nan)[current]
            small[name] = np.zeros(cells, dtype=bool)
            small[name][where] = np.ma.filled(np.ma.asarray(rows[f"small_{name}"]), False)[current]
        yield State(moment, figures, small)


_RULE = """return_code VARCHAR, measure_code VARCHAR, component VARCHAR, together VARCHAR, value_type VARCHAR,
    threshold DOUBLE, shows_zeros BOOLEAN, minimum_denominator DOUBLE, dominance DOUBLE, counts_numerator BOOLEAN,
    counts_denominator BOOLEAN, counts_value BOOLEAN"""


def _small(figure: str) -> str:
    return (
        f"coalesce(({figure} > 0 AND {figure} < threshold) OR ({figure} = 0 AND NOT shows_zeros "
        "AND threshold IS NOT NULL), false)"
    )


def _rules(con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str) -> list[tuple[object, ...]]:
    """Return one row per measure of the open tier whose counts may be too small."""
    rows: list[tuple[object, ...]] = []
    linked = _clusters(_linked(contracts))
    components = _clusters([*_linked(contracts), *_related(contracts)])
    for return_code, measure, value_type in con.execute(
        f"""SELECT DISTINCT o.return_code, o.measure_code, m.value_type
            FROM {release}.marts.fct_observation AS o JOIN {release}.marts.dim_measure AS m USING (measure_code)
            ORDER BY ALL"""
    ).fetchall():
        contract = contracts.returns.get(return_code)
        if contract is None or not contract.disclosure.is_open(measure):
            continue
        rule = contract.disclosure.rule(measure)
        if not rule.hides:
            continue
        counted = rule.counted if rule.counted is not None else _COUNTED.get(value_type, ())
        rows.append(
            (return_code, measure, components.get(measure, measure), linked.get(measure, measure), value_type,
             rule.threshold, rule.shows_zeros, rule.minimum_denominator, rule.dominance,
             "numerator" in counted, "denominator" in counted, "value" in counted)
        )  # fmt: skip
    return rows


def _linked(contracts: Contracts) -> list[list[str]]:
    """Return lists of linked measures, which count the same people."""
    return [group for contract in contracts.returns.values() for group in contract.disclosure.falls_together]


def _related(contracts: Contracts) -> Iterator[list[str]]:
    """Yield lists of measures that add up, or of which one compares the population groups of the other."""
    for contract in contracts.returns.values():
        yield from ([c.total, *(p.lstrip("-") for p in c.parts)] for c in contract.controls if c.kind == "sum")
        yield from ([measure, compared] for measure, compared in contract.disclosure.compares_groups.items())


def _clusters(lists: Iterable[list[str]]) -> dict[str, str]:
    """Map each name to the first name of its cluster: all names connected to it through any chain of lists."""
    clusters: list[set[str]] = []
    for names in lists:
        touched = [cluster for cluster in clusters if not cluster.isdisjoint(names)]
        clusters = [cluster for cluster in clusters if cluster.isdisjoint(names)]
        clusters.append(set(names).union(*touched))
    return {name: min(cluster) for cluster in clusters for name in cluster}
