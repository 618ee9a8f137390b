"""The dictionary of a release: dbt's descriptions of tables and columns, and the measures in the release's own tables.

Contains joining both with the code lists, and finding entries without a description. Not here: the meaning of codes
(`code_lists`), or showing the dictionary (`page`).
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dictionary.code_lists import CodeList, code_lists, definitions, written_lists
from orchestration.dictionary.figures import FIGURES
from orchestration.dictionary.recipes import recipes
from orchestration.dictionary.semantics import SEMANTIC_MANIFEST, Metric, metrics
from orchestration.foundation.settings import DBT_MANIFEST, PROJECT_ROOT

SCHEMAS = ("analysis", "marts")
CONTRACTS = PROJECT_ROOT / "contracts"

_UNIT = re.compile(r"(?P<rest>.*?)\s*Unit: (?P<unit>.+)\.$")
_UNITS_OF_TYPES = {"date": "a day", "timestamp": "a time in UTC"}
_NUMBERS = ("bigint", "integer", "smallint", "double", "hugeint", "decimal")


@dataclass(frozen=True)
class Column:
    """A column of the release.

    `unit` is empty if it has none. `code_list` names the list of its values, if any. `codes` holds the values that are
    allowed, if the list is closed, and `codes_in_words` their meanings.
    """

    name: str
    type: str
    description: str
    unit: str = ""
    code_list: str = ""
    codes: tuple[str, ...] = ()
    codes_in_words: str = ""

    @property
    def needs_unit(self) -> bool:
        """True if the column holds numbers that are not keys."""
        return self.type.startswith(_NUMBERS) and not self.name.endswith("_key")

    @property
    def in_full(self) -> str:
        """Description, unit and codes together, for tools that show only one text."""
        unit = f"Unit: {self.unit}." if self.unit else ""
        return " ".join(part for part in (self.description, unit, self.codes_in_words) if part)


@dataclass(frozen=True)
class Table:
    """A table or view; its description begins with the meaning of a row."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Measure:
    """A measure, with its location levels and periods in the release; `recipe` is the formula of a derived measure."""

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
    recipe: str = ""

    @property
    def meaning(self) -> str:
        """Its definition; without one, its type and unit."""
        if self.definition:
            return self.definition
        kind = definitions()["value_type"].codes[self.value_type]
        return f"The return does not define this measure. Type: {self.value_type} ({kind}). Unit: {self.unit}."


@dataclass(frozen=True)
class Dictionary:
    """Every table of `SCHEMAS`, every measure and every code list of one release, and the metrics of its views."""

    tables: tuple[Table, ...]
    measures: tuple[Measure, ...]
    code_lists: tuple[CodeList, ...] = ()
    metrics: tuple[Metric, ...] = ()

    def without_unit(self) -> list[str]:
        """Return the columns of numbers, except keys, whose unit is not given: `schema.table.column`."""
        return [
            f"{table.schema}.{table.name}.{column.name}"
            for table in self.tables
            for column in table.columns
            if column.needs_unit and not column.unit
        ]

    def undescribed(self) -> list[str]:
        """Return tables, columns and measures without description: `schema.table`, `schema.table.column` or a code."""
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


def descriptions(manifest: Path = DBT_MANIFEST, contracts: Path = CONTRACTS) -> dict[tuple[str, str], str]:
    """Return descriptions by table and column, with the meanings of codes; the column is empty for the table itself.

    The result is empty if the dbt project was never parsed.
    """
    lists = written_lists(contracts)
    return {
        (table, column): " ".join(part for part in (text, _in_words(lists, table, column)) if part)
        for (table, column), text in _dbt_descriptions(manifest).items()
    }


def gather(con: duckdb.DuckDBPyConnection, manifest: Path = DBT_MANIFEST, contracts: Path = CONTRACTS) -> Dictionary:
    """Return the dictionary of the release that `con` reads; missing descriptions are empty."""
    texts, accepted, lists = _dbt_descriptions(manifest), accepted_values(manifest), code_lists(con, contracts)
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, kind in con.execute(
        """SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()
           WHERE schema_name IN ('analysis', 'marts') AND NOT internal
           ORDER BY schema_name, table_name, column_index"""
    ).fetchall():
        text = texts.get((table, name), "")
        with_unit = _UNIT.match(text)
        code_list = next((each for each in lists if each.has(table, name)), None)
        closed = tuple(code.code for code in code_list.codes) if code_list and code_list.is_closed else ()
        columns.setdefault((schema, table), []).append(
            Column(
                name, kind.lower(), with_unit["rest"] if with_unit else text,
                with_unit["unit"] if with_unit else _UNITS_OF_TYPES.get(kind.lower(), ""),
                code_list.name if code_list else "", closed or accepted.get((table, name), ()),
                _in_words(lists, table, name),
            )
        )  # fmt: skip
    tables = tuple(
        Table(schema, name, texts.get((name, ""), ""), tuple(content)) for (schema, name), content in columns.items()
    )
    measures = tuple(_measures(con)) if ("analysis", "estimates") in columns else ()
    semantics = manifest.with_name(SEMANTIC_MANIFEST.name)
    views = {table.name for table in tables if table.schema == "analysis"}
    shown = tuple(metric for metric in metrics(semantics) if metric.view in views) if semantics.is_file() else ()
    return Dictionary(tables, measures, lists, shown)


def _dbt_descriptions(manifest: Path) -> dict[tuple[str, str], str]:
    """Return dbt's descriptions, by table and column."""
    return {
        (node["name"], name): " ".join(text.split())
        for node in _models(manifest)
        for name, text in [
            ("", node["description"]),
            *((name, column["description"]) for name, column in node["columns"].items()),
        ]
        if text
    }


def _in_words(lists: Iterable[CodeList], table: str, column: str) -> str:
    return " ".join(code_list.in_words() for code_list in lists if code_list.has(table, column))


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
    formulas = recipes(con)
    return (Measure(*(*row, formulas.get(row[0], ""))) for row in rows)


def accepted_values(manifest: Path = DBT_MANIFEST) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the values that dbt's tests accept, by table and column."""
    accepted: dict[tuple[str, str], tuple[str, ...]] = {}
    names = {node["unique_id"]: node["name"] for node in _models(manifest)}
    for node in _nodes(manifest):
        test = node.get("test_metadata") or {}
        if test.get("name") == "accepted_values" and node.get("attached_node") in names:
            column = str(test["kwargs"]["column_name"]).strip('"')
            accepted[names[node["attached_node"]], column] = tuple(map(str, test["kwargs"]["values"]))
    return accepted


def _models(manifest: Path) -> Iterator[dict[str, Any]]:
    return (node for node in _nodes(manifest) if node["resource_type"] == "model" and node["schema"] in SCHEMAS)


def _nodes(manifest: Path) -> tuple[dict[str, Any], ...]:
    return _parsed(manifest, manifest.stat().st_mtime_ns) if manifest.is_file() else ()


@lru_cache(maxsize=1)
def _parsed(manifest: Path, _written_at: int) -> tuple[dict[str, Any], ...]:
    """Return the nodes of a manifest, parsed once: it has several megabytes, and a dictionary reads it three times."""
    return tuple(json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values())
