"""The location of each row: each distinct combination of location columns is resolved once.

Contains the location rules of a contract, from codes and names to a location. Not here: the codes and names that
exist (`known_locations`), hierarchy and history (dbt's `dim_location`).
"""

import duckdb

from orchestration.contracts.model import Layout, LocationRule, Within
from orchestration.foundation.sql import literal, literals, plain_name, sent_column, slug
from orchestration.returns.rules import Problem
from orchestration.returns.screening.layout.labels import condition
from orchestration.returns.screening.layout.rows import location_columns
from orchestration.returns.screening.meaning.known_locations import GSS, KnownLocations

_NOTHING = "CAST(NULL AS VARCHAR)"


def missing_references(layout: Layout, known: KnownLocations) -> list[Problem]:
    """Return a problem if the layout needs references of locations and none has landed: every code would be unknown."""
    needed = any(rule.fixed is None and (rule.resolve == "name" or not rule.open) for rule in layout.locations)
    if not needed or known.has_learned or not known.absent:
        return []
    listed = ", ".join(known.absent)
    return [
        Problem(
            "references.missing", f"the references with the locations of this return have not been received: {listed}"
        )
    ]


def make_places(con: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create `places`: one row per row of `place_keys`, with its location and any parent location."""
    choice = " ".join(f"WHEN {condition(rule.when)} THEN {number}" for number, rule in enumerate(layout.locations))
    con.execute(f"CREATE TABLE place_rules AS SELECT *, CASE {choice} ELSE -1 END AS rule FROM place_keys")
    parts = [_resolved(number, rule) for number, rule in enumerate(layout.locations)]
    columns = ", ".join(sent_column(column) for column in location_columns(layout)) or "''"
    parts.append(
        f"""SELECT place_key, {_NOTHING} AS location_code, {_NOTHING} AS location_level, {_NOTHING} AS location_name,
                   false AS in_reference, 'location.no_rule' AS problem, concat_ws(' / ', {columns}) AS shown
            FROM place_rules WHERE rule = -1"""
    )
    con.execute(
        f"""CREATE TABLE places AS
        SELECT p.* EXCLUDE (problem), k.first_row, k.row_count,
               CASE WHEN problem IS NULL AND location_level IS NULL THEN 'location.unknown_code'
                    ELSE problem END AS problem,
               CASE WHEN regexp_full_match(location_code, {GSS}) THEN 'gss'
                    WHEN contains(location_code, ':') THEN split_part(location_code, ':', 1) ELSE '' END AS scheme,
               CAST(dense_rank() OVER (ORDER BY location_code, location_level) AS INTEGER) AS place_rank,
               w.* EXCLUDE (place_key)
        FROM ({" UNION ALL BY NAME ".join(parts)}) AS p JOIN place_keys AS k USING (place_key)
        LEFT JOIN ({_parents(layout)}) AS w USING (place_key)"""
    )


def _parents(layout: Layout) -> str:
    """Return SQL for the parent location of each combination whose location rule has one."""
    parts = [_within(number, rule.within) for number, rule in enumerate(layout.locations) if rule.within]
    none = f"""SELECT place_key, {_NOTHING} AS within_code, {_NOTHING} AS within_level, {_NOTHING} AS within_name,
                        false AS within_is_known FROM place_rules WHERE false"""
    return " UNION ALL BY NAME ".join([*parts, none])


def _within(number: int, within: Within) -> str:
    code = f"nullif(regexp_replace({sent_column(within.code)}, '\\.0$', ''), '')" if within.code else _NOTHING
    name = f"nullif({sent_column(within.name)}, '')" if within.name else _NOTHING
    # A code comes before a name; a location that neither identifies gets a code in the issuer's scheme.
    learned = f"coalesce(raw_code, {slug('raw_name')})"
    issued = f"{literal(within.scheme + ':')} || {learned}"
    own = f"CASE WHEN regexp_full_match(raw_code, {GSS}) THEN raw_code ELSE {issued} END"
    return f"""
        SELECT place_key, coalesce(known.location_code, hit.location_code, {own}) AS within_code,
               {literal(within.level)} AS within_level, coalesce(raw_name, known.name, raw_code) AS within_name,
               coalesce(known.location_code, hit.location_code) IS NOT NULL AS within_is_known
        FROM (SELECT place_key, {code} AS raw_code, {name} AS raw_name FROM place_rules WHERE rule = {number}) AS r
        LEFT JOIN known_places AS known
            ON known.scheme = {literal(within.scheme)} AND known.code = raw_code
            AND known.location_level = {literal(within.level)}
        LEFT JOIN (
            SELECT plain, min(location_code) AS location_code FROM known_names
            WHERE location_level = {literal(within.level)} GROUP BY plain HAVING count(DISTINCT location_code) = 1
        ) AS hit ON hit.plain = {plain_name("raw_name")}
        WHERE coalesce(raw_code, raw_name) NOT IN ({literals(["", *within.none])})"""


def _resolved(number: int, rule: LocationRule) -> str:
    """Return SQL that resolves the combinations of one location rule."""
    name = _bare(rule, sent_column(rule.name)) if rule.name else _NOTHING
    if rule.fixed is not None:
        return f"""
            SELECT place_key, {literal(rule.fixed.code)} AS location_code,
                   {literal(rule.fixed.level)} AS location_level,
                   coalesce({name}, {literal(rule.fixed.name or rule.fixed.code)}) AS location_name,
                   true AS in_reference, {_NOTHING} AS problem, '' AS shown
            FROM place_rules WHERE rule = {number}"""
    code = f"regexp_replace({sent_column(rule.code)}, '\\.0$', '')" if rule.code else _NOTHING
    source = f"(SELECT place_key, {code} AS raw_code, {name} AS raw_name FROM place_rules WHERE rule = {number})"
    return _by_name(rule, source) if rule.resolve == "name" else _by_code(rule, source)


def _bare(rule: LocationRule, name: str) -> str:
    """Return SQL for a name without the text that the contract removes."""
    return f"regexp_replace({name}, {literal(rule.name_noise)}, '', 'g')" if rule.name_noise else name


def _own_places(rule: LocationRule) -> str:
    """Return the locations listed in the contract as a relation (plain, code, level, place_name), each label once."""
    rows = ", ".join(
        f"({literal(label)}, {literal(p.code)}, {literal(p.level)}, {literal(p.name or label)})"
        for label, p in rule.places.items()
    )
    values = rows or f"({_NOTHING}, {_NOTHING}, {_NOTHING}, {_NOTHING})"
    plain = plain_name(_bare(rule, "label"))
    return f"""(SELECT DISTINCT ON ({plain}) {plain} AS plain, code, level, place_name
                FROM (VALUES {values}) AS v(label, code, level, place_name) ORDER BY {plain}, label)"""


def _by_code(rule: LocationRule, source: str) -> str:
    unknown = "location.learned" if rule.open else "location.unknown_code"
    is_gss = f"regexp_full_match(raw_code, {GSS})"
    level = literal(rule.level) if rule.level else "coalesce(known.location_level, entity.location_level)"
    if rule.scheme == "gss":
        other = f"{literal(rule.fallback_scheme + ':')} || raw_code" if rule.fallback_scheme else "raw_code"
        resolved = f"CASE WHEN {is_gss} THEN raw_code ELSE {other} END"
        not_gss = "location.learned" if rule.fallback_scheme and rule.level else "location.unknown_code"
        problem = f"""CASE WHEN raw_code IS NULL THEN 'location.missing'
                           WHEN NOT {is_gss} THEN '{not_gss}'
                           WHEN known.code IS NULL AND entity.prefix IS NULL THEN 'location.unknown_code'
                           WHEN known.code IS NULL THEN '{unknown}' END"""
    else:
        resolved = f"coalesce(known.location_code, {literal(rule.scheme + ':')} || raw_code)"
        problem = f"CASE WHEN raw_code IS NULL THEN 'location.missing' WHEN known.code IS NULL THEN '{unknown}' END"
    return f"""
        SELECT place_key, coalesce(a.code, b.code, {resolved}) AS location_code,
               coalesce(a.level, b.level, {level}) AS location_level,
               coalesce(raw_name, known.name, a.place_name, b.place_name, raw_code) AS location_name,
               coalesce(known.code, a.code, b.code) IS NOT NULL AS in_reference,
               CASE WHEN coalesce(a.code, b.code) IS NULL THEN {problem} END AS problem,
               concat_ws(' / ', raw_code, raw_name) AS shown
        FROM {source} AS r
        LEFT JOIN known_places AS known ON known.scheme = {literal(rule.scheme)} AND known.code = raw_code
        LEFT JOIN gss_levels AS entity ON entity.prefix = left(raw_code, 3) AND {is_gss}
        LEFT JOIN {_own_places(rule)} AS a ON a.plain = {plain_name("raw_code")}
        LEFT JOIN {_own_places(rule)} AS b ON b.plain = {plain_name("raw_name")}"""


def _by_name(rule: LocationRule, source: str) -> str:
    levels = rule.levels or ([rule.level] if rule.level else [])
    among = f"WHERE location_level IN ({literals(levels)})" if levels else ""
    own, own_level, unknown = _NOTHING, _NOTHING, "location.unknown_name"
    if rule.open and rule.level is not None and rule.scheme != "gss":
        prefix, own_level, unknown = literal(rule.scheme + ":"), literal(rule.level), "location.learned"
        own = f"CASE WHEN hit.found IS NULL THEN {prefix} || coalesce(raw_code, nullif({slug('raw_name')}, '')) END"
    return f"""
        SELECT place_key, coalesce(o.code, hit.location_code, {own}) AS location_code,
               coalesce(o.level, hit.location_level, {own_level}) AS location_level,
               coalesce(raw_name, o.place_name, raw_code) AS location_name,
               coalesce(o.code, hit.location_code) IS NOT NULL AS in_reference,
               CASE WHEN o.code IS NOT NULL THEN NULL
                    WHEN raw_name IS NULL THEN 'location.missing'
                    WHEN hit.found IS NULL THEN '{unknown}'
                    WHEN hit.found > 1 THEN 'location.ambiguous_name' END AS problem,
               concat_ws(' / ', raw_name, raw_code) AS shown
        FROM {source} AS r
        LEFT JOIN {_own_places(rule)} AS o ON o.plain = {plain_name("raw_name")}
        LEFT JOIN (
            SELECT plain, min(location_code) AS location_code, arg_min(location_level, location_code) AS location_level,
                   count(DISTINCT (location_code, location_level)) AS found
            FROM (SELECT * FROM known_names {among} QUALIFY rank = min(rank) OVER (PARTITION BY plain))
            GROUP BY plain
        ) AS hit ON hit.plain = {plain_name("raw_name")}"""
