"""A country of two regions with two authorities each, and what a few returns say of its people.

Belongs here: contracts, the tables of a release that disclosure control reads, and what it hides of them. Does not
belong here: any assertion.
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
PLACES = {ENGLAND: None, NORTH: "E12000001", SOUTH: "E12000002",
          A: "E12000001", B: "E12000001", C: "E12000002", D: "E12000002"}  # fmt: skip
SEXES = ("sex=female", "sex=male")
FIRST, SECOND, EVER = "2024-01-01", "2025-01-01", "9999-12-31"

MEASURES = {"dept.people": "count", "dept.share": "proportion", "dept.gap": "score", "other.people": "count"}


@dataclass(frozen=True)
class Cell:
    """One version of one cell. `v` is the value; a proportion follows from its sides."""

    measure: str
    place: str
    v: float | None = None
    n: float | None = None
    d: float | None = None
    group: str = "Total"
    line: str = "Total"
    since: str = FIRST
    until: str = EVER

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What names the cell, whatever its version."""
        return self.measure, self.place, self.group, self.line


def contracts(folder: Path, *, other: dict[str, Any] | None = None, controls: Any = (), **dept: Any) -> Contracts:
    """Contracts of the returns `dept.figures` and `other.figures` with these blocks of disclosure."""
    open_to_all = {"tiers": ["restricted", "open"], "threshold": 5}
    codes = {"departments": {"dept": "A department", "other": "Another"}, "gss_entities": {}}
    (folder / "codes.yml").write_text(yaml.safe_dump(codes), encoding="utf-8")
    for department, said in (("dept", dept), ("other", other or {})):
        measures = [
            {"code": code, "name": code, "unit": "people", "value_type": kind, "domain": "context",
             "aggregation_reason": "None.", "definition": "What it says.", "period": {"kind": "FY"},
             **({"multiplier": 100} if kind == "proportion" else {})}
            for code, kind in MEASURES.items() if code.startswith(department)
        ]  # fmt: skip
        contract = {
            "return": f"{department}.figures", "name": "Figures", "description": "Figures.", "department": department,
            "owner": {"name": "Someone", "email": "someone@example.org"}, "cadence": "annual",
            "due": {"months_after_period_end": 6}, "burden": {"hours_per_return": 1}, "measures": measures,
            "disclosure": {**open_to_all, **said}, "controls": list(controls) if department == "dept" else [],
            "layouts": [{"name": "long", "file": {"format": "csv"}, "columns": {"period": {}, "code": {}, "value": {}},
                         "period": {"column": "period"}, "locations": [{"code": "code"}],
                         "cells": [{"measure": measures[0]["code"], "value": "value"}]}],
        }  # fmt: skip
        path = folder / "returns" / department / "figures.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(contract), encoding="utf-8")
    return load_contracts(folder)


def people(*counts: float, measure: str = "dept.people", **more: Any) -> list[Cell]:
    """Counts of A, B, C and D, with the sums of their regions and of England."""
    a, b, c, d = counts
    of_places = {A: a, B: b, C: c, D: d, NORTH: a + b, SOUTH: c + d, ENGLAND: a + b + c + d}
    return [Cell(measure, place, count, **more) for place, count in of_places.items()]


def shares(*sides: tuple[float, float], **more: Any) -> list[Cell]:
    """Proportions of A, B, C and D, with those of their regions and of England."""
    n = people(*(side[0] for side in sides))
    d = people(*(side[1] for side in sides))
    return [
        Cell("dept.share", above.place, 100 * (above.v or 0) / (below.v or 1), above.v, below.v, **more)
        for above, below in zip(n, d, strict=True)
    ]


def laid(con: duckdb.DuckDBPyConnection, name: str, cells: Iterable[Cell]) -> str:
    """A release of these cells, attached as `name`."""
    con.execute(f"ATTACH ':memory:' AS {name}; CREATE SCHEMA {name}.marts")
    con.execute(
        f"""CREATE TABLE {name}.marts.dim_location AS
            SELECT location_key, split_part(location_key, ':', 1) AS location_level,
                   split_part(location_key, ':', 2) AS location_code, region_code, 'E92000001' AS country_code,
                   NULL::VARCHAR AS upper_tier_code, NULL::VARCHAR AS combined_authority_code,
                   NULL::VARCHAR AS police_force_code, NULL::VARCHAR AS within_location_key
            FROM (VALUES {", ".join(f"('{p}', {'NULL' if r is None else repr(r)})" for p, r in PLACES.items())})
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
        ["|".join(cell.key), f"{cell.measure.partition('.')[0]}.figures", cell.measure, cell.place, "FY2023-24",
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


def suppressed(
    said: Contracts, cells: Sequence[Cell], *earlier: Sequence[Cell]
) -> tuple[set[tuple[str, str, str, str]], Suppression]:
    """The keys of the cells that must be hidden, and how many there are of each kind; `earlier` are open releases."""
    with duckdb.connect() as con:
        names = [laid(con, f"earlier_{number}", one) for number, one in enumerate(earlier)]
        counted = suppress(con, said, laid(con, "whole", cells), names, lambda _: None)
        rows = con.execute(
            """SELECT measure_code, location_level || ':' || location_code, population_group_code, service_line
               FROM disclosure_hidden"""
        ).fetchall()
    return {(m, p, g, s) for m, p, g, s in rows}, counted


def hidden(said: Contracts, cells: Sequence[Cell], *earlier: Sequence[Cell]) -> set[tuple[str, str, str, str]]:
    """The keys alone."""
    return suppressed(said, cells, *earlier)[0]


def masked(cells: Iterable[Cell], keys: set[tuple[str, str, str, str]]) -> list[Cell]:
    """The cells as the open tier has them."""
    return [replace(cell, v=None, n=None, d=None) if cell.key in keys else cell for cell in cells]


def attacked(
    said: Contracts, cells: Sequence[Cell], draft: Sequence[Cell], *earlier: Sequence[Cell], damage: str = ""
) -> dict[str, Rule]:
    """Every rule of the audit, by name; `damage` is SQL on the draft, which is attached as `draft`."""
    with duckdb.connect() as con:
        names = [laid(con, f"earlier_{number}", one) for number, one in enumerate(earlier)]
        laid(con, "whole", cells)
        laid(con, "draft", draft)
        if damage:
            con.execute(damage)
        return {rule.name: rule for rule in audit(con, said, "whole", "draft", names)}
