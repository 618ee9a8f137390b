"""The counts of people in a release as additive tables.

Belongs here: which figures a rule is about, and one table for each measure (or measures that hang together) and period
at each time of knowledge. Does not belong here: which cells add up to which (`sums`), which are then hidden
(`suppression`), or what an intruder makes of what is shown (`audit`).

Measures hang together that say the same people, in one return or in several, that add up, or of which one compares the
groups of another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
from scipy import sparse  # type: ignore[import-untyped]

from orchestration.contracts.load import Contracts
from orchestration.disclosure.additive_relations import lay_sums
from orchestration.disclosure.tables import AdditiveTable
from orchestration.foundation.sql import values

FIGURES = ("numerator", "denominator", "left_out", "value")
"""What may count people: the two sides of a share, those whom a proportion leaves out, and the value of a count."""

NEAR_ENOUGH = 0.1
"""A total and its parts are one sum if what is left over is at most this share of the total, or a small number."""

_COUNTED = {
    "count": ("value", "numerator"),
    "proportion": ("numerator", "denominator"),
    "rate": ("numerator", "denominator"),
    "ratio": ("numerator", "denominator"),
    "mean": ("denominator",),
}


@dataclass(frozen=True)
class State:
    """One table at one time of knowledge.

    `positions` are its n cells, ascending; `figures` has n values for each name in FIGURES, NaN where a cell has none
    or it counts nobody; `small` says of each which are too small to be shown.
    """

    known_from: np.datetime64
    figures: dict[str, npt.NDArray[np.float64]]
    small: dict[str, npt.NDArray[np.bool_]]


@dataclass(frozen=True)
class CellTable:
    """The cells of measures that hang together, for one period, at every time of knowledge.

    `measures` is the first of them, by name; `positions` are n numbers of cells in `disclosure_cell`; `together` gives
    cells that fall together the same number; `was_hidden` says which an open release before has hidden. `sums` are
    three arrays of one length: the number of the sum, the total (an index into `positions`) and a part.
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
        """Truth values of some cells, given by their positions, as n truth values; those of other cells are false."""
        found = np.zeros(len(self.positions), dtype=bool)
        found[np.searchsorted(self.positions, positions)] = np.asarray(truth, dtype=bool)
        return found

    def additive(self, state: State, figure: str) -> tuple[AdditiveTable, npt.NDArray[np.int64]]:
        """The table of one figure, and which of the n cells have that figure (indices, as many as its cells)."""
        counts = state.figures[figure]
        there = ~np.isnan(counts)
        cells = np.flatnonzero(there)
        number = np.cumsum(there) - 1
        sums, total, part = self.sums
        kept = there[total] & there[part]
        sums, total, part = sums[kept], number[total[kept]], number[part[kept]]
        held = counts[cells]
        if len(sums) == 0:
            return AdditiveTable(held, sparse.csr_array((0, len(cells))), adds_up=False), cells
        _, first, row = np.unique(sums, return_index=True, return_inverse=True)
        of_parts = np.bincount(row, weights=held[part])
        whole = held[total[first]]
        left_over = np.abs(whole - of_parts)
        binding = left_over <= np.maximum(NEAR_ENOUGH * whole, 2 * self.threshold)
        rows = len(first)
        matrix = sparse.csr_array(
            (
                np.concatenate([np.ones(rows), -np.ones(len(part))]),
                (np.concatenate([np.arange(rows), row]), np.concatenate([total[first], part])),
            ),
            shape=(rows, len(cells)),
        )
        return AdditiveTable(held, matrix[np.flatnonzero(binding)], adds_up=False), cells


def lay_cells(con: duckdb.DuckDBPyConnection, contracts: Contracts, release: str, earlier: list[str]) -> None:
    """Make the temporary tables that `cell_tables` reads, from the database attached as `release`.

    `earlier` are attached open releases before. `disclosure_cell` has one row per cell of a measure under a rule:
    `position` and what names the cell. `disclosure_version` has its versions with the figures that count people, and
    whether each is small.
    """
    con.execute(f"CREATE TEMP TABLE disclosure_rule ({_RULE})")
    rows = _rules(con, contracts, release)
    if rows:
        con.execute(f"INSERT INTO disclosure_rule VALUES {values(rows)}")
    _lay_hidden_before(con, release, earlier)
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
        judged AS (
            SELECT *,
                   {_small("numerator")} AS small_numerator,
                   {_small("denominator")} OR coalesce(denominator < minimum_denominator, false) AS small_denominator,
                   {_small("left_out")} AS small_left_out,
                   {_small("value")} AS small_value
            FROM sides
        ),
        -- A table without a small cell hides nothing, unless it did before.
        concerned AS (
            SELECT * EXCLUDE (threshold, minimum_denominator, value_type) FROM judged
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
    lay_sums(con, contracts, release)


def cell_tables(con: duckdb.DuckDBPyConnection) -> Iterator[CellTable]:
    """Every table with a cell that is small or was hidden before, in the order of measures and period."""
    tables = con.execute(
        """SELECT v.component, v.period_code, bool_and(r.shows_zeros), max(r.threshold), min(r.dominance)
           FROM (SELECT DISTINCT component, period_code FROM disclosure_cell) AS v
           JOIN disclosure_rule AS r USING (component)
           GROUP BY ALL ORDER BY ALL"""
    ).fetchall()
    for component, period, shows_zeros, threshold, dominance in tables:
        key = [component, period]
        found = con.execute(
            """SELECT position, hash(location_key, population_group_code, service_line, together)::UBIGINT AS together,
                      observation_key IN (FROM disclosure_hidden_before) AS was_hidden,
                      known_from, known_to, numerator, denominator, left_out, value,
                      small_numerator, small_denominator, small_left_out, small_value
               FROM disclosure_version
               WHERE component = ? AND period_code = ? ORDER BY position""",
            key,
        ).fetchnumpy()
        positions, index, inverse = np.unique(np.asarray(found["position"]), return_index=True, return_inverse=True)
        _, together = np.unique(np.asarray(found["together"])[index], return_inverse=True)
        sums = con.execute(
            """SELECT sum_number, total, part FROM disclosure_sum
               WHERE component = ? AND period_code = ? ORDER BY ALL""",
            key,
        ).fetchnumpy()
        total, part = (np.searchsorted(positions, np.asarray(sums[name])) for name in ("total", "part"))
        yield CellTable(
            component, period, positions, together, np.asarray(found["was_hidden"], dtype=bool)[index],
            (np.asarray(sums["sum_number"], dtype=np.int64), total, part),
            bool(shows_zeros), float(threshold or 0), dominance,
            tuple(_states(found, inverse, len(positions))),
        )  # fmt: skip


def _lay_hidden_before(con: duckdb.DuckDBPyConnection, release: str, earlier: list[str]) -> None:
    """Make `disclosure_hidden_before`: the observations that an open release before has hidden.

    It said nothing of what `release` knows, and not because the department had said nothing then.
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


def _states(found: dict[str, npt.NDArray[np.generic]], inverse: npt.NDArray[np.int64], cells: int) -> Iterator[State]:
    """What was known after each event of the table: the versions that stood then."""
    begins, ends = np.asarray(found["known_from"]), np.asarray(found["known_to"])
    for moment in np.unique(begins):
        standing = (begins <= moment) & (moment < ends)
        where = inverse[standing]
        figures, small = {}, {}
        for name in FIGURES:
            figures[name] = np.full(cells, np.nan)
            figures[name][where] = np.ma.filled(np.ma.asarray(found[name], dtype=float), np.nan)[standing]
            small[name] = np.zeros(cells, dtype=bool)
            small[name][where] = np.ma.filled(np.ma.asarray(found[f"small_{name}"]), False)[standing]
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
    """One row per measure of the open tier of which something may be too small."""
    rows: list[tuple[object, ...]] = []
    same, hanging = _clusters(_same_people(contracts)), _clusters([*_same_people(contracts), *_linked(contracts)])
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
            (return_code, measure, hanging.get(measure, measure), same.get(measure, measure), value_type,
             rule.threshold, rule.shows_zeros, rule.minimum_denominator, rule.dominance,
             "numerator" in counted, "denominator" in counted, "value" in counted)
        )  # fmt: skip
    return rows


def _same_people(contracts: Contracts) -> list[list[str]]:
    """Lists of measures that fall together."""
    return [group for contract in contracts.returns.values() for group in contract.disclosure.falls_together]


def _linked(contracts: Contracts) -> Iterator[list[str]]:
    """Lists of measures that tell of one another otherwise: by adding up, or by comparing the groups of another."""
    for contract in contracts.returns.values():
        yield from ([c.total, *(p.lstrip("-") for p in c.parts)] for c in contract.controls if c.kind == "sum")
        yield from ([measure, compared] for measure, compared in contract.disclosure.compares_groups.items())


def _clusters(lists: Iterable[list[str]]) -> dict[str, str]:
    """The first name of all that hang together with a name through any chain of lists."""
    clusters: list[set[str]] = []
    for names in lists:
        touched = [cluster for cluster in clusters if not cluster.isdisjoint(names)]
        clusters = [cluster for cluster in clusters if cluster.isdisjoint(names)]
        clusters.append(set(names).union(*touched))
    return {name: min(cluster) for cluster in clusters for name in cluster}
