"""The rows of a return, each with the numbers of its location, group, label, service line and period: table `sent`.

Contains filtering out rows that are not observations, and numbering distinct combinations, so that each location,
group, label, service line and period is interpreted once and not once per row. Not here: interpreting them (`meaning`).
"""

import duckdb

from orchestration.contracts.model import Layout, RowRules
from orchestration.foundation.sql import literal, sent_column
from orchestration.returns.rules import Problem
from orchestration.returns.screening.layout.labels import clean, condition, taken
from orchestration.returns.screening.layout.matching import Fit, wide_columns


def location_columns(layout: Layout) -> list[str]:
    """Return the columns that identify the location of a row."""
    larger = [(rule.within.code, rule.within.name) for rule in layout.locations if rule.within]
    return _listed(
        [
            *(c for rule in layout.locations for c in (*rule.when, rule.code, rule.name)),
            *(c for pair in larger for c in pair),
        ]
    )


def group_columns(layout: Layout) -> list[str]:
    """Return the columns that identify the population group of a row."""
    return _listed(c for split in layout.characteristics for c in (split.column, split.scheme_column, *split.when))


def label_columns(layout: Layout) -> list[str]:
    """Return the columns that identify the measures of a row."""
    named = [(rule.measure_from.column, rule.measure_from.name_column) for rule in layout.cells if rule.measure_from]
    return _listed(
        [*(c for rule in layout.cells for c in (*rule.when, *rule.unless)), *(c for pair in named for c in pair)]
    )


def figure_columns(layout: Layout) -> list[str]:
    """Return the columns that contain figures, statuses and notes."""
    return _listed([*(c for rule in layout.cells for c in rule.figures().values()), layout.note])


def _listed(columns: object) -> list[str]:
    return list(dict.fromkeys(column for column in columns if column))  # type: ignore[attr-defined]


def dimensions(layout: Layout) -> dict[str, list[str]]:
    """Return the columns of each dimension, by name; table `<name>_keys` numbers their distinct combinations."""
    return {
        "place": location_columns(layout),
        "group": group_columns(layout),
        "label": label_columns(layout),
        "line": _listed([layout.service_line.column, layout.service_line.described_by]),
        "period": _listed([layout.period.column]),
    }


def wanted_positions(fit: Fit) -> list[int]:
    """Return the positions of all columns to read: those of the layout, the wide ones, and duplicates of either."""
    layout, match = fit.layout, fit.match
    used = {match.positions[column] for _, column in layout.column_references() if column in match.positions}
    wide = {position for hits in wide_columns(layout, fit.headers, match).values() for position, _ in hits}
    repeats = {position for position, taken in match.repeated.items() if taken in used | wide}
    made = range(len(fit.headers), len(fit.headers) + 2)
    return sorted((used | wide | repeats | set(fit.unfolded)) - set(made))


def unfold(con: duckdb.DuckDBPyConnection, fit: Fit) -> None:
    """Unpivot `raw`: one row for each column that the layout unpivots, in two columns after the last of the file."""
    if not fit.unfolded:
        return
    label, figure = len(fit.headers), len(fit.headers) + 1
    columns = ", ".join(f"c{p}" for p in fit.unfolded)
    names = ", ".join(f"('c{p}', {literal(fit.headers[p].strip())}, {p})" for p in fit.unfolded)
    con.execute(
        f"""CREATE TABLE unfolded AS
        SELECT sent.* EXCLUDE (place), names.label AS c{label}, names.unfolded_from
        FROM (FROM raw UNPIVOT INCLUDE NULLS (c{figure} FOR place IN ({columns}))) AS sent
        JOIN (VALUES {names}) AS names(place, label, unfolded_from) USING (place)
        ORDER BY source_row, unfolded_from;
        DROP TABLE raw;
        ALTER TABLE unfolded RENAME TO raw"""
    )


def repeated_columns(con: duckdb.DuckDBPyConnection, fit: Fit) -> list[Problem]:
    """Return a problem for each duplicate column: a warning if both are equal or not used, otherwise an error."""
    read = set(wanted_positions(fit))
    note = fit.match.positions.get(fit.layout.note) if fit.layout.note else None
    problems = []
    for position, counted in sorted(fit.match.repeated.items()):
        header, first = fit.headers[position], fit.headers[counted]
        message = f"duplicate column '{header}'" if header == first else f"'{first}' and '{header}' are the same column"
        differing = None
        if position in read and counted != note:
            differing = con.execute(
                f"""SELECT min(source_row), count(*) FROM raw
                WHERE {clean(f"c{position}")} IS DISTINCT FROM {clean(f"c{counted}")}"""
            ).fetchone()
        if differing is not None and differing[1]:
            message += f"; the two differ in {differing[1]} {'row' if differing[1] == 1 else 'rows'}"
            problems.append(Problem("columns.repeated_differently", message, source_row=differing[0], column=header))
        else:
            problems.append(Problem("columns.repeated", message, column=header))
    return problems


def make_sent(con: duckdb.DuckDBPyConnection, fit: Fit) -> list[Problem]:
    """Create `sent` from `raw`, which is dropped, and `<name>_keys` for each of `dimensions`.

    `tables` describes their columns; in an unpivoted file `sent` also has `unfolded_from`, the position of the column
    that the row comes from.
    """
    if problem := _filter(con, fit):
        return [problem]
    found = con.execute("SELECT count(*) FROM raw WHERE NOT filtered").fetchone()
    if found is None or found[0] == 0:
        return [Problem("rows.none", "the file has no data rows below its header")]
    keys, joins = [], []
    used: set[int] = set()
    for name, columns in dimensions(fit.layout).items():
        positions = list(dict.fromkeys(fit.match.positions[c] for c in columns if c in fit.match.positions))
        _number(con, fit, name, columns, positions)
        used.update(positions)
        if positions:
            same = " AND ".join(f"{name}_keys.c{p} IS NOT DISTINCT FROM raw.c{p}" for p in positions)
            joins.append(f"JOIN {name}_keys ON {same}")
        keys.append(f"{name}_keys.{name}_key" if positions else f"CAST(0 AS INTEGER) AS {name}_key")
    figures = {fit.match.positions[c] for c in figure_columns(fit.layout) if c in fit.match.positions}
    wide = {p for hits in wide_columns(fit.layout, fit.headers, fit.match).values() for p, _ in hits}
    cells = "".join(f", raw.c{p}" for p in sorted(figures | wide)) + (", raw.unfolded_from" if fit.unfolded else "")
    con.execute(
        f"CREATE TABLE sent AS SELECT raw.source_row, raw.filtered, {', '.join(keys)}{cells} FROM raw {' '.join(joins)}"
    )
    con.execute("DROP TABLE raw")
    return []


def _filter(con: duckdb.DuckDBPyConnection, fit: Fit) -> Problem | None:
    """Mark the rows of `raw` that the contract leaves out; return a Problem if the closing row is missing."""
    rows, positions = fit.layout.rows, fit.match.positions
    texts = {
        column: clean(f"c{positions[column]}") if column in positions else "CAST(NULL AS VARCHAR)"
        for column in (*rows.until, *rows.drop, *rows.keep, *label_columns(fit.layout))
    }
    end = None
    if rows.until:
        found = con.execute(f"SELECT min(source_row) FROM raw WHERE {condition(rows.until, texts)}").fetchone()
        end = found[0] if found else None
        if end is None:
            wanted = "; ".join(f"{column} = {' or '.join(labels)}" for column, labels in rows.until.items())
            return Problem("rows.end_missing", f"the table has no closing row with {wanted}")
    tests = _tests(rows, texts, end)
    if rows.only_measures:
        tests.append(f"NOT ({' OR '.join(f'({taken(rule, texts)})' for rule in fit.layout.cells)})")
    if tests:
        con.execute(f"UPDATE raw SET filtered = true WHERE {' OR '.join(f'({test})' for test in tests)}")
    return None


def _tests(rows: RowRules, texts: dict[str, str], end: int | None) -> list[str]:
    """Return SQL conditions, each of which filters a row out; each column of `drop` is a condition of its own."""
    tests = [f"source_row > {end}"] if end is not None else []
    tests += [condition({column: labels}, texts) for column, labels in rows.drop.items()]
    return tests + ([f"NOT ({condition(rows.keep, texts)})"] if rows.keep else [])


def _number(con: duckdb.DuckDBPyConnection, fit: Fit, name: str, columns: list[str], positions: list[int]) -> None:
    """Create `<name>_keys`, one row per combination of the columns at `positions` as they were sent."""
    raws = "".join(f"c{position}, " for position in positions)
    sent = fit.match.positions
    texts = {c: clean(f"c{sent[c]}") if c in sent else "CAST(NULL AS VARCHAR)" for c in columns}
    fields = "".join(f"{text} AS {sent_column(column)}, " for column, text in texts.items())
    grouped = f"GROUP BY {raws.rstrip(', ')}" if positions else ""
    con.execute(
        f"""CREATE TABLE {name}_keys AS
        SELECT CAST(row_number() OVER (ORDER BY seen) - 1 AS INTEGER) AS {name}_key, {raws}{fields}first_row, row_count
        FROM (SELECT {raws}min(source_row) AS seen, min(source_row) FILTER (WHERE NOT filtered) AS first_row,
                     count(*) FILTER (WHERE NOT filtered) AS row_count FROM raw {grouped})"""
    )
