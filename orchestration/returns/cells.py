"""The rows of a return unfolded into cells: one row per measure and row of the file, everything still text.

Belongs here: finding columns, filtering rows, choosing measures by label or by wide header. Does not belong
here: turning text into numbers, places, periods and groups (`content`).
"""

from dataclasses import dataclass, field

import duckdb

from orchestration.contracts.model import CellRule, Layout, ReturnContract, RowRules
from orchestration.returns.matching import Match, is_ignored, wide_columns
from orchestration.returns.reading import Sheet
from orchestration.returns.rules import Problem
from orchestration.sql import literal, literals, sent_column

FIGURES = ("numerator", "denominator", "value", "lower_95", "upper_95", "lower_99_8", "upper_99_8")


@dataclass
class Unfolded:
    """What unfolding found out: `sets` are the distinct fixed categories, by their number in `cells`."""

    sets: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    figures: set[str] = field(default_factory=set)


def plain_label(expression: str) -> str:
    """SQL under which two spellings of a label are equal: spaces and case do not count."""
    return f"lower(trim(regexp_replace({expression}, '\\s+', ' ', 'g')))"


def condition(when: dict[str, list[str]]) -> str:
    """SQL that is true for rows of `sent` where each column has one of its labels; never null."""
    tests = []
    for column, labels in when.items():
        wanted = [" ".join(label.split()).lower() for label in labels]
        filled = [label for label in wanted if label]
        test = f"coalesce({plain_label(sent_column(column))} IN ({literals(filled)}), false)" if filled else "false"
        if "" in wanted:
            test = f"({test} OR {sent_column(column)} IS NULL)"
        tests.append(test)
    return " AND ".join(tests) or "true"


def make_sent(con: duckdb.DuckDBPyConnection, layout: Layout, match: Match, sheet: Sheet) -> list[Problem]:
    """Make table `sent`: `source_row`, `filtered`, every contract column as trimmed text, and the rest as c<n>.

    Columns the file lacks are null. Rows without any content are no rows. Returns structural problems.
    """
    names = [
        (f"nullif(trim(c{match.positions[name]}), '')" if name in match.positions else "CAST(NULL AS VARCHAR)")
        + f" AS {sent_column(name)}"
        for name in layout.columns
    ]
    wide = [f"c{position}" for hits in wide_columns(layout, sheet.headers, match).values() for position, _ in hits]
    known = [f"c{position}" for position in match.positions.values()]
    blank = f"coalesce({', '.join(f'nullif(trim({c}), $$$$)' for c in known + wide) or 'NULL'}) IS NULL"
    con.execute(
        f"CREATE TABLE unfiltered AS SELECT source_row, {', '.join(names + wide)} FROM raw WHERE NOT ({blank})"
    )
    rows = layout.rows
    end: int | None = None
    if rows.until:
        found = con.execute(f"SELECT min(source_row) FROM unfiltered WHERE {condition(rows.until)}").fetchone()
        end = found[0] if found else None
        if end is None:
            wanted = "; ".join(f"{column} = {' or '.join(labels)}" for column, labels in rows.until.items())
            return [Problem("rows.end_missing", f"no row with {wanted} closes the table")]
    con.execute(f"CREATE TABLE sent AS SELECT *, {_filtered(rows, end)} AS filtered FROM unfiltered")
    con.execute("DROP TABLE unfiltered")
    count = con.execute("SELECT count(*) FROM sent WHERE NOT filtered").fetchone()
    if count is None or count[0] == 0:
        return [Problem("rows.none", "the file has no rows of data below its header")]
    return []


def _filtered(rows: RowRules, end: int | None) -> str:
    tests = []
    if end is not None:
        tests.append(f"source_row > {end}")
    if rows.drop:
        # Each column names rows to leave out on its own account.
        tests += [condition({column: labels}) for column, labels in rows.drop.items()]
    if rows.keep:
        tests.append(f"NOT ({condition(rows.keep)})")
    return " OR ".join(f"({test})" for test in tests) or "false"


def unknown_columns(layout: Layout, sheet: Sheet, match: Match) -> list[Problem]:
    """Columns that neither the contract nor a wide pattern nor the list of ignored ones knows."""
    if layout.extra_columns == "ignore":
        return []
    taken = {position for hits in wide_columns(layout, sheet.headers, match).values() for position, _ in hits}
    severity = "error" if layout.extra_columns == "refuse" else "warning"
    return [
        Problem("columns.unknown", f"column '{sheet.headers[p]}' is not in the contract", column=sheet.headers[p],
                severity=severity)  # fmt: skip
        for p in match.unknown
        if p not in taken and not is_ignored(layout, sheet.headers[p])
    ]


def make_cells(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, match: Match, sheet: Sheet
) -> Unfolded:
    """Make table `cells`, one row per cell, from `sent`.

    Columns: cell_rule, sets_id, source_row, filtered, measure_code, measure_label, measure_name, service_label,
    value_column, and for each figure <figure>_text, with status_text and note_text.
    """
    unfolded = Unfolded()
    wide = wide_columns(layout, sheet.headers, match)
    parts = []
    for number, rule in enumerate(layout.cells):
        if rule.sets not in unfolded.sets:
            unfolded.sets.append(rule.sets)
        sets_id = unfolded.sets.index(rule.sets)
        if rule.columns is not None:
            if hits := wide.get(number):
                unfolded.figures.add("value")
                parts.append(_wide_part(con, layout, rule, number, sets_id, sheet, hits))
            continue
        unfolded.figures |= set(rule.figures()) & set(FIGURES)
        parts.append(_column_part(layout, rule, number, sets_id, sheet, match))
    parts.append(_unmatched_part(layout))
    con.execute(f"CREATE TABLE cells AS {' UNION ALL BY NAME '.join(parts)}")
    return unfolded


def _column_part(
    layout: Layout, rule: CellRule, number: int, sets_id: int, sheet: Sheet, match: Match
) -> str:
    """Cells whose figures stand in columns of their own."""
    figures = rule.figures()
    columns = [f"{sent_column(column)} AS {role}_text" for role, column in figures.items()]
    shown = next((figures[r] for r in ("value", "numerator", "denominator") if r in figures), "")
    header = sheet.headers[match.positions[shown]] if shown in match.positions else shown
    if rule.measure_from is not None:
        label = sent_column(rule.measure_from.column)
        # Departments tell a share from its count by a percent sign alone; a code must keep them apart.
        signless = f"replace({label}, '%', '_pct')"
        code = f"{literal(rule.measure_from.prefix)} || trim(regexp_replace({signless}, '[^A-Za-z0-9]+', '_', 'g'), '_')"
        name = sent_column(rule.measure_from.name_column) if rule.measure_from.name_column else "NULL"
    else:
        label, code, name = "NULL", literal(rule.measure), "NULL"
    return f"""
        SELECT {number} AS cell_rule, {sets_id} AS sets_id, source_row, filtered, {code} AS measure_code,
               CAST({label} AS VARCHAR) AS measure_label, CAST({name} AS VARCHAR) AS measure_name,
               {_service_label(layout)} AS service_label, {literal(header)} AS value_column,
               {_note(layout)} AS note_text, {", ".join(columns)}
        FROM sent WHERE {condition(rule.when)}"""


def _wide_part(
    con: duckdb.DuckDBPyConnection, layout: Layout, rule: CellRule, number: int, sets_id: int, sheet: Sheet,
    hits: list,  # type: ignore[type-arg]
) -> str:  # fmt: skip
    """Cells of a wide file: one per row and column that the pattern takes."""
    items = {" ".join(item.split()).lower(): code for item, code in rule.items.items()}
    meta = []
    for position, hit in hits:
        groups = hit.groupdict()
        code = items[" ".join(groups["item"].split()).lower()] if items else rule.measure
        line = " ".join(groups["service_line"].split()) if groups.get("service_line") else None
        meta.append(f"({literal(f'c{position}')}, {literal(code)}, {literal(line)}, {literal(sheet.headers[position])})")
    con.execute(
        f"CREATE TABLE wide_{number} AS SELECT * FROM (VALUES {', '.join(meta)}) "
        "AS t(place, measure_code, service_label, value_column)"
    )
    columns = ", ".join(f"c{position}" for position, _ in hits)
    return f"""
        SELECT {number} AS cell_rule, {sets_id} AS sets_id, source_row, filtered, w.measure_code,
               CAST(NULL AS VARCHAR) AS measure_label, CAST(NULL AS VARCHAR) AS measure_name,
               coalesce(w.service_label, {_service_label(layout)}) AS service_label, w.value_column,
               {_note(layout)} AS note_text, u.figure AS value_text
        FROM (FROM (SELECT * FROM sent WHERE {condition(rule.when)})
              UNPIVOT INCLUDE NULLS (figure FOR place IN ({columns}))) AS u
        JOIN wide_{number} AS w USING (place)"""


def _unmatched_part(layout: Layout) -> str:
    """Rows that no rule takes: one cell each, so that nothing is lost; a refusal unless filtered."""
    taken = " OR ".join(f"({condition(rule.when)})" for rule in layout.cells)
    labels = [column for rule in layout.cells for column in rule.when]
    label = f"concat_ws(' / ', {', '.join(sent_column(column) for column in dict.fromkeys(labels))})" if labels else "NULL"
    return f"""
        SELECT -1 AS cell_rule, 0 AS sets_id, source_row, filtered, CAST(NULL AS VARCHAR) AS measure_code,
               CAST({label} AS VARCHAR) AS measure_label, CAST(NULL AS VARCHAR) AS measure_name,
               CAST(NULL AS VARCHAR) AS service_label, {literal(labels[0] if labels else None)} AS value_column,
               {" , ".join(f"CAST(NULL AS VARCHAR) AS {figure}_text" for figure in FIGURES)},
               CAST(NULL AS VARCHAR) AS status_text, CAST(NULL AS VARCHAR) AS note_text
        FROM sent WHERE NOT ({taken})"""


def _service_label(layout: Layout) -> str:
    column = layout.service_line.column
    return sent_column(column) if column else "CAST(NULL AS VARCHAR)"


def _note(layout: Layout) -> str:
    return sent_column(layout.note) if layout.note else "CAST(NULL AS VARCHAR)"
