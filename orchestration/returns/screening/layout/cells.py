"""The cells of a return: one row per measure and row of the file, figures still text.

Contains matching rows to cell rules, choosing measures by label or by wide header, and counting every cell. Not
here: turning text into numbers (`content`).
"""

import re
from dataclasses import dataclass
from dataclasses import field as attribute

import duckdb

from orchestration.contracts.model import CellRule, Layout
from orchestration.foundation.sql import literal, literals, sent_column, values
from orchestration.returns.rules import Problem
from orchestration.returns.screening.layout.labels import clean, plain, squeezed, taken
from orchestration.returns.screening.layout.matching import Fit, wide_columns

FIGURES = ("numerator", "denominator", "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8")
TEXTS = (*FIGURES, "status")

Hits = list[tuple[int, re.Match[str]]]


@dataclass
class Unfolded:
    """What the cells of a file have: the distinct fixed categories (`sets`), the figures, the numbers of the cell rules
    whose value is calculated from numerator and denominator (`computed`), and the count of cells, of which `filtered`
    are in rows that the contract leaves out."""

    sets: list[dict[str, str]] = attribute(default_factory=list)
    figures: list[str] = attribute(default_factory=list)
    computed: list[int] = attribute(default_factory=list)
    cells: int = 0
    filtered: int = 0


def missing_wide_columns(fit: Fit) -> list[Problem]:
    """Return a problem for each item of a wide layout that no header matches."""
    wide = wide_columns(fit.layout, fit.headers, fit.match)
    problems = []
    for number, rule in enumerate(fit.layout.cells):
        if rule.columns is None:
            continue
        found = {plain(hit["item"]) for _, hit in wide.get(number, [])} if rule.items else set()
        problems += [
            Problem("columns.missing", f"no header for '{item}' matches the pattern {rule.columns}", column=item)
            for item in rule.items
            if plain(item) not in found
        ]
    if not wide and all(rule.columns is not None for rule in fit.layout.cells) and not problems:
        patterns = " or ".join(rule.columns or "" for rule in fit.layout.cells)
        problems.append(
            Problem("columns.missing", f"no header of a column with figures matches the pattern {patterns}")
        )
    return problems


def make_lines(con: duckdb.DuckDBPyConnection, fit: Fit) -> None:
    """Create `lines`, and the number of each label's service line: `line_of` for the column of service lines,
    `wide_of` for wide headers."""
    column, described_by = fit.layout.service_line.column, fit.layout.service_line.described_by
    sent = _service_line(fit.layout, sent_column(column)) if column else "'Total'"
    if described_by:
        sent = f"concat_ws(' ', {sent}, {squeezed(sent_column(described_by))})"
    con.execute(f"CREATE TABLE line_texts AS SELECT line_key, {sent} AS service_line FROM line_keys")
    con.execute(
        """CREATE TABLE wide_texts (cell_rule INTEGER, column_no INTEGER, measure_code VARCHAR, label VARCHAR,
           service_line VARCHAR)"""
    )
    rows = []
    for number, hits in wide_columns(fit.layout, fit.headers, fit.match).items():
        rule = fit.layout.cells[number]
        items = {plain(item): code for item, code in rule.items.items()}
        for position, hit in hits:
            groups = hit.groupdict()
            code = items[plain(groups["item"])] if items else rule.measure
            rows.append([number, position, code, groups.get("service_line")])
    if rows:
        con.execute(
            f"""INSERT INTO wide_texts
            SELECT cell_rule, column_no, measure_code, label, {_service_line(fit.layout, "label")}
            FROM (SELECT * REPLACE (CAST(label AS VARCHAR) AS label)
                  FROM (VALUES {values(rows)}) AS t(cell_rule, column_no, measure_code, label))"""
        )
    con.execute(
        """CREATE TABLE lines AS
        SELECT CAST(row_number() OVER (ORDER BY service_line) - 1 AS INTEGER) AS line_no, service_line
        FROM (SELECT service_line FROM line_texts UNION SELECT service_line FROM wide_texts)"""
    )
    con.execute("CREATE TABLE line_of AS SELECT line_key, line_no FROM line_texts JOIN lines USING (service_line)")
    con.execute(
        """CREATE TABLE wide_of AS
        SELECT w.cell_rule, w.column_no, m.measure_no, CASE WHEN w.label IS NOT NULL THEN l.line_no END AS line_no
        FROM wide_texts AS w JOIN lines AS l USING (service_line) JOIN measures AS m USING (measure_code)"""
    )


def _service_line(layout: Layout, text: str) -> str:
    """Return SQL for the service line of a label: `Total` if the label is one for the total, or blank."""
    line, label = layout.service_line, squeezed(text)
    cases = [f"WHEN lower({label}) = {literal(plain(alias))} THEN {literal(to)}" for alias, to in line.aliases.items()]
    if totals := [plain(total) for total in line.total if plain(total)]:
        cases.insert(0, f"WHEN lower({label}) IN ({literals(totals)}) THEN 'Total'")
    known = f"CASE {' '.join(cases)} ELSE {label} END" if cases else label
    return f"coalesce(nullif({known}, ''), 'Total')"


def make_cells(con: duckdb.DuckDBPyConnection, fit: Fit) -> Unfolded:
    """Create `takes` and `cells`, one row per cell of `sent` that is not filtered out.

    `tables` describes their columns. `group_no` is group_key × the number of sets + the number of the rule's set.
    """
    layout, unfolded = fit.layout, Unfolded()
    for rule in layout.cells:
        if rule.sets not in unfolded.sets:
            unfolded.sets.append(rule.sets)
    live = [rule for rule in layout.cells if has_figures(fit, rule)]
    unfolded.computed = [
        number
        for number, rule in enumerate(layout.cells)
        if rule.columns is None and rule.numerator and rule.denominator and rule.value not in fit.match.positions
    ]
    used = {role for rule in live for role in (rule.figures() if rule.columns is None else ("value",))}
    unfolded.figures = [figure for figure in FIGURES if figure in used]
    con.execute("CREATE TABLE takes (cell_rule INTEGER, label_key INTEGER, measure_no INTEGER)")
    parts = []
    for number, rule in enumerate(layout.cells):
        _take(con, number, rule)
        group = f"sent.group_key * {len(unfolded.sets)} + {unfolded.sets.index(rule.sets)} AS group_no"
        if rule.columns:
            parts.append(_wide_part(con, fit, number, group))
        elif has_figures(fit, rule):
            parts.append(_column_part(fit, number, rule, group))
    con.execute(f"CREATE TABLE cells AS {' UNION ALL BY NAME '.join(part for part in parts if part)}")
    unfolded.cells, unfolded.filtered = _count(con, fit)
    return unfolded


def has_figures(fit: Fit, rule: CellRule) -> bool:
    """Return whether the file has the value or numerator of a cell rule, or its denominator if the rule names no other
    figure. A measure that only another vintage of the return has is not a missing value."""
    figures = rule.figures()
    decisive = [role for role in ("value", "numerator") if role in figures] or ["denominator"]
    return rule.columns is not None or any(figures[role] in fit.match.positions for role in decisive)


def _take(con: duckdb.DuckDBPyConnection, number: int, rule: CellRule) -> None:
    """Record the labels that a cell rule applies to, with their measures (null if headers name the measures)."""
    measure, join = "NULL", ""
    if rule.measure_from is not None:
        measure = "m.measure_no"
        label = squeezed(sent_column(rule.measure_from.column))
        join = f"""LEFT JOIN measure_labels AS l ON l.cell_rule = {number} AND l.label = {label}
                   LEFT JOIN measures AS m ON m.measure_code = l.measure_code"""
    elif rule.columns is None:
        measure = f"(SELECT measure_no FROM measures WHERE measure_code = {literal(rule.measure)})"
    con.execute(
        f"""INSERT INTO takes
        SELECT {number}, k.label_key, {measure} FROM label_keys AS k {join} WHERE {taken(rule)}"""
    )


def _common(fit: Fit, number: int, group: str) -> str:
    """Return SQL for the columns that every cell has."""
    note = fit.match.positions.get(fit.layout.note) if fit.layout.note else None
    return f"""CAST({number} AS INTEGER) AS cell_rule, sent.source_row, sent.place_key, {group}, sent.period_key,
               {clean(f"sent.c{note}") if note is not None else "CAST(NULL AS VARCHAR)"} AS note_text"""


def shown_position(fit: Fit, rule: CellRule) -> int | None:
    """Return the position of the column to report for a cell: its value, otherwise its numerator or denominator."""
    figures = rule.figures()
    positions = [fit.match.positions.get(figures.get(role, "")) for role in ("value", "numerator", "denominator")]
    return next((position for position in positions if position is not None), None)


def _column_part(fit: Fit, number: int, rule: CellRule, group: str) -> str:
    """Return SQL for cells whose figures have columns of their own."""
    positions = {role: fit.match.positions.get(column) for role, column in rule.figures().items()}
    texts = "".join(f", sent.c{p} AS {role}_text" for role, p in positions.items() if p is not None)
    empty = "".join(f", CAST(NULL AS VARCHAR) AS {role}_text" for role, p in positions.items() if p is None)
    shown = shown_position(fit, rule)
    column_no = "sent.unfolded_from" if fit.unfolded and shown == len(fit.headers) + 1 else literal(shown)
    return f"""
        SELECT {_common(fit, number, group)}, line_of.line_no, takes.measure_no,
               CAST({column_no} AS INTEGER) AS column_no{texts}{empty}
        FROM sent JOIN takes ON takes.label_key = sent.label_key AND takes.cell_rule = {number}
        JOIN line_of USING (line_key) WHERE NOT sent.filtered"""


def _wide_part(con: duckdb.DuckDBPyConnection, fit: Fit, number: int, group: str) -> str:
    """Return SQL for the cells of a wide file: one per row and column that matches the pattern."""
    hits = wide_columns(fit.layout, fit.headers, fit.match).get(number)
    if not hits:
        return ""
    columns = ", ".join(f"c{position}" for position, _ in hits)
    names = ", ".join(f"('c{position}', {position})" for position, _ in hits)
    con.execute(f"CREATE TABLE wide_{number} AS SELECT * FROM (VALUES {names}) AS t(place, column_no)")
    return f"""
        SELECT {_common(fit, number, group)}, coalesce(w.line_no, line_of.line_no) AS line_no, w.measure_no,
               w.column_no, sent.figure AS value_text
        FROM (FROM (SELECT s.* FROM sent AS s JOIN takes AS t ON t.label_key = s.label_key AND t.cell_rule = {number}
                    WHERE NOT s.filtered)
              UNPIVOT INCLUDE NULLS (figure FOR place IN ({columns}))) AS sent
        JOIN wide_{number} USING (place)
        JOIN wide_of AS w ON w.cell_rule = {number} AND w.column_no = wide_{number}.column_no
        JOIN line_of USING (line_key)"""


def _count(con: duckdb.DuckDBPyConnection, fit: Fit) -> tuple[int, int]:
    """Count all cells of the file, and those in filtered rows, before any join. A row without a cell rule counts as one
    cell, so that the totals account for it."""
    wide = wide_columns(fit.layout, fit.headers, fit.match)
    widths = ", ".join(
        f"({number}, {int(has_figures(fit, rule)) if rule.columns is None else len(wide.get(number, []))})"
        for number, rule in enumerate(fit.layout.cells)
    )
    row = con.execute(
        f"""SELECT coalesce(sum(rows * coalesce(width, 1)), 0),
                   coalesce(sum(rows * coalesce(width, 1)) FILTER (WHERE filtered), 0)
        FROM (SELECT label_key, filtered, count(*) AS rows FROM sent GROUP BY ALL)
        LEFT JOIN (SELECT label_key, sum(w.width) AS width
                   FROM takes JOIN (VALUES {widths}) AS w(cell_rule, width) USING (cell_rule) GROUP BY label_key)
        USING (label_key)"""
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
