"""A country of two regions with two authorities each, and returns with counts of its people.

Contains contracts, the tables of a release that disclosure control reads, and the cells that it suppresses. Not here:
assertions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.contracts.load import Contracts, load_contracts
from orchestration.disclosure.audit import Rule, audit
from orchestration.disclosure.suppression import Suppression, suppress

ENGLAND, NORTH, SOUTH = "country:E92000001", "region:E12000001", "region:E12000002"
A, B, C, D = (f"local_authority:E0600000{number}" for number in range(1, 5))
LOCATIONS = {ENGLAND: None, NORTH: "E12000001", SOUTH: "E12000002",
          A: "E12000001", B: "E12000001", C: "E12000002", D: "E12000002"}  # fmt: skip
SEXES = ("sex=female", "sex=male")
FIRST, SECOND, EVER = "2024-01-01", "2025-01-01", "9999-12-31"

MEASURES = {"dept.people": "count", "dept.share": "proportion", "dept.gap": "score", "other.people": "count"}


@dataclass(frozen=True)
class Cell:
    """One version of one cell, with value `v`, numerator `n` and denominator `d`."""

    measure: str
    location: str
    v: float | None = None
    n: float | None = None
    d: float | None = None
    group: str = "Total"
    line: str = "Total"
    since: str = FIRST
    until: str = EVER

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The key of the cell, the same for all its versions."""
        return self.measure, self.location, self.group, self.line


def contracts(folder: Path, *, other: dict[str, Any] | None = None, controls: Any = (), **dept: Any) -> Contracts:
    """Return contracts for the returns `dept.figures` and `other.figures` with these disclosure blocks."""
    open_to_all = {"tiers": ["restricted", "open"], "threshold": 5}
    codes = {"departments": {"dept": "A department", "other": "Another"}, "gss_entities": {}}
    (folder / "codes.yml").write_text(yaml.safe_dump(codes), encoding="utf-8")
    for department, block in (("dept", dept), ("other", other or {})):
        measures = [
            {"code": code, "name": code, "unit": "people", "value_type": kind, "domain": "context",
             "aggregation_reason": "None.", "definition": "As named.", "period": {"kind": "FY"},
             **({"multiplier": 100} if kind == "proportion" else {})}
            for code, kind in MEASURES.items() if code.startswith(department)
        ]  # fmt: skip
        contract = {
            "return": f"{department}.figures", "name": "Figures", "description": "Figures.", "department": department,
            "owner": {"name": "Someone", "email": "someone@example.org"}, "cadence": "annual",
            "due": {"months_after_period_end": 6}, "burden": {"hours_per_return": 1}, "measures": measures,
            "disclosure": {**open_to_all, **block}, "controls": list(controls) if department == "dept" else [],
            "layouts": [{"name": "long", "file": {"format": "csv"}, "columns": {"period": {}, "code": {}, "value": {}},
                         "period": {"column": "period"}, "locations": [{"code": "code"}],
                         "cells": [{"measure": measures[0]["code"], "value": "value"}]}],
        }  # fmt: skip
        path = folder / "returns" / department / "figures.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(contract), encoding="utf-8")
    return load_contracts(folder)


def people(*counts: float, measure: str = "dept.people", **more: Any) -> list[Cell]:
    """Return cells with counts of A, B, C and D and the totals of their regions and of England."""
    a, b, c, d = counts
    location_counts = {A: a, B: b, C: c, D: d, NORTH: a + b, SOUTH: c + d, ENGLAND: a + b + c + d}
    return [Cell(measure, location, count, **more) for location, count in location_counts.items()]


def shares(*sides: tuple[float, float], **more: Any) -> list[Cell]:
    """Return cells with proportions of A, B, C and D, of their regions and of England."""
    n = people(*(side[0] for side in sides))
    d = people(*(side[1] for side in sides))
    return [
        Cell("dept.share", above.location, 100 * (above.v or 0) / (below.v or 1), above.v, below.v, **more)
        for above, below in zip(n, d, strict=True)
    ]


def attach_release(con: duckdb.DuckDBPyConnection, name: str, cells: Iterable[Cell]) -> str:
    """Create a release of these cells, attached as `name`."""
    con.execute(f"ATTACH ':memory:' AS {name}; CREATE SCHEMA {name}.marts")
    con.execute(
        f"""CREATE TABLE {name}.marts.dim_location AS
            SELECT location_key, split_part(location_key, ':', 1) AS location_level,
                   split_part(location_key, ':', 2) AS location_code, region_code, 'E92000001' AS country_code,
                   NULL::VARCHAR AS upper_tier_code, NULL::VARCHAR AS combined_authority_code,
                   NULL::VARCHAR AS police_force_code, NULL::VARCHAR AS within_location_key
            FROM (VALUES {", ".join(f"('{p}', {'NULL' if r is None else repr(r)})" for p, r in LOCATIONS.items())})
                AS t(location_key, region_code)"""
    )
    kinds = ", ".join(f"('{code}', '{kind}')" for code, kind in MEASURES.items())
    con.execute(f"CREATE TABLE {name}.marts.dim_measure AS FROM (VALUES {kinds}) AS t(measure_code, value_type)")
    con.execute(
        f"""CREATE TABLE {name}.marts.fct_observation (observation_key VARCHAR, return_code VARCHAR,
            measure_code VARCHAR, location_key VARCHAR, period_code VARCHAR, population_group_code VARCHAR,
            service_line VARCHAR, known_from TIMESTAMP, known_to TIMESTAMP, numerator DOUBLE, denominator DOUBLE,
            value DOUBLE, lower_95 DOUBLE, upper_95 DOUBLE, lower_99_8 DOUBLE, upper_99_8 DOUBLE)"""
    )
    rows = [
        ["|".join(cell.key), f"{cell.measure.partition('.')[0]}.figures", cell.measure, cell.location, "FY2023-24",
         cell.group, cell.line, cell.since, cell.until, cell.n, cell.d, cell.v, None, None, None, None]
        for cell in cells
    ]  # fmt: skip
    if rows:
        con.executemany(f"INSERT INTO {name}.marts.fct_observation VALUES ({', '.join('?' * 16)})", rows)
    con.execute(
        f"""CREATE TABLE {name}.marts.dim_submission AS
            SELECT 'one' AS submission_key, 'dept.figures' AS return_code, NULL::VARCHAR AS sender;
            CREATE TABLE {name}.marts.fct_screening (submission_key VARCHAR, found_value VARCHAR, message VARCHAR)"""
    )
    return name


def suppress_cells(
    contract_set: Contracts, cells: Sequence[Cell], *earlier: Sequence[Cell]
) -> tuple[set[tuple[str, str, str, str]], Suppression]:
    """Return the keys of the suppressed cells, and their counts by kind; `earlier` are open releases."""
    with duckdb.connect() as con:
        names = [attach_release(con, f"earlier_{number}", release) for number, release in enumerate(earlier)]
        counts = suppress(con, contract_set, attach_release(con, "whole", cells), names, lambda _: None)
        rows = con.execute(
            """SELECT measure_code, location_level || ':' || location_code, population_group_code, service_line
               FROM disclosure_hidden"""
        ).fetchall()
    return {(m, p, g, s) for m, p, g, s in rows}, counts


def suppressed_keys(
    contract_set: Contracts, cells: Sequence[Cell], *earlier: Sequence[Cell]
) -> set[tuple[str, str, str, str]]:
    """Return the keys of the suppressed cells."""
    return suppress_cells(contract_set, cells, *earlier)[0]


def with_suppressed(cells: Iterable[Cell], keys: set[tuple[str, str, str, str]]) -> list[Cell]:
    """Return the cells with those of `keys` suppressed."""
    return [replace(cell, v=None, n=None, d=None) if cell.key in keys else cell for cell in cells]


def audit_results(
    contract_set: Contracts, cells: Sequence[Cell], draft: Sequence[Cell], *earlier: Sequence[Cell], damage: str = ""
) -> dict[str, Rule]:
    """Return every rule of the audit by name; `damage` is SQL on the database attached as `draft`."""
    with duckdb.connect() as con:
        names = [attach_release(con, f"earlier_{number}", release) for number, release in enumerate(earlier)]
        attach_release(con, "whole", cells)
        attach_release(con, "draft", draft)
        if damage:
            con.execute(damage)
        return {rule.name: rule for rule in audit(con, contract_set, "whole", "draft", names)}
