"""The stage `consistency`: figures compared with each other.

Contains duplicate keys, numerators above denominators, ranges and control totals, and the view `kept`: the facts
that become observations. Not here: figures that cannot be read (`content_checks`).
"""

from functools import partial

import duckdb

from orchestration.contracts.model import Control, ReturnContract
from orchestration.foundation.sql import literal, literals
from orchestration.returns.screening.checks.problem_table import Search, of_figures, record

_FIGURES = (
    "numerator, denominator, numerator_status, denominator_status, value, value_status, "
    "lower_95, upper_95, lower_99_8, upper_99_8"
)
_of_kept = partial(of_figures, "kept", "k")
_SHARES = ("proportion", "rate", "ratio")
# Sums and ratios of floating-point numbers differ in their last digits.
_ROUNDING = "1e-9"


def check_consistency(con: duckdb.DuckDBPyConnection, contract: ReturnContract) -> None:
    """Create `repeats` and the view `kept`, and record every inconsistent figure."""
    find_repeats(con)
    record(con, [*_repeats(), *_shares(contract), *_ranges(contract), *map(_control, contract.controls)])


def find_repeats(con: duckdb.DuckDBPyConnection) -> None:
    """Create `repeats`, the facts whose key occurs more than once, and the view `kept`: the facts that have a measure
    and a period, each key once."""
    about = """JOIN places AS p ON p.place_key = f.place_key AND p.location_code IS NOT NULL
               JOIN groups AS g USING (group_no) JOIN periods AS t USING (period_no)"""
    key = ("f.measure_no", "p.place_rank", "t.period_rank", "g.population_group_code", "f.line_no")
    con.execute(
        f"""CREATE TABLE repeated_keys AS SELECT {", ".join(key)}, count(*) AS times FROM facts AS f {about}
        WHERE f.measure_no IS NOT NULL GROUP BY ALL HAVING count(*) > 1"""
    )
    same = " AND ".join(f"{part} = r.{part.split('.')[1]}" for part in key)
    con.execute(
        f"""CREATE TABLE repeats AS
        SELECT f.rowid AS fact, times, row_number() OVER (by_key ORDER BY f.source_row, f.column_no, f.rowid) AS nth,
               min(figures) OVER by_key IS DISTINCT FROM max(figures) OVER by_key AS differ
        FROM (SELECT *, rowid, row({_FIGURES}) AS figures FROM facts) AS f {about} JOIN repeated_keys AS r ON {same}
        WINDOW by_key AS (PARTITION BY {", ".join(key)})"""
    )
    con.execute(
        """CREATE VIEW kept AS SELECT * FROM facts
        WHERE measure_no IS NOT NULL AND period_no IS NOT NULL
          AND rowid NOT IN (SELECT fact FROM repeats WHERE nth > 1)"""
    )


def _repeats() -> list[Search]:
    return [
        Search(
            "key.repeated",
            """SELECT min(f.source_row) AS source_row, NULL AS column_name, NULL AS value, count(*) AS occurrence_count,
                      CASE WHEN count(*) = 1 THEN '1 cell duplicates another with equal values and was counted once'
                           ELSE count(*) || ' cells duplicate others with equal values and were counted once'
                      END AS message
               FROM repeats AS r JOIN facts AS f ON f.rowid = r.fact
               WHERE nth > 1 AND NOT differ HAVING count(*) > 0""",
            only_if="FROM repeats",
        ),
        Search(
            "key.repeated_with_different_values",
            """SELECT f.source_row, h.header AS column_name, CAST(f.value AS VARCHAR) AS value, 1 AS occurrence_count,
                      concat_ws(', ', m.measure_code, p.location_name, t.period_code, nullif(g.category, 'Total'),
                                nullif(l.service_line, 'Total'))
                      || ' occurs ' || r.times || ' times with different values' AS message
               FROM repeats AS r JOIN facts AS f ON f.rowid = r.fact JOIN measures AS m USING (measure_no)
               JOIN places AS p USING (place_key) JOIN groups AS g USING (group_no) JOIN periods AS t USING (period_no)
               JOIN lines AS l USING (line_no) LEFT JOIN headers AS h USING (column_no) WHERE r.differ""",
            only_if="FROM repeats",
        ),
    ]


def _shares(contract: ReturnContract) -> list[Search]:
    """Search for numerators above denominators; the contract sets the severity, otherwise the type of value does."""
    searches = []
    for severity, graded in (("refuse", "error"), ("warn", "warning")):
        codes = [
            m.code for m in contract.measures
            if m.above_denominator == severity and (m.numerator_above_denominator or m.value_type in _SHARES)
        ]  # fmt: skip
        named = "m.value_type = 'proportion'" if severity == "refuse" else "m.value_type IN ('rate', 'ratio')"
        listed = f"m.measure_code IN ({literals(codes)}) OR " if codes else ""
        message = "m.measure_code || ': numerator ' || k.numerator || ' is above denominator ' || k.denominator"
        condition = f"k.numerator > k.denominator AND ({listed}(m.source <> 'contract' AND {named}))"
        query = _of_kept("numerator", message, condition)
        only_if = "FROM facts WHERE numerator > denominator"
        searches.append(Search("consistency.numerator_above_denominator", query, graded, only_if))
    return searches


def _ranges(contract: ReturnContract) -> list[Search]:
    """Search for values outside the plausible range of the contract."""
    searches = []
    for measure in contract.measures:
        limits = [("<", measure.minimum), (">", measure.maximum)]
        outside = " OR ".join(f"k.value {sign} {literal(limit)}" for sign, limit in limits if limit is not None)
        if outside:
            message = "m.measure_code || ' is ' || k.value || ', outside the plausible range'"
            condition = f"m.measure_code = {literal(measure.code)} AND ({outside})"
            only_if = f"FROM facts WHERE {outside.replace('k.', '')}"
            searches.append(Search("value.out_of_range", _of_kept("value", message, condition), only_if=only_if))
    return searches


def _control(control: Control) -> Search:
    """Search for figures that break an accounting identity of the contract."""
    severity = "error" if control.severity == "refuse" else "warning"
    if control.kind == "ratio":
        message = f"""{literal(control.name)} || ': ' || k.value || ' is not ' || m.multiplier || ' × ' || k.numerator
                      || ' / ' || k.denominator"""
        expected = "m.multiplier * k.numerator / k.denominator"
        condition = f"""m.measure_code = {literal(control.total)} AND k.denominator <> 0
                        AND abs(k.value - {expected}) > {control.tolerance} + {_ROUNDING} * abs(k.value)"""
        return Search("control.ratio", _of_kept("value", message, condition), severity)
    parts, total = [], f"FILTER (WHERE measure_code = {literal(control.total)})"
    for index, part in enumerate(control.parts):
        parts.append(f"any_value(value) FILTER (WHERE measure_code = {literal(part.lstrip('-'))}) AS part_{index}")
    added = " ".join(f"{'-' if part.startswith('-') else '+'} part_{index}" for index, part in enumerate(control.parts))
    codes = literals(code.lstrip("-") for code in (control.total, *control.parts))
    return Search(
        "control.sum",
        f"""SELECT source_row, header AS column_name, CAST(total AS VARCHAR) AS value, 1 AS occurrence_count,
                   {literal(control.name)} || ': the total is ' || total || ', its parts add up to ' || parts AS message
            FROM (SELECT *, 0 {added} AS parts FROM (
                SELECT any_value(k.value) {total} AS total, any_value(k.source_row) {total} AS source_row,
                       any_value(k.column_no) {total} AS column_no, {", ".join(parts)}
                FROM kept AS k JOIN measures AS m USING (measure_no) JOIN places AS p USING (place_key)
                JOIN groups AS g USING (group_no) JOIN periods AS t USING (period_no)
                WHERE m.measure_code IN ({codes})
                GROUP BY p.place_rank, t.period_rank, g.population_group_code, k.line_no))
            LEFT JOIN headers USING (column_no)
            WHERE abs(total - parts) > {control.tolerance} + {_ROUNDING} * abs(total)""",
        severity,
    )
