"""The stage `content`: labels, locations, groups, periods and figures that cannot be used as sent.

Contains the queries that find problems in the tables of screening, all of them at once. Not here: comparisons of
figures (`consistency`), or the catalogue of rules (`orchestration.returns.rules`).
"""

import duckdb

from orchestration.contracts.model import ReturnContract
from orchestration.foundation.sql import literal, literals, sent_column
from orchestration.returns.rules import Problem
from orchestration.returns.screening.checks.problem_table import Search, add, header_of, record
from orchestration.returns.screening.layout.cells import FIGURES, Unfolded
from orchestration.returns.screening.layout.labels import plain_label
from orchestration.returns.screening.layout.matching import Fit
from orchestration.returns.screening.layout.rows import label_columns, location_columns
from orchestration.returns.screening.meaning.content import scored
from orchestration.returns.screening.meaning.known_locations import KnownLocations


def check_content(
    con: duckdb.DuckDBPyConnection, contract: ReturnContract, fit: Fit, unfolded: Unfolded, known: KnownLocations
) -> None:
    """Record every problem of the content: each distinct wrong label once, and each wrong figure."""
    record(
        con,
        [*_labels(fit), *_places(fit), *_groups(fit), _periods(contract, fit), *_texts(fit, unfolded), *_words(fit)],
    )
    _hint_at_references(con, known)


def _hint_at_references(con: duckdb.DuckDBPyConnection, known: KnownLocations) -> None:
    """If locations are unknown, list the references that have not landed and may contain them."""
    unknown = con.execute("SELECT 1 FROM problems WHERE rule IN ('location.unknown_code', 'location.unknown_name')")
    if known.absent and unknown.fetchone():
        message = f"the references that may contain these locations have not been received: {', '.join(known.absent)}"
        add(con, [Problem("references.missing", message, severity="warning")])


def _labels(fit: Fit) -> list[Search]:
    """Search for labels of measures that are unknown, ambiguous or without a description."""
    columns = label_columns(fit.layout)
    label = f"concat_ws(' / ', {', '.join(sent_column(column) for column in columns)})" if columns else "''"
    named = [(n, rule.measure_from) for n, rule in enumerate(fit.layout.cells) if rule.measure_from]
    unnamed = f"measure_no IS NULL AND cell_rule IN ({literals(n for n, _ in named)})" if named else "false"
    unknown = Search(
        "measure.unknown_label",
        f"""SELECT min(first_row) AS source_row, {header_of(fit, columns[0] if columns else None)} AS column_name,
                   label AS value, sum(row_count) AS occurrence_count,
                   'label ''' || label || ''' does not match a measure of this return' AS message
            FROM (SELECT *, {label} AS label FROM label_keys)
            WHERE row_count > 0 AND (label_key NOT IN (SELECT label_key FROM takes)
                                     OR label_key IN (SELECT label_key FROM takes WHERE {unnamed}))
            GROUP BY label""",
    )
    if not named:
        return [unknown]
    header = header_of(fit, named[0][1].column)
    return [
        unknown,
        Search(
            "measure.labels_collide",
            f"""SELECT min(first_row) AS source_row, {header} AS column_name, max(label) AS value,
                       sum(row_count) AS occurrence_count,
                       'labels ' || string_agg(DISTINCT '''' || label || '''', ' and ' ORDER BY '''' || label || '''')
                       || ' would all become measure ' || measure_code AS message
                FROM measure_labels WHERE measure_code IS NOT NULL
                GROUP BY measure_code HAVING count(DISTINCT label) > 1""",
        ),
        Search(
            "measure.undescribed",
            f"""SELECT min(l.first_row) AS source_row, {header} AS column_name, min(l.label) AS value,
                       sum(l.row_count) AS occurrence_count,
                       'measure ' || measure_code || ' is not described in a contract or reference' AS message
                FROM measure_labels AS l JOIN measures AS m USING (measure_code)
                WHERE m.source = 'return' GROUP BY measure_code""",
        ),
    ]


_LOCATION_MESSAGES = {
    "no_rule": "'the row does not show what kind of location it is about: ' || shown",
    "missing": "'the row has no location'",
    "unknown_code": "'location code ''' || shown || ''' is not recognised'",
    "unknown_name": "'location name ''' || shown || ''' is not recognised'",
    "ambiguous_name": "'several locations have the name ''' || shown || ''''",
    "learned": "'location ''' || shown || ''' is not in a reference; it was added as the return has it'",
}


def _places(fit: Fit) -> list[Search]:
    """Search for locations that are missing, unknown, ambiguous or new."""
    columns = dict.fromkeys(c for rule in fit.layout.locations for c in (rule.code, rule.name) if c)
    column = header_of(fit, next(iter(columns or location_columns(fit.layout)), None))
    return [
        Search(
            f"location.{code}",
            f"""SELECT min(first_row) AS source_row, {column} AS column_name, shown AS value,
                       sum(row_count) AS occurrence_count, {message} AS message
                FROM places WHERE problem = 'location.{code}' AND row_count > 0 GROUP BY shown""",
            only_if=f"FROM places WHERE problem = 'location.{code}'",
        )
        for code, message in _LOCATION_MESSAGES.items()
    ]


def _groups(fit: Fit) -> list[Search]:
    """Search for categories that are unknown or new, and for groups with the same label or code."""
    if not fit.layout.characteristics:
        return []
    used = """(SELECT g.*, u.first_row, u.row_count FROM groups AS g
               JOIN (SELECT group_no, min(source_row) AS first_row, count(DISTINCT source_row) AS row_count
                     FROM facts GROUP BY group_no) AS u USING (group_no))"""
    searches = [
        Search(
            f"category.{code}",
            f"""SELECT min(first_row) AS source_row, {header_of(fit, column)} AS column_name, flaw.shown AS value,
                       sum(row_count) AS occurrence_count, '''' || coalesce(flaw.shown, '') || ''' {message}' AS message
                FROM (SELECT first_row, row_count, unnest(flaws) AS flaw FROM {used})
                WHERE flaw.rule = 'category.{code}' AND flaw.contract_column = {literal(column)}
                GROUP BY flaw.shown""",
            only_if="FROM groups WHERE len(flaws) > 0",
        )
        for column in dict.fromkeys(split.column for split in fit.layout.characteristics if split.column)
        for code, message in (
            ("unknown", "is not an agreed category"),
            ("learned", "is a new category; it was added as the return has it"),
        )
    ]
    pairs = f"(SELECT first_row, row_count, unnest(members) AS m FROM {used})"
    collisions = [
        # Readers must be able to distinguish groups by their labels …
        f"""SELECT min(first_row) AS source_row, NULL AS column_name, category AS value,
                   sum(row_count) AS occurrence_count,
                   'groups ' || string_agg(DISTINCT population_group_code, ' and ' ORDER BY population_group_code)
                   || ' have the same label ''' || category || '''' AS message
            FROM {used} GROUP BY characteristic, category HAVING count(DISTINCT population_group_code) > 1""",
        # … and each code must have one label.
        *(
            f"""SELECT min(first_row) AS source_row, NULL AS column_name, max(m.{kind}_name) AS value,
                       sum(row_count) AS occurrence_count,
                       'labels ' || string_agg(DISTINCT '''' || m.{kind}_name || '''', ' and '
                                               ORDER BY '''' || m.{kind}_name || '''')
                       || ' would all become {kind} ' || m.{kind}_code AS message
                FROM {pairs} GROUP BY m.characteristic_code, m.{kind}_code
                HAVING count(DISTINCT {plain_label(f"m.{kind}_name")}) > 1"""
            for kind in ("category", "characteristic")
        ),
    ]
    # Codes and labels match one to one if there are as many of each as there are pairs.
    only_if = """FROM (SELECT count(DISTINCT population_group_code) AS codes,
                              count(DISTINCT (characteristic, category)) AS shown,
                              count(DISTINCT (population_group_code, characteristic, category)) AS pairs FROM groups)
                 WHERE codes < pairs OR shown < pairs"""
    return searches + [Search("category.labels_collide", query, only_if=only_if) for query in collisions]


def _periods(contract: ReturnContract, fit: Fit) -> Search:
    """Search for period labels that cannot be read."""
    return Search(
        "period.unreadable",
        f"""SELECT min(f.source_row) AS source_row, {header_of(fit, fit.layout.period.column)} AS column_name,
                   l.label AS value, count(*) AS occurrence_count,
                   'period ''' || coalesce(l.label, '') || ''' cannot be read' AS message
            FROM facts AS f JOIN sent AS s USING (source_row) JOIN period_labels AS l USING (period_key)
            WHERE f.period_no IS NULL AND f.measure_no IS NOT NULL GROUP BY l.label""",
        "error" if contract.unreadable_period == "refuse" else "warning",
        only_if="FROM facts WHERE period_no IS NULL",
    )


def _texts(fit: Fit, unfolded: Unfolded) -> list[Search]:
    """Search for figures that are not numbers or missing-value symbols, and for statuses that are remarks."""
    words = {figure: [rule for rule, _ in scored(fit.layout, figure)] or [-1] for figure in unfolded.figures}
    return [
        Search(
            "value.not_a_number",
            f"""SELECT source_row, header AS column_name, shown AS value, 1 AS occurrence_count,
                       '''' || left(shown, 80) || ''' in column ''' || coalesce(header, '')
                       || ''' is not a number or an agreed missing-value symbol' AS message
                FROM (SELECT DISTINCT c.source_row, t.shown, {_column_of(fit, figure)} AS column_no FROM cells AS c
                      JOIN texts AS t ON t.text = c.{figure}_text
                      WHERE t.shown IS NOT NULL AND t.number IS NULL AND t.marker IS NULL
                        AND c.cell_rule NOT IN ({literals(words[figure])}))
                LEFT JOIN headers USING (column_no)""",
            only_if="FROM texts WHERE shown IS NOT NULL AND number IS NULL AND marker IS NULL",
        )
        for figure in unfolded.figures
    ] + [
        Search(
            "value.unknown_status",
            f"""SELECT min(source_row) AS source_row, header AS column_name, remark AS value,
                       count(*) AS occurrence_count,
                       'status ''' || left(remark, 120) || ''' is not an agreed status' AS message
                FROM (SELECT c.source_row, s.remark, {_column_of(fit, "status")} AS column_no FROM cells AS c
                      JOIN statuses AS s ON s.text = c.status_text WHERE s.remark IS NOT NULL)
                LEFT JOIN headers USING (column_no) GROUP BY remark, header""",
            only_if="FROM statuses WHERE remark IS NOT NULL",
        )
    ]


def _words(fit: Fit) -> list[Search]:
    """Search for words that the contract does not list; a word that several figures use is reported once."""
    parts = " UNION ".join(
        f"""SELECT c.source_row, t.shown, {_column_of(fit, figure)} AS column_no
            FROM cells AS c JOIN texts AS t ON t.text = c.{figure}_text
            WHERE c.cell_rule = {number} AND t.shown IS NOT NULL AND t.marker IS NULL
              AND {plain_label("t.shown")} NOT IN ({literals(scores)})"""
        for figure in FIGURES
        for number, scores in scored(fit.layout, figure)
    )
    if not parts:
        return []
    return [
        Search(
            "value.unknown_label",
            f"""SELECT min(source_row) AS source_row, header AS column_name, shown AS value,
                       count(*) AS occurrence_count,
                       '''' || left(shown, 80) || ''' in column ''' || coalesce(header, '')
                       || ''' is not an agreed label or missing-value symbol' AS message
                FROM ({parts}) LEFT JOIN headers USING (column_no) GROUP BY shown, header""",
        )
    ]


def _column_of(fit: Fit, role: str) -> str:
    """Return SQL for the position of the column that contains a figure of a cell."""
    positions = {
        number: fit.match.positions.get(rule.figures()[role])
        for number, rule in enumerate(fit.layout.cells)
        if role in rule.figures()
    }
    # An unpivoted column has its own position, which the cell records.
    unfolded = len(fit.headers) + 1 if fit.unfolded else -1
    cases = " ".join(
        f"WHEN {number} THEN {'c.column_no' if position == unfolded else literal(position)}"
        for number, position in positions.items()
    )
    return f"CASE c.cell_rule {cases} ELSE c.column_no END" if cases else "c.column_no"
