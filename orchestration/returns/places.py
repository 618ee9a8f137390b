"""Which place a row is about: codes and names resolved through the references.

Belongs here: what references teach about codes and names, and the resolution of each distinct combination
of location columns. Does not belong here: hierarchy and history of places (dbt's `dim_location`).
"""

from pathlib import Path

import duckdb

from orchestration.contracts.load import Contracts
from orchestration.contracts.model import Layout, LocationRule
from orchestration.returns.cells import condition
from orchestration.sql import ident, literal, literals, plain_name, sent_column, slug

GSS = "'[A-Z][0-9]{8}'"


def make_known_places(con: duckdb.DuckDBPyConnection, contracts: Contracts, references: dict[str, Path]) -> None:
    """Make `known_places(scheme, code, location_code, location_level, ended)` and `known_names(plain, …)`.

    `references` gives the Parquet file of each reference in force; columns are slugged headers.
    """
    entities = ", ".join(
        f"({literal(prefix)}, {literal(entity.level)})" for prefix, entity in contracts.codes.gss_entities.items()
    )
    con.execute(f"CREATE TABLE gss_levels AS SELECT * FROM (VALUES {entities}) AS t(prefix, location_level)")
    con.execute("CREATE TABLE taught (scheme VARCHAR, code VARCHAR, gss VARCHAR, name VARCHAR, ended BOOLEAN)")
    for code, path in references.items():
        contract = contracts.references[code]
        for place in contract.places:
            ended = f"{_column(place.ended)} IS NOT NULL" if place.ended else "false"
            gss = _column(place.gss or place.code)
            for name in place.names or [None]:
                con.execute(
                    f"""INSERT INTO taught
                    SELECT DISTINCT {literal(place.scheme)}, regexp_replace({_column(place.code)}, '\\.0$', ''),
                           {gss}, {_column(name) if name else "NULL"}, {ended}
                    FROM read_parquet({literal(path)}) WHERE {_column(place.code)} IS NOT NULL"""
                )
    for alias in contracts.codes.aliases:
        con.execute("INSERT INTO taught VALUES ('gss', ?, ?, NULL, false)", [alias.code, alias.code])
    con.execute(
        f"""
        CREATE TABLE known_places AS
        SELECT t.scheme, t.code, any_value(t.gss) AS location_code, any_value(l.location_level) AS location_level,
               bool_and(t.ended) AS ended, min(t.name) AS name
        FROM taught AS t JOIN gss_levels AS l ON l.prefix = left(t.gss, 3)
        WHERE regexp_full_match(t.gss, {GSS}) GROUP BY t.scheme, t.code
        """
    )
    aliases = [(a.name, a.code, a.level) for a in contracts.codes.aliases if a.name]
    spelled = ", ".join(f"({literals(alias)})" for alias in aliases) or "(NULL, NULL, NULL)"
    con.execute(
        f"""
        CREATE TABLE known_names AS
        WITH spelled AS (
            SELECT {plain_name("t.name")} AS plain, t.gss AS location_code, l.location_level, 1 AS rank
            FROM taught AS t JOIN gss_levels AS l ON l.prefix = left(t.gss, 3) WHERE t.name IS NOT NULL
            UNION
            SELECT {plain_name("a.name")}, a.code, a.level, 0
            FROM (VALUES {spelled}) AS a(name, code, level) WHERE a.name IS NOT NULL
        )
        -- An agreed spelling comes before any reference, and a place that still exists before one that ended.
        SELECT s.* EXCLUDE (rank), CASE WHEN rank = 0 THEN 0 WHEN coalesce(k.ended, false) THEN 2 ELSE 1 END AS rank
        FROM spelled AS s LEFT JOIN known_places AS k ON k.scheme = 'gss' AND k.code = s.location_code
        """
    )


def _column(name: str) -> str:
    """A reference's column under the slug that its Parquet file uses."""
    return ident(slugged(name))


def slugged(name: str) -> str:
    """The slug of a header: the Python twin of `orchestration.sql.slug`."""
    import re

    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def location_columns(layout: Layout) -> list[str]:
    """The columns that together say which place a row is about."""
    columns: dict[str, None] = {}
    for rule in layout.locations:
        for column in (*rule.when, rule.code, rule.name):
            if column:
                columns[column] = None
    return list(columns)


def make_places(con: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Make `places`: each distinct combination of location columns in `sent`, resolved.

    Columns: those of `location_columns` (null as ''), location_code, location_level, location_name, scheme,
    in_reference, problem (a rule's code or null), shown (what to show the sender), first_row, row_count.
    """
    columns = location_columns(layout)
    keys = ", ".join(f"coalesce({sent_column(c)}, '') AS {sent_column(c)}" for c in columns)
    grouped = f"SELECT {keys}{', ' if keys else ''}min(source_row) AS first_row, count(*) AS row_count"
    group_by = f" GROUP BY {', '.join(str(i + 1) for i in range(len(columns)))}" if columns else ""
    con.execute(f"CREATE TABLE place_keys AS {grouped} FROM sent WHERE NOT filtered{group_by}")
    con.execute(f"CREATE TABLE place_keys_null AS SELECT * REPLACE ({_nulls(columns)}) FROM place_keys"
                if columns else "CREATE TABLE place_keys_null AS FROM place_keys")  # fmt: skip
    choice = " ".join(f"WHEN {condition(r.when)} THEN {i}" for i, r in enumerate(layout.locations))
    con.execute(f"CREATE TABLE place_rules AS SELECT *, CASE {choice} ELSE -1 END AS rule FROM place_keys_null")
    parts = [_resolved(number, rule) for number, rule in enumerate(layout.locations)]
    parts.append(
        "SELECT r.*, NULL AS location_code, NULL AS location_level, NULL AS location_name, NULL AS scheme, "
        f"false AS in_reference, 'location.no_rule' AS problem, {_shown(columns)} AS shown "
        "FROM place_rules AS r WHERE rule = -1"
    )
    keyed = f"* REPLACE ({', '.join(f'coalesce({sent_column(c)}, $$$$) AS {sent_column(c)}' for c in columns)})" if columns else "*"
    con.execute(f"CREATE TABLE places AS SELECT {keyed} FROM ({' UNION ALL BY NAME '.join(parts)})")


def _nulls(columns: list[str]) -> str:
    return ", ".join(f"nullif({sent_column(c)}, '') AS {sent_column(c)}" for c in columns)


def _shown(columns: list[str]) -> str:
    return f"concat_ws(' / ', {', '.join(sent_column(c) for c in columns)})" if columns else "''"


def _resolved(number: int, rule: LocationRule) -> str:
    """SQL that resolves the combinations which one location rule takes."""
    if rule.fixed is not None:
        name = sent_column(rule.name) if rule.name else literal(rule.fixed.name or rule.fixed.code)
        return f"""
            SELECT r.*, {literal(rule.fixed.code)} AS location_code, {literal(rule.fixed.level)} AS location_level,
                   coalesce({name}, {literal(rule.fixed.name)}) AS location_name, 'gss' AS scheme,
                   true AS in_reference, CAST(NULL AS VARCHAR) AS problem, '' AS shown
            FROM place_rules AS r WHERE rule = {number}"""
    code = f"regexp_replace({sent_column(rule.code)}, '\\.0$', '')" if rule.code else "CAST(NULL AS VARCHAR)"
    name = sent_column(rule.name) if rule.name else "CAST(NULL AS VARCHAR)"
    source = f"(SELECT *, {code} AS raw_code, {name} AS raw_name FROM place_rules WHERE rule = {number})"
    if rule.resolve == "name":
        return _by_name(rule, source)
    return _by_code(rule, source)


def _own_places(rule: LocationRule) -> str:
    """The places a contract names itself, as a relation (label, code, level, place_name)."""
    rows = [
        f"({literal(label)}, {literal(p.code)}, {literal(p.level)}, {literal(p.name or label)})"
        for label, p in rule.places.items()
    ]
    empty = "(CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR), CAST(NULL AS VARCHAR))"
    return f"(VALUES {', '.join(rows) or empty}) AS o(label, code, level, place_name)"


def _by_code(rule: LocationRule, source: str) -> str:
    unknown = "location.learned" if rule.open else "location.unknown_code"
    is_gss = f"regexp_full_match(raw_code, {GSS})"
    level = literal(rule.level) if rule.level else "coalesce(known.location_level, entity.location_level)"
    if rule.scheme == "gss":
        other = f"{literal(rule.fallback_scheme + ':')} || raw_code" if rule.fallback_scheme else "raw_code"
        resolved = f"CASE WHEN {is_gss} THEN raw_code ELSE {other} END"
        fallback = rule.fallback_scheme is not None and rule.level is not None
        not_gss = "location.learned" if fallback else "location.unknown_code"
        problem = f"""CASE WHEN raw_code IS NULL THEN 'location.missing'
                           WHEN NOT {is_gss} THEN '{not_gss}'
                           WHEN known.code IS NULL AND entity.prefix IS NULL THEN 'location.unknown_code'
                           WHEN known.code IS NULL THEN '{unknown}' END"""
        scheme = f"CASE WHEN {is_gss} THEN 'gss' ELSE {literal(rule.fallback_scheme or 'gss')} END"
    else:
        resolved = f"coalesce(known.location_code, {literal(rule.scheme + ':')} || raw_code)"
        problem = f"CASE WHEN raw_code IS NULL THEN 'location.missing' WHEN known.code IS NULL THEN '{unknown}' END"
        scheme = literal(rule.scheme)
    return f"""
        SELECT r.* EXCLUDE (raw_code, raw_name), coalesce(o.code, {resolved}) AS location_code,
               coalesce(o.level, {level}) AS location_level,
               coalesce(raw_name, known.name, o.place_name, raw_code) AS location_name, {scheme} AS scheme,
               (known.code IS NOT NULL OR o.code IS NOT NULL) AS in_reference,
               CASE WHEN o.code IS NULL THEN {problem} END AS problem,
               concat_ws(' / ', raw_code, raw_name) AS shown
        FROM {source} AS r
        LEFT JOIN known_places AS known ON known.scheme = {literal(rule.scheme)} AND known.code = raw_code
        LEFT JOIN gss_levels AS entity ON entity.prefix = left(raw_code, 3) AND {is_gss}
        LEFT JOIN {_own_places(rule)} ON {plain_name("o.label")} IN (lower(raw_code), {plain_name("raw_name")})"""


def _by_name(rule: LocationRule, source: str) -> str:
    levels = rule.levels or ([rule.level] if rule.level else [])
    among = f"AND n.location_level IN ({literals(levels)})" if levels else ""
    own = f"{literal(rule.scheme + ':')} || raw_code" if rule.code else f"{literal(rule.scheme + ':')} || {slug('raw_name')}"
    learnable = rule.open and rule.level is not None and rule.scheme != "gss"
    unknown = "location.learned" if learnable else "location.unknown_name"
    return f"""
        SELECT r.* EXCLUDE (raw_code, raw_name),
               coalesce(o.code, hit.location_code{f", {own}" if learnable else ""}) AS location_code,
               coalesce(o.level, hit.location_level{f", {literal(rule.level)}" if learnable else ""}) AS location_level,
               coalesce(raw_name, o.place_name) AS location_name,
               CASE WHEN coalesce(o.code, hit.location_code) IS NOT NULL THEN 'gss' ELSE {literal(rule.scheme)} END AS scheme,
               coalesce(o.code, hit.location_code) IS NOT NULL AS in_reference,
               CASE WHEN o.code IS NOT NULL THEN NULL
                    WHEN raw_name IS NULL THEN 'location.missing'
                    WHEN hit.found IS NULL THEN '{unknown}'
                    WHEN hit.found > 1 THEN 'location.ambiguous_name' END AS problem,
               concat_ws(' / ', raw_name, raw_code) AS shown
        FROM {source} AS r
        LEFT JOIN {_own_places(rule)} ON {plain_name("o.label")} = {plain_name("raw_name")}
        LEFT JOIN (
            SELECT plain, first(location_code) AS location_code, first(location_level) AS location_level,
                   count(DISTINCT (location_code, location_level)) AS found
            FROM (SELECT * FROM known_names AS n WHERE true {among}
                  QUALIFY rank = min(rank) OVER (PARTITION BY plain))
            GROUP BY plain
        ) AS hit ON hit.plain = {plain_name("raw_name")}"""
