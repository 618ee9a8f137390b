"""Population groups: each distinct combination of characteristic labels as sorted pairs.

Belongs here: categories, totals, editions of a scheme, and how a group is written. Does not belong here:
the dimension of groups (dbt's `dim_population_group`).
"""

import duckdb

from orchestration.contracts.model import Characteristic, Layout
from orchestration.returns.cells import plain_label
from orchestration.sql import literal, literals, sent_column

_PAIR = "STRUCT(characteristic_code VARCHAR, characteristic_name VARCHAR, category_code VARCHAR, category_name VARCHAR)"


def group_columns(layout: Layout) -> list[str]:
    """The columns that together say which group a row is about."""
    columns: dict[str, None] = {}
    for split in layout.characteristics:
        for column in (split.column, split.scheme_column):
            if column:
                columns[column] = None
    return list(columns)


def make_groups(con: duckdb.DuckDBPyConnection, layout: Layout, sets: list[dict[str, str]]) -> None:
    """Make `groups`: one row per distinct combination of group columns and fixed categories (`sets_id`).

    Columns: the group columns (null as ''), sets_id, members, population_group_code, characteristic,
    category, problem (null, category.unknown or category.learned), shown, problem_column, first_row, row_count.
    """
    columns = group_columns(layout)
    keys = "".join(f"coalesce({sent_column(c)}, '') AS {sent_column(c)}, " for c in columns)
    group_by = f" GROUP BY {', '.join(str(i + 1) for i in range(len(columns)))}" if columns else ""
    con.execute(
        f"CREATE TABLE group_keys AS SELECT {keys}min(source_row) AS first_row, count(*) AS row_count "
        f"FROM sent WHERE NOT filtered{group_by}"
    )
    parts = [_for_sets(layout, number, fixed) for number, fixed in enumerate(sets)]
    con.execute(
        f"""
        CREATE TABLE groups AS
        SELECT *, coalesce(nullif(array_to_string(list_transform(members, m ->
                      m.characteristic_code || '=' || m.category_code), ';'), ''), 'Total') AS population_group_code,
               coalesce(nullif(array_to_string(list_transform(members, m ->
                      m.characteristic_name), ' × '), ''), 'Total') AS characteristic,
               coalesce(nullif(array_to_string(list_transform(members, m ->
                      m.category_name), ' × '), ''), 'Total') AS category
        FROM ({" UNION ALL BY NAME ".join(parts)})
        """
    )


def _for_sets(layout: Layout, number: int, fixed: dict[str, str]) -> str:
    pairs, problems = [], []
    for split in layout.characteristics:
        if split.code in fixed:
            category = fixed[split.code]
            known = split.categories.get(category)
            name = known.name if known else category
            pairs.append(_struct(literal(split.code), literal(split.name), literal(category), literal(name)))
        elif split.column:
            pairs.append(_pair(split))
            problems.append(_problem(split))
    listed = f"[{', '.join(pairs)}]" if pairs else f"CAST([] AS {_PAIR}[])"
    found = f"list_filter([{', '.join(problems)}], p -> p.rule IS NOT NULL)" if problems else "[]"
    first = f"({found})[1]" if problems else "NULL"
    return f"""
        SELECT k.*, {number} AS sets_id,
               list_sort(list_filter({listed}, m -> m.characteristic_code IS NOT NULL)) AS members,
               CAST({f"{first}.rule" if problems else "NULL"} AS VARCHAR) AS problem,
               CAST({f"{first}.shown" if problems else "NULL"} AS VARCHAR) AS shown,
               CAST({f"{first}.problem_column" if problems else "NULL"} AS VARCHAR) AS problem_column
        FROM group_keys AS k"""


def _struct(code: str, name: str, category: str, category_name: str) -> str:
    return (
        f"CAST({{'characteristic_code': {code}, 'characteristic_name': {name}, "
        f"'category_code': {category}, 'category_name': {category_name}}} AS {_PAIR})"
    )


def _is_total(split: Characteristic) -> str:
    """True where the label means everyone; a blank does so where the contract lists '' as total."""
    column = plain_label(sent_column(str(split.column)))
    labels = [" ".join(label.split()).lower() for label in split.total]
    return f"{column} IN ({literals(labels)})" if labels else "false"


def _known(split: Characteristic) -> dict[str, tuple[str, str]]:
    """Plain label to (code, name) of every category the contract lists."""
    found: dict[str, tuple[str, str]] = {}
    for code, category in split.categories.items():
        for label in (category.name, *category.labels):
            found.setdefault(" ".join(label.split()).lower(), (code, category.name))
    return found


def _pair(split: Characteristic) -> str:
    column = sent_column(str(split.column))
    plain = plain_label(column)
    known = _known(split)
    learned = f"trim(regexp_replace({plain}, '[^a-z0-9]+', '_', 'g'), '_')"
    codes = " ".join(f"WHEN {literal(label)} THEN {literal(code)}" for label, (code, _) in known.items())
    names = " ".join(f"WHEN {literal(label)} THEN {literal(name)}" for label, (_, name) in known.items())
    category = f"CASE {plain} {codes} ELSE {learned} END" if codes else learned
    category_name = f"CASE {plain} {names} ELSE {column} END" if names else column
    code, name = literal(split.code), literal(split.name)
    if split.scheme_column:
        scheme = plain_label(sent_column(split.scheme_column))
        editions = {" ".join(label.split()).lower(): edition for label, edition in split.schemes.items()}
        code_cases = " ".join(f"WHEN {literal(label)} THEN {literal(e.code)}" for label, e in editions.items())
        name_cases = " ".join(f"WHEN {literal(label)} THEN {literal(e.name)}" for label, e in editions.items())
        unlisted = f"{code} || ':' || trim(regexp_replace({scheme}, '[^a-z0-9]+', '_', 'g'), '_')"
        code = f"CASE {scheme} {code_cases} ELSE {unlisted} END" if code_cases else unlisted
        unnamed = f"{name} || ' (' || {sent_column(split.scheme_column)} || ')'"
        name = f"CASE {scheme} {name_cases} ELSE {unnamed} END" if name_cases else unnamed
    pair = _struct(code, name, category, category_name)
    return f"CASE WHEN {_is_total(split)} OR {column} = '' THEN NULL ELSE {pair} END"


def _problem(split: Characteristic) -> str:
    column = sent_column(str(split.column))
    known = list(_known(split))
    listed = f"{plain_label(column)} IN ({literals(known)})" if known else "false"
    rule = literal("category.learned" if split.open else "category.unknown")
    blank_is_total = any(not label.strip() for label in split.total)
    unlisted = "false"
    if split.scheme_column:
        labels = [" ".join(label.split()).lower() for label in split.schemes]
        scheme = plain_label(sent_column(split.scheme_column))
        unlisted = f"{column} <> '' AND NOT coalesce({scheme} IN ({literals(labels)}), false)" if labels else "true"
    blank = "NULL" if blank_is_total else rule
    return (
        "{'rule': CASE "
        f"WHEN {column} = '' THEN {blank} WHEN {_is_total(split)} THEN NULL "
        f"WHEN {unlisted} THEN {rule} WHEN {listed} THEN NULL ELSE {rule} END, "
        f"'shown': {column}, 'problem_column': {literal(split.column)}}}"
    )
