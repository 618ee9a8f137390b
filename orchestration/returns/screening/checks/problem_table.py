"""The table `problems`, and how queries become rows of it.

Contains recording problems, the cap on long lists and the length of quoted text. Not here: the searches
(`content_checks`, `consistency`), or the catalogue of rules (`orchestration.returns.rules`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from orchestration.foundation.sql import literal, values
from orchestration.returns.rules import CAP, RULES, Problem
from orchestration.returns.screening.layout.matching import Fit

_LONGEST_VALUE = 200
_LONGEST_MESSAGE = 500


def make_problems(con: duckdb.DuckDBPyConnection) -> None:
    """Create the empty table `problems`."""
    con.execute(
        """CREATE TABLE problems (stage VARCHAR, rule VARCHAR, severity VARCHAR, source_row BIGINT,
           column_name VARCHAR, value VARCHAR, occurrence_count BIGINT, message VARCHAR, remedy VARCHAR)"""
    )


def add(con: duckdb.DuckDBPyConnection, problems: Sequence[Problem]) -> None:
    """Insert problems that were found outside SQL."""
    if problems:
        con.execute(f"INSERT INTO problems VALUES {values(map(_row, problems))}")


def _row(problem: Problem) -> list[object]:
    rule, value = RULES[problem.rule], problem.value
    return [
        rule.stage, rule.code, problem.graded, problem.source_row, problem.column,
        None if value is None else value[:_LONGEST_VALUE], problem.count, problem.message[:_LONGEST_MESSAGE],
        rule.remedy,
    ]  # fmt: skip


@dataclass(frozen=True)
class Search:
    """A query for problems of one rule: source_row, column_name, value, occurrence_count, message.

    It runs only if `only_if` (`FROM … WHERE …`) has a row: planning a search takes longer than that check.
    """

    rule: str
    query: str
    severity: str | None = None
    only_if: str = ""

    def numbered(self, number: int) -> str:
        """Return the query with the stage, severity and remedy of its rule, and the number of the search."""
        rule = RULES[self.rule]
        return f"""
            SELECT {number} AS search, {literal(rule.stage)} AS stage, {literal(rule.code)} AS rule,
                   {literal(self.severity or rule.severity)} AS severity, {literal(rule.remedy)} AS remedy,
                   CAST(source_row AS BIGINT) AS source_row, CAST(column_name AS VARCHAR) AS column_name,
                   left(CAST(value AS VARCHAR), {_LONGEST_VALUE}) AS value,
                   CAST(occurrence_count AS BIGINT) AS occurrence_count, left(message, {_LONGEST_MESSAGE}) AS message
            FROM ({self.query})"""


def record(con: duckdb.DuckDBPyConnection, searches: Sequence[Search]) -> None:
    """Add what the searches find to `problems`, in one query; what a search finds beyond CAP becomes one line."""
    conditions = {search.only_if for search in searches}
    hopeful = {c for c in conditions if not c or con.execute(f"SELECT 1 {c} LIMIT 1").fetchone()}
    numbered = [search.numbered(number) for number, search in enumerate(searches) if search.only_if in hopeful]
    if not numbered:
        return
    con.execute(
        f"""INSERT INTO problems
        WITH found AS MATERIALIZED (
            SELECT *, row_number() OVER (PARTITION BY search ORDER BY source_row, column_name, value, message) AS nth
            FROM ({" UNION ALL ".join(numbered)})
        )
        SELECT stage, rule, severity, source_row, column_name, value, occurrence_count, message, remedy
        FROM (SELECT * FROM found WHERE nth <= {CAP}
              UNION ALL BY NAME
              SELECT search, stage, rule, severity, remedy, sum(occurrence_count) AS occurrence_count,
                     'and ' || sum(occurrence_count) || ' more of the same' AS message, {CAP + 1} AS nth
              FROM found WHERE nth > {CAP} GROUP BY ALL)
        ORDER BY search, nth"""
    )


def of_figures(table: str, alias: str, figure: str, message: str, condition: str) -> str:
    """Return a query for the figures of `table` that meet `condition`; SQL may use `alias`, and `m` for the measure."""
    return f"""SELECT {alias}.source_row, h.header AS column_name, CAST({alias}.{figure} AS VARCHAR) AS value,
                      1 AS occurrence_count, {message} AS message
               FROM {table} AS {alias} JOIN measures AS m USING (measure_no) LEFT JOIN headers AS h USING (column_no)
               WHERE {condition}"""


def make_headers(con: duckdb.DuckDBPyConnection, fit: Fit) -> None:
    """Create `headers`: the columns as they were sent, by position."""
    headers = values(enumerate(fit.shown_headers()))
    con.execute(f"CREATE TABLE headers AS SELECT * FROM (VALUES {headers}) AS t(column_no, header)")


def header_of(fit: Fit, column: str | None) -> str:
    """Return, as a SQL literal, the header that the file uses for a column of the contract."""
    position = fit.match.positions.get(column) if column else None
    return literal(fit.shown_headers()[position] if position is not None else column)
