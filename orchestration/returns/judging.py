"""The stages `content` and `consistency`: every problem of the cells, found by queries, all at once.

Belongs here: queries that turn tables of the screening into rows of `problems`. Does not belong here: what a
rule is called or what its remedy is (`rules`).
"""

import duckdb

from orchestration.contracts.model import Control, Layout, ReturnContract
from orchestration.returns.cells import FIGURES
from orchestration.returns.rules import CAP, RULES, Problem
from orchestration.sql import literal

KEY = "measure_code, location_code, location_level, period_code, population_group_code, service_line"
_FIGURES = (
    "numerator, denominator, numerator_status, denominator_status, value, value_status, "
    "lower_95, upper_95, lower_99_8, upper_99_8"
)


def make_problems(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table `problems`."""
    con.execute(
        """CREATE TABLE problems (stage VARCHAR, rule VARCHAR, severity VARCHAR, source_row BIGINT,
           column_name VARCHAR, value VARCHAR, occurrence_count BIGINT, message VARCHAR, remedy VARCHAR)"""
    )


def add(con: duckdb.DuckDBPyConnection, problem: Problem) -> None:
    """One problem that Python found."""
    rule = RULES[problem.rule]
    con.execute(
        "INSERT INTO problems VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [rule.stage, rule.code, problem.severity or rule.severity, problem.source_row, problem.column,
         problem.value, problem.count, problem.message, rule.remedy],
    )  # fmt: skip


def _collect(
    con: duckdb.DuckDBPyConnection, rule_code: str, query: str, severity: str | None = None
) -> None:
    """Add the rows of `query` (source_row, column_name, value, occurrence_count, message); beyond CAP they
    are counted in one closing line."""
    rule = RULES[rule_code]
    graded = severity or rule.severity
    con.execute(f"CREATE OR REPLACE TEMP TABLE found AS {query}")
    head = f"{literal(rule.stage)}, {literal(rule.code)}, {literal(graded)}"
    con.execute(
        f"""INSERT INTO problems
        SELECT {head}, source_row, column_name, left(CAST(value AS VARCHAR), 200), occurrence_count, message, {literal(rule.remedy)}
        FROM found ORDER BY source_row, column_name, value LIMIT {CAP}"""
    )
    con.execute(
        f"""INSERT INTO problems
        SELECT {head}, NULL, NULL, NULL, more, 'and ' || more || ' more of the same', {literal(rule.remedy)}
        FROM (SELECT sum(occurrence_count) AS more FROM
              (SELECT occurrence_count FROM found ORDER BY source_row, column_name, value OFFSET {CAP}))
        WHERE more IS NOT NULL"""
    )


def judge_content(con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout) -> None:
    """Labels, places, groups, periods and figures: each distinct wrong label once, each wrong cell by itself."""
    _collect(
        con,
        "measure.unknown_label",
        """SELECT min(source_row) AS source_row, any_value(value_column) AS column_name, measure_label AS value,
                  count(*) AS occurrence_count,
                  'label ''' || coalesce(measure_label, '') || ''' belongs to no measure of this return' AS message
           FROM facts WHERE NOT filtered AND (cell_rule < 0 OR measure_code IS NULL) GROUP BY measure_label""",
    )
    _collect(
        con,
        "measure.undescribed",
        """SELECT min(f.source_row) AS source_row, any_value(f.value_column) AS column_name,
                  any_value(f.measure_label) AS value, count(*) AS occurrence_count,
                  'measure ''' || f.measure_code || ''' is described by no contract or reference' AS message
           FROM facts AS f JOIN measures AS m USING (measure_code)
           WHERE NOT f.filtered AND m.source = 'return' GROUP BY f.measure_code""",
    )
    for code in ("no_rule", "missing", "unknown_code", "unknown_name", "ambiguous_name", "learned"):
        said = {
            "no_rule": "'the row does not say which kind of place it is about: ' || shown",
            "missing": "'the row names no place'",
            "unknown_code": "'code ''' || shown || ''' is not known'",
            "unknown_name": "'no place called ''' || shown || ''' is known'",
            "ambiguous_name": "'several places are called ''' || shown || ''''",
            "learned": "'place ''' || shown || ''' is in no reference; it was taken as the return gives it'",
        }[code]
        columns = dict.fromkeys(c for r in layout.locations for c in (r.code, r.name) if c)
        _collect(
            con,
            f"location.{code}",
            f"""SELECT first_row AS source_row, {literal(next(iter(columns), None))} AS column_name, shown AS value,
                       row_count AS occurrence_count, {said} AS message
                FROM places WHERE problem = 'location.{code}'""",
        )
    for code, said in (("unknown", "is not an agreed category"), ("learned", "is new; it was taken as it stands")):
        _collect(
            con,
            f"category.{code}",
            f"""SELECT min(first_row) AS source_row, problem_column AS column_name, shown AS value,
                       sum(row_count) AS occurrence_count, '''' || coalesce(shown, '') || ''' {said}' AS message
                FROM groups WHERE problem = 'category.{code}' AND sets_id = 0 GROUP BY problem_column, shown""",
        )
    _collect(
        con,
        "period.unreadable",
        f"""SELECT min(source_row) AS source_row, {literal(layout.period.column)} AS column_name,
                   period_label AS value, count(*) AS occurrence_count,
                   'period ''' || coalesce(period_label, '') || ''' cannot be read' AS message
            FROM facts WHERE NOT filtered AND cell_rule >= 0 AND period_code IS NULL GROUP BY period_label""",
        "error" if contract.unreadable_period == "refuse" else "warning",
    )
    columns = {row[0] for row in con.execute("DESCRIBE facts").fetchall()}
    named = _figure_columns(layout)
    for figure in FIGURES:
        if f"bad_{figure}" in columns:
            _collect(
                con,
                "value.not_a_number",
                f"""SELECT source_row, {named[figure]} AS column_name, bad_{figure} AS value, 1 AS occurrence_count,
                           '''' || left(bad_{figure}, 80) || ''' in column ''' || {named[figure]}
                           || ''' is neither a number nor an agreed marker' AS message
                    FROM facts WHERE NOT filtered AND bad_{figure} IS NOT NULL""",
            )
    _collect(
        con,
        "value.unknown_status",
        """SELECT min(source_row) AS source_row, 'status' AS column_name, status_text AS value,
                  count(*) AS occurrence_count, 'status ''' || left(status_text, 120) || ''' is a remark' AS message
           FROM facts WHERE NOT filtered AND status_text IS NOT NULL AND sent_status IS NULL GROUP BY status_text""",
    )


def _figure_columns(layout: Layout) -> dict[str, str]:
    """SQL for the name of the column in which a figure of a cell stands."""
    found = {}
    for figure in FIGURES:
        cases = " ".join(
            f"WHEN {n} THEN {literal(r.figures()[figure])}" for n, r in enumerate(layout.cells) if figure in r.figures()
        )
        found[figure] = f"CASE cell_rule {cases} ELSE value_column END" if cases else "value_column"
    return found


def judge_consistency(con: duckdb.DuckDBPyConnection, contract: ReturnContract) -> None:
    """Figures against each other: repeated keys, parts above wholes, ranges and control totals.

    Makes `kept`: the facts with a period, each key once.
    """
    con.execute(
        f"""CREATE TABLE keyed AS
        SELECT *, count(*) OVER by_key AS times, row_number() OVER (by_key ORDER BY source_row) AS nth,
               min(hash({_FIGURES})) OVER by_key AS least, max(hash({_FIGURES})) OVER by_key AS most
        FROM facts WHERE NOT filtered AND period_code IS NOT NULL AND cell_rule >= 0
        WINDOW by_key AS (PARTITION BY {KEY})"""
    )
    con.execute("CREATE TABLE kept AS SELECT * FROM keyed WHERE nth = 1")
    _collect(
        con,
        "key.repeated",
        """SELECT min(source_row) AS source_row, NULL AS column_name, NULL AS value, count(*) AS occurrence_count,
                  count(*) || ' cells repeat another cell with equal values and were counted once' AS message
           FROM keyed WHERE nth > 1 AND least = most HAVING count(*) > 0""",
    )
    _collect(
        con,
        "key.repeated_with_different_values",
        """SELECT source_row, value_column AS column_name, CAST(value AS VARCHAR) AS value, 1 AS occurrence_count,
                  concat_ws(', ', measure_code, location_name, period_code,
                            nullif(category, 'Total'), nullif(service_line, 'Total'))
                  || ' stands ' || times || ' times with different values' AS message
           FROM keyed WHERE least <> most""",
    )
    for severity in ("refuse", "warn"):
        codes = [m.code for m in contract.measures if m.above_denominator == severity]
        open_types = "m.value_type = 'proportion'" if severity == "refuse" else "m.value_type <> 'proportion'"
        listed = ", ".join(literal(code) for code in codes) or "NULL"
        _collect(
            con,
            "consistency.numerator_above_denominator",
            f"""SELECT k.source_row, k.value_column AS column_name, CAST(k.numerator AS VARCHAR) AS value,
                       1 AS occurrence_count, k.measure_code || ': numerator ' || k.numerator
                       || ' is above denominator ' || k.denominator AS message
                FROM kept AS k JOIN measures AS m USING (measure_code)
                WHERE k.numerator > k.denominator AND m.value_type IN ('proportion', 'rate', 'ratio')
                  AND (k.measure_code IN ({listed}) OR (m.source <> 'contract' AND {open_types}))""",
            "error" if severity == "refuse" else "warning",
        )
    _judge_ranges(con, contract)
    for control in contract.controls:
        _judge_control(con, control)


def _judge_ranges(con: duckdb.DuckDBPyConnection, contract: ReturnContract) -> None:
    for measure in contract.measures:
        if measure.minimum is None and measure.maximum is None:
            continue
        low = "false" if measure.minimum is None else f"value < {measure.minimum}"
        high = "false" if measure.maximum is None else f"value > {measure.maximum}"
        _collect(
            con,
            "value.out_of_range",
            f"""SELECT source_row, value_column AS column_name, CAST(value AS VARCHAR) AS value, 1 AS occurrence_count,
                       measure_code || ' is ' || value || ', outside what is plausible' AS message
                FROM kept WHERE measure_code = {literal(measure.code)} AND ({low} OR {high})""",
        )


def _judge_control(con: duckdb.DuckDBPyConnection, control: Control) -> None:
    severity = "error" if control.severity == "refuse" else "warning"
    if control.kind == "ratio":
        _collect(
            con,
            "control.ratio",
            f"""SELECT k.source_row, k.value_column AS column_name, CAST(k.value AS VARCHAR) AS value,
                       1 AS occurrence_count, {literal(control.name)} || ': ' || k.value || ' is not '
                       || m.multiplier || ' × ' || k.numerator || ' / ' || k.denominator AS message
                FROM kept AS k JOIN measures AS m USING (measure_code)
                WHERE k.measure_code = {literal(control.total)} AND k.denominator <> 0
                  AND abs(k.value - m.multiplier * k.numerator / k.denominator) > {control.tolerance}""",
            severity,
        )
        return
    sums, present = [], []
    for index, part in enumerate(control.parts):
        code = literal(part.lstrip("-"))
        sign = "-" if part.startswith("-") else "+"
        present.append(f"any_value(value) FILTER (WHERE measure_code = {code}) AS part_{index}")
        sums.append(f"{sign} part_{index}")
    codes = ", ".join(literal(code.lstrip("-")) for code in (control.total, *control.parts))
    _collect(
        con,
        "control.sum",
        f"""SELECT source_row, column_name, CAST(total AS VARCHAR) AS value, 1 AS occurrence_count,
                   {literal(control.name)} || ': the total is ' || total || ', its parts give ' || parts AS message
            FROM (SELECT *, 0 {" ".join(sums)} AS parts FROM (
                SELECT location_code, location_level, period_code, population_group_code, service_line,
                       any_value(value) FILTER (WHERE measure_code = {literal(control.total)}) AS total,
                       any_value(source_row) FILTER (WHERE measure_code = {literal(control.total)}) AS source_row,
                       any_value(value_column) FILTER (WHERE measure_code = {literal(control.total)}) AS column_name,
                       {", ".join(present)}
                FROM kept WHERE measure_code IN ({codes}) GROUP BY 1, 2, 3, 4, 5))
            WHERE abs(total - parts) > {control.tolerance}""",
        severity,
    )

