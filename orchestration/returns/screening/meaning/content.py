"""Interpreting text: numbers, missing-value symbols, periods and statuses; table `facts` has every cell's figures.

Contains reading each distinct figure, missing-value symbol, status and period label once. Not here: checks of what
was read (`checks`).
"""

import re

import duckdb

from orchestration.contracts.measures import PeriodRule
from orchestration.contracts.model import Layout, ReturnContract
from orchestration.contracts.parts import Status
from orchestration.foundation.sql import literal, literals, sent_column, values
from orchestration.returns.periods import parse_period
from orchestration.returns.rules import Problem
from orchestration.returns.screening.layout.cells import FIGURES, TEXTS, Unfolded
from orchestration.returns.screening.layout.labels import clean, plain, plain_label
from orchestration.returns.screening.layout.matching import Fit

_NUMBER = r"'[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?([eE][+-]?[0-9]+|%)?|[+-]?\.[0-9]+%?'"
_VANISHED = r"'.*[1-9].*[eE]-[0-9]+'"
"""A number such as 1e-999, which is too small and would be read as zero."""
_STATUSES = ("x", "z", "c", "u", "low", "k", "p", "r", "e", "b")


def fixed_label(fit: Fit, hint: str | None, file_name: str) -> str | Problem | None:
    """Return the period of the whole file, from the submission or the name of the sheet or file; None if each row has
    its own."""
    source, sheet_name = fit.layout.period, fit.sheet.name
    if source.submission and hint:
        return hint
    for pattern, text in ((source.sheet_name, sheet_name), (source.file_name, file_name)):
        if pattern and text and (hit := re.search(pattern, text)):
            return next((group for group in hit.groups() if group), hit[0])
    if source.column not in fit.match.positions:
        return Problem(
            "period.unknown_source", f"the period of '{file_name}' is not given anywhere that the contract expects it"
        )
    return None


def make_periods(con: duckdb.DuckDBPyConnection, layout: Layout, fixed: str | None, rules: list[PeriodRule]) -> None:
    """Create `period_labels` and `periods`, one row per rule and label that can be read.

    Python reads each label once under each rule that a cell needs; `measures.period_rule` is an index of `rules`.
    """
    column = sent_column(layout.period.column) if layout.period.column else "CAST(NULL AS VARCHAR)"
    con.execute(
        f"""CREATE TABLE period_labels AS
        SELECT period_key, coalesce({column}, {literal(fixed)}) AS label FROM period_keys"""
    )
    pairs = con.execute(
        """SELECT DISTINCT m.period_rule, l.period_key, l.label
           FROM (SELECT DISTINCT measure_no, period_key FROM cells) AS c
           JOIN measures AS m USING (measure_no) JOIN period_labels AS l USING (period_key)
           WHERE l.label IS NOT NULL"""
    ).fetchall()
    read = [(rule, key, parse_period(label, rules[rule])) for rule, key, label in pairs]
    found = [
        (rule, key, period.code, period.kind, period.start, period.end, period.status)
        for rule, key, period in read
        if period is not None
    ]
    con.execute(
        """CREATE TABLE periods_read (period_rule INTEGER, period_key INTEGER, period_code VARCHAR, period_kind VARCHAR,
           period_start DATE, period_end DATE, period_status VARCHAR)"""
    )
    if found:
        con.execute(f"INSERT INTO periods_read VALUES {values(found)}")
    con.execute(
        """CREATE TABLE periods AS
        SELECT CAST(row_number() OVER (ORDER BY period_code, period_rule, period_key) - 1 AS INTEGER) AS period_no,
               CAST(dense_rank() OVER (ORDER BY period_code) AS INTEGER) AS period_rank, * FROM periods_read"""
    )


def make_texts(con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, unfolded: Unfolded) -> None:
    """Create `texts`, one row per distinct text of a figure, and `statuses`, one per distinct text of a status column.

    A text that is not a number, missing-value symbol or blank has only `shown`. `cells` gets every `<role>_text`.
    """
    there = {row[0] for row in con.execute("DESCRIBE cells").fetchall()}
    for role in TEXTS:
        if f"{role}_text" not in there and (role in unfolded.figures or role == "status"):
            con.execute(f"ALTER TABLE cells ADD COLUMN {role}_text VARCHAR")
    sent = " UNION ALL ".join(f"SELECT DISTINCT {figure}_text AS text FROM cells" for figure in unfolded.figures)
    markers = {**contract.markers, **layout.markers}
    notes = literal(contract.cell_notes)
    bare = f"regexp_replace(text, {notes}, '', 'g')" if contract.cell_notes else "text"
    note = f"nullif(array_to_string(regexp_extract_all(text, {notes}), ' '), '')" if contract.cell_notes else "NULL"
    number = "TRY_CAST(replace(rtrim(shown, '%'), ',', '') AS DOUBLE)"
    is_number = f"marker IS NULL AND regexp_full_match(shown, {_NUMBER}) AND isfinite({number})"
    is_number += f" AND NOT ({number} = 0 AND regexp_full_match(shown, {_VANISHED}))"
    con.execute(
        f"""CREATE TABLE texts AS
        SELECT text, shown, marker, CAST({note} AS VARCHAR) AS note, CASE WHEN {is_number} THEN {number} END AS number
        FROM (SELECT *, {_marker(markers, "shown")} AS marker
              FROM (SELECT text, coalesce(nullif(ltrim({clean(bare)}, '£ '), ''), nullif({clean(bare)}, '')) AS shown
                    FROM (SELECT DISTINCT text FROM ({sent})) WHERE text IS NOT NULL))"""
    )
    bracketless = "lower(trim(shown, '[] '))"
    con.execute(
        f"""CREATE TABLE statuses AS
        SELECT text, status, CASE WHEN status IS NULL THEN shown END AS remark
        FROM (SELECT *, coalesce({_marker(markers, "shown")},
                                 CASE WHEN {bracketless} IN ({literals(_STATUSES)}) THEN {bracketless} END) AS status
              FROM (SELECT DISTINCT status_text AS text, {clean("status_text")} AS shown FROM cells)
              WHERE shown IS NOT NULL)"""
    )


def _marker(markers: dict[str, Status], text: str) -> str:
    """Return SQL for the status of a missing-value symbol; null for any other text."""
    cases = " ".join(f"WHEN {literal(m.strip())} THEN {literal(s)}" for m, s in markers.items() if m.strip())
    return f"CASE {text} {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def make_facts(con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, unfolded: Unfolded) -> None:
    """Create `facts`: every cell that is not filtered out, with its figures as numbers, its statuses and its note."""
    used = unfolded.figures
    joins = " ".join(f"LEFT JOIN texts AS t_{figure} ON t_{figure}.text = c.{figure}_text" for figure in used)
    value, status = "value", _missing(contract, layout, used)
    parts = {"numerator", "denominator"} <= set(used)
    computed = unfolded.computed
    if parts:
        sent = "value" if "value" in used else "CAST(NULL AS DOUBLE)"
        ratio = "multiplier * numerator / denominator"
        value = f"CASE WHEN cell_rule IN ({literals(computed)}) THEN {ratio} ELSE {sent} END" if computed else sent
        # A ratio with a zero denominator is not applicable, even if the sender gives 0 or N/A.
        value = f"CASE WHEN denominator = 0 THEN NULL ELSE {value} END"
    elif "value" not in used:
        value = "CAST(NULL AS DOUBLE)"
    others = ", ".join(f if f in used else f"CAST(NULL AS DOUBLE) AS {f}" for f in FIGURES if f != "value")
    # In a column of notes a missing-value symbol (`NA`) means that there is no note.
    note = f"CASE WHEN {_marker({**contract.markers, **layout.markers}, clean('note_text'))} IS NULL THEN note_text END"
    remarks = ", ".join([note, *(f"t_{figure}.note" for figure in used if contract.cell_notes)])
    con.execute(
        f"""
        CREATE TABLE facts AS
        WITH read AS (
            SELECT c.cell_rule, c.source_row, c.place_key, c.group_no, c.line_no, c.measure_no, c.column_no,
                   p.period_no, p.period_status, m.multiplier, s.status AS sent_status,
                   nullif(concat_ws('; ', {remarks}, s.remark), '') AS note
                   {"".join(f", {_figure(layout, figure)} AS {figure}" for figure in used)}
                   {"".join(f", t_{figure}.marker AS {figure}_marker" for figure in used)}
            FROM cells AS c
            LEFT JOIN measures AS m USING (measure_no)
            LEFT JOIN periods AS p ON p.period_rule = m.period_rule AND p.period_key = c.period_key
            LEFT JOIN statuses AS s ON s.text = c.status_text
            {joins}
        )
        SELECT cell_rule, source_row, place_key, group_no, line_no, measure_no, period_no, column_no, {others},
               {value} AS value,
               CASE WHEN {value} IS NULL THEN {status}
                    ELSE coalesce(nullif(sent_status, ''), period_status, '') END AS value_status,
               {_part_status(contract, layout, "numerator")} AS numerator_status,
               {_part_status(contract, layout, "denominator")} AS denominator_status, note
        FROM read
        """
    )


def _figure(layout: Layout, figure: str) -> str:
    """Return SQL for a figure as a number: words are scored, a complement is subtracted from the denominator."""
    complements = [number for number, rule in enumerate(layout.cells) if rule.numerator_is_complement]
    number = f"t_{figure}.number"
    if figure == "numerator" and complements:
        number = f"""CASE WHEN cell_rule IN ({literals(complements)}) THEN t_denominator.number - t_numerator.number
                          ELSE t_numerator.number END"""
    for cell_rule, scores in scored(layout, figure):
        worth = " ".join(f"WHEN {literal(label)} THEN {score!r}" for label, score in scores.items())
        number = f"""CASE WHEN cell_rule = {cell_rule} THEN CASE {plain_label(f"t_{figure}.shown")} {worth} END
                          ELSE {number} END"""
    return number


def scored(layout: Layout, figure: str) -> list[tuple[int, dict[str, float]]]:
    """Return the numbers of the cell rules that send a figure as a word, with the score of each label."""
    return [
        (number, {plain(label): score for label, score in rule.scores[figure].items()})
        for number, rule in enumerate(layout.cells)
        if figure in rule.scores
    ]


def _part_status(contract: ReturnContract, layout: Layout, figure: str) -> str:
    """Return SQL for the reason why a numerator or denominator is missing; '' if it is present or never sent."""
    senders = [n for n, rule in enumerate(layout.cells) if rule.columns is None and figure in rule.figures()]
    if not senders:
        return "''"
    return f"""CASE WHEN {figure} IS NOT NULL OR cell_rule NOT IN ({literals(senders)}) THEN ''
                    ELSE coalesce({figure}_marker, {literal(contract.blank or "x")}) END"""


def _missing(contract: ReturnContract, layout: Layout, used: list[str]) -> str:
    """Return SQL for the reason why a value is missing: zero denominator, symbol, status, note, or blank."""
    reasons = ["CASE WHEN denominator = 0 THEN 'z' END"] if "denominator" in used else []
    reasons += [f"{figure}_marker" for figure in ("value", "numerator", "denominator") if figure in used]
    reasons.append("nullif(sent_status, '')")
    cases = " ".join(
        f"WHEN regexp_matches(note, {literal(pattern)}) THEN {literal(status)}"
        for pattern, status in layout.note_statuses.items()
    )
    reasons += [f"nullif(CASE {cases} END, '')"] if cases else []
    return f"coalesce({', '.join(reasons)}, {literal(contract.blank or 'x')})"
