"""Text into meaning: numbers and markers, periods, places and groups joined to every cell.

Belongs here: the table `facts` and the stage `content` of the screening. Does not belong here: rules that
compare figures with each other (`consistency`).
"""

import duckdb

from orchestration.contracts.model import Layout, Measure, PeriodRule, ReturnContract
from orchestration.returns.cells import FIGURES, Unfolded
from orchestration.returns.groups import group_columns
from orchestration.returns.periods import parse_period
from orchestration.returns.places import location_columns, slugged
from orchestration.sql import ident, literal, literals, sent_column

_NUMBER = r"'[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?([eE][+-]?[0-9]+)?%?|[+-]?\.[0-9]+%?'"
_AUTO = PeriodRule(kind="auto")
_STATUSES = ("x", "z", "c", "u", "low", "k", "p", "r", "e", "b")


def make_measures(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, references: dict[str, str]
) -> None:
    """Make `measures`: one row per measure that `cells` holds, with its meaning and where that was said.

    `references` gives the relation (SQL) of each reference in force.
    """
    con.execute(
        """CREATE TABLE measures (measure_code VARCHAR, measure_name VARCHAR, domain VARCHAR, unit VARCHAR,
           value_type VARCHAR, polarity VARCHAR, multiplier DOUBLE, aggregation VARCHAR, definition VARCHAR,
           source VARCHAR, valid_from DATE, valid_to DATE, period_kind VARCHAR, cell_rule INTEGER)"""
    )
    for measure in contract.measures:
        con.execute(
            f"INSERT INTO measures VALUES ({literals(_described(measure))}, -1)",
        )
    for number, rule in enumerate(layout.cells):
        if rule.measure_from is None:
            continue
        default, described = rule.measure_from.defaults, rule.measure_from.described_by
        join, name, unit, polarity, kind, source = "", "NULL", "NULL", "NULL", "NULL", "'return'"
        value_type, domain = literal(default.value_type), literal(default.domain)
        if described is not None and described.reference in references:
            relation = references[described.reference]
            # The first description of a label counts, so that a reference that repeats one does not fan out.
            join = (
                f"LEFT JOIN (SELECT DISTINCT ON ({ident(slugged(described.key))}) * FROM {relation} ORDER BY ALL) AS d "
                f"ON d.{ident(slugged(described.key))} = c.measure_label"
            )
            name = f"d.{ident(slugged(described.name))}"
            unit = f"d.{ident(slugged(described.unit))}" if described.unit else "NULL"
            polarity = f"lower(d.{ident(slugged(described.polarity))})" if described.polarity else "NULL"
            kind = f"d.{ident(slugged(described.period_kind))}" if described.period_kind else "NULL"
            types = " ".join(
                f"WHEN regexp_matches({unit}, {literal(p)}, 'i') THEN {literal(t)}" for p, t in described.value_types.items()
            )
            value_type = f"CASE {types} ELSE {value_type} END" if types else value_type
            topics = " ".join(f"WHEN {literal(t)} THEN {literal(d)}" for t, d in described.domains.items())
            if described.domain and topics:
                domain = f"CASE d.{ident(slugged(described.domain))} {topics} ELSE {domain} END"
            source = f"CASE WHEN d.{ident(slugged(described.key))} IS NULL THEN 'return' ELSE 'reference' END"
        con.execute(
            f"""
            INSERT INTO measures
            SELECT DISTINCT ON (c.measure_code) c.measure_code, coalesce({name}, c.measure_name, c.measure_label),
                   {domain}, coalesce({unit}, {literal(default.unit)}), {value_type},
                   CASE {polarity} WHEN 'high' THEN 'high' WHEN 'low' THEN 'low' ELSE {literal(default.polarity)} END,
                   {default.multiplier}, 'none', '', {source}, NULL, NULL, {kind}, {number}
            FROM (SELECT DISTINCT measure_code, measure_label, measure_name FROM cells
                  WHERE cell_rule = {number} AND NOT filtered AND measure_label IS NOT NULL) AS c {join}
            WHERE c.measure_code NOT IN (SELECT measure_code FROM measures)
            ORDER BY c.measure_code, c.measure_label, c.measure_name
            """
        )


def _described(measure: Measure) -> list[object]:
    return [
        measure.code, measure.name, measure.domain, measure.unit, measure.value_type, measure.polarity,
        measure.multiplier, measure.aggregation, measure.definition, "contract", measure.valid_from,
        measure.valid_to, None,
    ]  # fmt: skip


def make_periods(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, fixed_label: str | None
) -> None:
    """Make `row_periods(source_row, period_label)` lookup column and `periods`, one row per (measure, label).

    Python reads each distinct label once; `fixed_label` is the period of the whole file, where it has one.
    """
    label = sent_column(layout.period.column) if layout.period.column else literal(fixed_label)
    if layout.period.column and fixed_label:
        label = f"coalesce({label}, {literal(fixed_label)})"
    con.execute(f"ALTER TABLE sent ADD COLUMN period_label VARCHAR; UPDATE sent SET period_label = {label}")
    pairs = con.execute(
        """SELECT c.measure_code, m.period_kind, m.cell_rule, s.period_label
           FROM cells AS c JOIN sent AS s USING (source_row) LEFT JOIN measures AS m USING (measure_code)
           WHERE NOT c.filtered GROUP BY ALL"""
    ).fetchall()
    rows = []
    for code, kind, cell_rule, text in pairs:
        period = parse_period(text, _rule_for(contract, layout, code, kind, cell_rule))
        if period is not None:
            rows.append([code, text, period.code, period.kind, period.start, period.end, period.status])
    con.execute(
        """CREATE TABLE periods (measure_code VARCHAR, period_label VARCHAR, period_code VARCHAR,
           period_kind VARCHAR, period_start DATE, period_end DATE, period_status VARCHAR)"""
    )
    if rows:
        con.executemany("INSERT INTO periods VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _rule_for(
    contract: ReturnContract, layout: Layout, code: str | None, kind: str | None, cell_rule: int | None
) -> PeriodRule:
    """The period rule of a measure: its own, else by the kind its reference states, else the default."""
    measure = contract.measure(code) if code else None
    if measure is not None:
        return measure.period or _AUTO
    if cell_rule is None or cell_rule < 0:
        return _AUTO
    source = layout.cells[cell_rule].measure_from
    if source is None:
        return _AUTO
    if source.described_by and kind in source.described_by.period_rules:
        return source.described_by.period_rules[kind]
    return source.defaults.period or _AUTO


def make_facts(con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, unfolded: Unfolded) -> None:
    """Make `facts`: every cell with its measure, period, place, group, service line, figures and status.

    A figure that is neither number nor marker leaves `bad_<figure>` with its text.
    """
    used = [figure for figure in FIGURES if figure in unfolded.figures]
    columns = {r[0] for r in con.execute("DESCRIBE cells").fetchall()}
    texts = {figure: f"c.{figure}_text" if f"{figure}_text" in columns else "NULL" for figure in FIGURES}
    cleaned = ", ".join(f"{_clean(contract, texts[f])} AS {f}_clean" for f in used) or "NULL AS nothing"
    numbers = ", ".join(f"{_number(f + '_clean')} AS {f}" for f in used) or "NULL AS nothing_either"
    absent = ", ".join(f"CAST(NULL AS DOUBLE) AS {f}" for f in FIGURES if f not in used)
    marks = ", ".join(f"{_marker(contract, f + '_clean')} AS {f}_marker" for f in used)
    bad = ", ".join(
        f"CASE WHEN {f}_clean IS NOT NULL AND {f} IS NULL AND {f}_marker IS NULL THEN {f}_clean END AS bad_{f}"
        for f in used
    )
    notes = [f"nullif(array_to_string(regexp_extract_all({texts[f]}, {literal(contract.cell_notes)}), ' '), '')"
             for f in used if contract.cell_notes]  # fmt: skip
    status_text = "c.status_text" if "status_text" in columns else "CAST(NULL AS VARCHAR)"
    where, group = location_columns(layout), group_columns(layout)
    joined_place = " AND ".join(f"p.{sent_column(c)} = coalesce(s.{sent_column(c)}, '')" for c in where) or "true"
    joined_group = " AND ".join(f"g.{sent_column(c)} = coalesce(s.{sent_column(c)}, '')" for c in group) or "true"
    computed = _computed(contract, used)
    con.execute(
        f"""
        CREATE TABLE facts AS
        WITH joined AS (
            SELECT c.cell_rule, c.source_row, c.filtered, c.measure_code, c.measure_label, c.value_column,
                   s.period_label, {_service_line(layout)} AS service_line,
                   p.location_code, p.location_level, p.location_name, p.problem AS place_problem,
                   g.population_group_code, g.members, g.characteristic, g.category, g.problem AS group_problem,
                   {status_text} AS status_text,
                   nullif(concat_ws('; ', c.note_text{"".join(", " + n for n in notes)}), '') AS note_text,
                   {cleaned}
            FROM cells AS c JOIN sent AS s USING (source_row)
            LEFT JOIN places AS p ON {joined_place}
            LEFT JOIN groups AS g ON {joined_group} AND g.sets_id = c.sets_id
        ),
        read AS (SELECT *, {numbers}{", " + absent if absent else ""}, {marks or "NULL AS no_markers"} FROM joined),
        judged AS (
            SELECT r.*, m.value_type, m.multiplier, m.measure_name, {bad or "NULL AS nothing_bad"},
                   {_status_of("r.status_text", contract)} AS sent_status,
                   per.period_code, per.period_kind, per.period_start, per.period_end, per.period_status
            FROM read AS r
            LEFT JOIN measures AS m USING (measure_code)
            LEFT JOIN periods AS per ON per.measure_code = r.measure_code AND per.period_label = r.period_label
        )
        SELECT * REPLACE ({computed} AS value),
               CASE WHEN {computed} IS NULL THEN {_missing(contract, layout, used)}
                    ELSE coalesce(nullif(sent_status, ''), period_status, '') END AS value_status,
               {_part_status(contract, used, "numerator")} AS numerator_status,
               {_part_status(contract, used, "denominator")} AS denominator_status,
               nullif(concat_ws('; ', note_text,
                   CASE WHEN sent_status IS NULL THEN status_text END), '') AS note
        FROM judged
        """
    )
    con.execute(f"CREATE TABLE cell_counts AS {_counts()}")


def _clean(contract: ReturnContract, text: str) -> str:
    """The text of a figure without notes, spaces, or a pound sign in front."""
    bare = f"regexp_replace({text}, {literal(contract.cell_notes)}, '', 'g')" if contract.cell_notes else text
    return f"nullif(ltrim(trim({bare}), '£'), '')"


def _number(clean: str) -> str:
    return (
        f"CASE WHEN regexp_full_match({clean}, {_NUMBER}) "
        f"THEN TRY_CAST(replace(rtrim({clean}, '%'), ',', '') AS DOUBLE) END"
    )


def _marker(contract: ReturnContract, clean: str) -> str:
    cases = " ".join(f"WHEN {literal(m)} THEN {literal(s)}" for m, s in contract.markers.items() if m)
    return f"CASE {clean} {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def _status_of(text: str, contract: ReturnContract) -> str:
    """GSS shorthand of a status column: bare, in brackets or one of the contract's markers; '' when blank;
    null when it is something else, which is then a remark."""
    bare = f"lower(trim({text}, '[] '))"
    cases = " ".join(f"WHEN {literal(m)} THEN {literal(s)}" for m, s in contract.markers.items() if m)
    marker = f"CASE {text} {cases} END" if cases else "NULL"
    return f"CASE WHEN {text} IS NULL THEN '' ELSE coalesce({marker}, CASE WHEN {bare} IN ({literals(_STATUSES)}) THEN {bare} END) END"


def _computed(contract: ReturnContract, used: list[str]) -> str:
    """The value as sent; where a measure sends none but its parts, what they give."""
    if not {"numerator", "denominator"} <= set(used):
        return "value"
    ratio = "multiplier * numerator / denominator"
    computed = "value" if "value" in used else ratio
    if "value" in used:
        computed = f"CASE WHEN cell_rule IN (SELECT cell_rule FROM computed_rules) THEN {ratio} ELSE value END"
    # A share of nothing is not applicable, whatever was sent (some send 0, some N/A).
    return f"CASE WHEN denominator = 0 THEN NULL ELSE {computed} END"


def make_rule_sets(con: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Make the lists of cell rules that matter one by one: `computed_rules`, whose value follows from numerator
    and denominator, and `numerator_rules` and `denominator_rules`, which send those parts."""
    by_column = [(n, rule.figures()) for n, rule in enumerate(layout.cells) if rule.columns is None]
    sets = {
        "computed_rules": [n for n, figures in by_column if "value" not in figures and "numerator" in figures],
        "numerator_rules": [n for n, figures in by_column if "numerator" in figures],
        "denominator_rules": [n for n, figures in by_column if "denominator" in figures],
    }
    for name, rules in sets.items():
        listed = ", ".join(f"({n})" for n in rules) or "(-2)"
        con.execute(f"CREATE TABLE {name} AS SELECT * FROM (VALUES {listed}) AS t(cell_rule)")


def _missing(contract: ReturnContract, layout: Layout, used: list[str]) -> str:
    """Why a value is missing: a zero denominator, a marker, the status column, the note, or just blank."""
    marks = [f"{f}_marker" for f in ("value", "numerator", "denominator") if f in used]
    zero = "CASE WHEN denominator = 0 THEN 'z' END" if "denominator" in used else "NULL"
    said = " ".join(
        f"WHEN regexp_matches(note_text, {literal(pattern)}) THEN {literal(status)}"
        for pattern, status in layout.note_statuses.items()
    )
    noted = f"CASE {said} END" if said else "NULL"
    reasons = [zero, *marks, "nullif(sent_status, '')", noted, literal(contract.blank)]
    return f"coalesce({', '.join(reasons)})"


def _part_status(contract: ReturnContract, used: list[str], figure: str) -> str:
    """Why a numerator or denominator is missing; '' where it is there or where no rule of the cell sends one."""
    if figure not in used:
        return "''"
    return (
        f"CASE WHEN {figure} IS NOT NULL OR cell_rule NOT IN (SELECT cell_rule FROM {figure}_rules) THEN '' "
        f"ELSE coalesce({figure}_marker, {literal(contract.blank)}) END"
    )


def _service_line(layout: Layout) -> str:
    line = layout.service_line
    label = "trim(regexp_replace(c.service_label, '\\s+', ' ', 'g'))"
    cases = " ".join(
        f"WHEN {literal(' '.join(a.split()).lower())} THEN {literal(to)}" for a, to in line.aliases.items()
    )
    totals = [" ".join(t.split()).lower() for t in line.total]
    known = f"CASE lower({label}) {cases} ELSE {label} END" if cases else label
    total = f"CASE WHEN lower({label}) IN ({literals(totals)}) THEN 'Total' ELSE {known} END" if totals else known
    return f"coalesce({total}, 'Total')"


def _counts() -> str:
    return """
        SELECT count(*) AS cells, count(*) FILTER (WHERE filtered) AS filtered,
               count(*) FILTER (WHERE NOT filtered AND period_code IS NULL AND cell_rule >= 0) AS unreadable
        FROM facts"""
