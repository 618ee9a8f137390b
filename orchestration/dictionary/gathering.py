"""The dictionary of a release: what dbt says of its tables and columns, and what its own tables say of measures.

Belongs here: joining both, and finding what is not described. Does not belong here: showing it (`page`).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.warehouse.key import FIGURES
from orchestration.warehouse.star import MANIFEST

SCHEMAS = ("analysis", "marts")


@dataclass(frozen=True)
class Column:
    """A column as it is in the release; `codes` are the values it may have, where they are few and agreed."""

    name: str
    type: str
    description: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table or view; its description begins with what one row is."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Measure:
    """A measure, with the places and periods that the release has of it."""

    code: str
    name: str
    return_code: str
    domain: str
    unit: str
    value_type: str
    polarity: str
    definition: str
    levels: str
    first_period: str | None
    last_period: str | None


@dataclass(frozen=True)
class Dictionary:
    """Every table of `SCHEMAS` and every measure of one release."""

    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]

    def undescribed(self) -> list[str]:
        """Tables, columns and measures that nobody has described: `schema.table`, `schema.table.column` or a code."""
        return [
            *(f"{table.schema}.{table.name}" for table in self.tables if not table.description),
            *(
                f"{table.schema}.{table.name}.{column.name}"
                for table in self.tables
                for column in table.columns
                if not column.description
            ),
            *(measure.code for measure in self.measures if not measure.definition),
        ]


def descriptions(manifest: Path = MANIFEST) -> dict[tuple[str, str], str]:
    """Descriptions by table and column; the column is empty for the table's own. Empty where dbt was never parsed."""
    return {
        (node["name"], name): " ".join(said.split())
        for node in _models(manifest)
        for name, said in [
            ("", node["description"]),
            *((name, column["description"]) for name, column in node["columns"].items()),
        ]
        if said
    }


def gather(con: duckdb.DuckDBPyConnection, manifest: Path = MANIFEST) -> Dictionary:
    """The dictionary of the release that `con` reads; what nobody describes has an empty description."""
    said, codes = descriptions(manifest), _codes(manifest)
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, kind in con.execute(
        """SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
           WHERE schema_name IN ('analysis', 'marts') AND NOT internal
           ORDER BY schema_name, table_name, column_index"""
    ).fetchall():
        column = Column(name, kind.lower(), said.get((table, name), ""), codes.get((table, name), ()))
        columns.setdefault((schema, table), []).append(column)
    tables = tuple(
        Table(schema, name, said.get((name, ""), ""), tuple(found)) for (schema, name), found in columns.items()
    )
    return Dictionary(tables, tuple(_measures(con)) if ("analysis", "estimates") in columns else ())


def _measures(con: duckdb.DuckDBPyConnection) -> Iterator[Measure]:
    rows = con.execute(
        f"""SELECT measure_code, measure_name, measures.return_code, domain, unit, value_type, polarity,
                  coalesce(definition, ''), coalesce(levels, ''), first_period, last_period
           FROM marts.dim_measure AS measures
           LEFT JOIN (
               SELECT measure_code,
                      string_agg(DISTINCT replace(location_level, '_', ' '), ', '
                                 ORDER BY replace(location_level, '_', ' ')) AS levels,
                      arg_min(period_code, (period_start, period_code)) AS first_period,
                      arg_max(period_code, (period_start, period_code)) AS last_period
               FROM {FIGURES} GROUP BY measure_code
           ) AS figures USING (measure_code)
           ORDER BY measure_code"""
    ).fetchall()
    return (Measure(*row) for row in rows)


def _codes(manifest: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """The values that dbt's tests accept, by table and column."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    names = {node["unique_id"]: node["name"] for node in _models(manifest)}
    for node in _nodes(manifest):
        test = node.get("test_metadata") or {}
        if test.get("name") == "accepted_values" and node.get("attached_node") in names:
            column = str(test["kwargs"]["column_name"]).strip('"')
            found[names[node["attached_node"]], column] = tuple(map(str, test["kwargs"]["values"]))
    return found


def _models(manifest: Path) -> Iterator[dict[str, Any]]:
    return (node for node in _nodes(manifest) if node["resource_type"] == "model" and node["schema"] in SCHEMAS)


def _nodes(manifest: Path) -> list[dict[str, Any]]:
    if not manifest.is_file():
        return []
    return list(json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values())
