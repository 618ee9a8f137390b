"""The measures of a return and what each means: tables `measures` and `measure_labels`.

Contains measures that the contract lists, measures that the file names, and the reference that describes them. Not
here: their figures (`cells`, `content`).
"""

import duckdb

from orchestration.contracts.measures import Measure, PeriodRule
from orchestration.contracts.model import CellRule, Layout, MeasureReference, ReturnContract
from orchestration.foundation.sql import ident, literal, sent_column, values
from orchestration.returns.rules import Problem
from orchestration.returns.screening.layout.labels import plain, plain_label, squeezed, taken
from orchestration.returns.screening.meaning.known_locations import slugged

_AUTO = PeriodRule(kind="auto")


def missing_description(layout: Layout, references: dict[str, str]) -> list[Problem]:
    """Return a problem for each reference that describes measures and has not landed: without it periods would be
    misread and measures would have no name."""
    wanted = dict.fromkeys(
        rule.measure_from.described_by.reference
        for rule in layout.cells
        if rule.measure_from and rule.measure_from.described_by
    )
    return [
        Problem("references.missing", f"'{code}', which describes the measures of this return, has not been received")
        for code in wanted
        if code not in references
    ]


def make_measures(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, layout: Layout, references: dict[str, str]
) -> list[PeriodRule]:
    """Create `measures`, one row per measure with its meaning, and `measure_labels`; return the rules for periods.

    `references` has the relation (SQL) of each current reference. `measures.period_rule` is an index of the rules
    returned.
    """
    rules: list[PeriodRule] = []
    con.execute(
        """CREATE TABLE meanings (measure_code VARCHAR, measure_name VARCHAR, domain VARCHAR, unit VARCHAR,
           value_type VARCHAR, polarity VARCHAR, multiplier DOUBLE, aggregation VARCHAR, definition VARCHAR,
           source VARCHAR, valid_from DATE, valid_to DATE, period_rule INTEGER)"""
    )
    con.execute(
        "CREATE TABLE measure_labels (cell_rule INTEGER, label VARCHAR, measure_code VARCHAR, measure_name VARCHAR, "
        "first_row BIGINT, row_count BIGINT)"
    )
    for measure in contract.measures:
        con.execute(f"INSERT INTO meanings VALUES {values([_row(measure, _place(rules, measure.period or _AUTO))])}")
    for number, rule in enumerate(layout.cells):
        if rule.measure_from is not None:
            _name(con, number, rule)
            _describe(con, number, rule, references, rules)
    con.execute(
        """CREATE TABLE measures AS
        SELECT CAST(row_number() OVER (ORDER BY measure_code) - 1 AS INTEGER) AS measure_no, * FROM meanings"""
    )
    con.execute("DROP TABLE meanings")
    return rules


def _place(rules: list[PeriodRule], rule: PeriodRule) -> int:
    """Return the index of `rule` in `rules`, to which it is added if it is new."""
    if rule not in rules:
        rules.append(rule)
    return rules.index(rule)


def _row(measure: Measure, period_rule: int) -> list[object]:
    return [
        measure.code, measure.name, measure.domain, measure.unit, measure.value_type, measure.polarity,
        measure.multiplier, measure.aggregation, measure.definition, "contract", measure.valid_from,
        measure.valid_to, period_rule,
    ]  # fmt: skip


def _name(con: duckdb.DuckDBPyConnection, number: int, rule: CellRule) -> None:
    """Record the labels of measures in the file, each with the code derived from it (none if it has no letter or
    digit)."""
    source = rule.measure_from
    if source is None:
        return
    label = squeezed(sent_column(source.column))
    # In some returns only a percent sign distinguishes a share from its count; the code keeps it.
    made = f"trim(regexp_replace(replace({label}, '%', '_pct'), '[^A-Za-z0-9]+', '_', 'g'), '_')"
    code = f"{literal(source.prefix)} || nullif({made}, '')"
    if source.codes:
        agreed = " ".join(f"WHEN {literal(plain(said))} THEN {literal(to)}" for said, to in source.codes.items())
        code = f"CASE {plain_label(label)} {agreed} ELSE {code} END"
    name = sent_column(source.name_column) if source.name_column else "CAST(NULL AS VARCHAR)"
    con.execute(
        f"""INSERT INTO measure_labels
        SELECT {number}, {label} AS label, {code}, arg_min({name}, first_row), min(first_row), sum(row_count)
        FROM label_keys WHERE row_count > 0 AND {sent_column(source.column)} IS NOT NULL AND {taken(rule)}
        GROUP BY label"""
    )


def _describe(
    con: duckdb.DuckDBPyConnection, number: int, rule: CellRule, references: dict[str, str], rules: list[PeriodRule]
) -> None:
    """Add the meaning of the measures of a cell rule that the contract does not list."""
    source = rule.measure_from
    if source is None:
        return
    default, described = source.defaults, source.described_by
    name = unit = polarity = definition = "CAST(NULL AS VARCHAR)"
    value_type, domain, origin, join = literal(default.value_type), literal(default.domain), "'return'", ""
    period_rule = str(_place(rules, default.period or _AUTO))
    if described is not None and described.reference in references:
        key = f"d.{ident(slugged(described.key))}"
        # The first description of a label counts, so that duplicates in the reference do not multiply rows.
        join = f"""LEFT JOIN (SELECT DISTINCT ON ({ident(slugged(described.key))}) *
                             FROM {references[described.reference]} ORDER BY ALL) AS d ON {key} = l.label"""
        name, unit, polarity = (
            _described(described.name),
            _described(described.unit),
            f"lower({_described(described.polarity)})",
        )
        definition = _in_one_line(_described(described.definition))
        value_type, domain = _typed(described, unit, value_type), _domain(described, domain)
        origin = f"CASE WHEN {key} IS NULL THEN 'return' ELSE 'reference' END"
        kinds = " ".join(
            f"WHEN {literal(kind)} THEN {_place(rules, period)}" for kind, period in described.period_rules.items()
        )
        period_rule = (
            f"CASE {_described(described.period_kind)} {kinds} ELSE {period_rule} END" if kinds else period_rule
        )
    con.execute(
        f"""INSERT INTO meanings
        SELECT DISTINCT ON (l.measure_code) l.measure_code, coalesce({name}, l.measure_name, l.label), {domain},
               coalesce({unit}, {literal(default.unit)}), {value_type},
               CASE {polarity} WHEN 'high' THEN 'high' WHEN 'low' THEN 'low' ELSE {literal(default.polarity)} END,
               {default.multiplier}, 'none', coalesce({definition}, ''), {origin}, NULL, NULL, {period_rule}
        FROM measure_labels AS l {join}
        WHERE l.cell_rule = {number} AND l.measure_code IS NOT NULL
          AND l.measure_code NOT IN (SELECT measure_code FROM meanings)
        ORDER BY l.measure_code, l.label"""
    )


def _described(column: str | None) -> str:
    """Return a column of the reference that describes measures, or null."""
    return f"d.{ident(slugged(column))}" if column else "CAST(NULL AS VARCHAR)"


def _in_one_line(text: str) -> str:
    """Return text of a reference without line ends and other control characters; null for text such as N/A."""
    spaced = f"trim(regexp_replace({text}, '[\\s\\x00-\\x1f\\x7f-\\x9f]+', ' ', 'g'))"
    return f"CASE WHEN upper({spaced}) NOT IN ('', 'NA', 'N/A', '-') THEN {spaced} END"


def _typed(described: MeasureReference, unit: str, default: str) -> str:
    cases = " ".join(
        f"WHEN regexp_matches({unit}, {literal(pattern)}, 'i') THEN {literal(kind)}"
        for pattern, kind in described.value_types.items()
    )
    return f"CASE {cases} ELSE {default} END" if cases else default


def _domain(described: MeasureReference, default: str) -> str:
    cases = " ".join(f"WHEN {literal(text)} THEN {literal(domain)}" for text, domain in described.domains.items())
    return f"CASE {_described(described.domain)} {cases} ELSE {default} END" if cases and described.domain else default
