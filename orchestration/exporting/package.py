"""The flat views of a release as CSV, with a Frictionless data package and CSVW metadata that describe each column.

Contains writing those files. Not here: spreadsheets (`spreadsheets`), or the descriptions of columns
(`orchestration.dictionary`).

Sources: Frictionless Data, "Data Package" (v1 profile `tabular-data-package`); W3C, "Metadata Vocabulary for Tabular
Data" (2015), whose files have the name of the CSV file with the suffix `-metadata.json`.
"""

import json
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dictionary.gathering import Column, Dictionary, Table
from orchestration.exporting.shorthand import SIGNS, STATUS_OF, figure
from orchestration.foundation.sql import ident, literal, literals
from orchestration.warehouse.store.query import FORMULA

PACKAGE = "datapackage.json"

_TYPES = {
    "varchar": ("string", "string"), "varchar[]": ("string", "string"), "double": ("number", "double"),
    "bigint": ("integer", "long"), "integer": ("integer", "int"), "boolean": ("boolean", "boolean"),
    "date": ("date", "date"), "timestamp": ("datetime", "dateTime"),
}  # fmt: skip
"""Frictionless and CSVW types by DuckDB type; all others are text."""

_MISSING = ["", *SIGNS]

_LEFT_OUT = ("lineage",)
"""View of the source cells of figures, with several rows per figure; query it in the release, one figure at a time."""


def write_package(
    con: duckdb.DuckDBPyConnection, dictionary: Dictionary, folder: Path, name: str, title: str
) -> list[Path]:
    """Write `folder`/csv/<view>.csv with metadata, and `folder`/datapackage.json; return the paths of the CSV files.

    Export every view of `analysis` except `lineage`. `con` has the release attached as `release` and may write files.
    """
    files = []
    resources = []
    (folder / "csv").mkdir(parents=True)
    for table in dictionary.tables:
        if table.schema != "analysis" or table.name in _LEFT_OUT:
            continue
        path = folder / "csv" / f"{table.name}.csv"
        _write_csv(con, table, path)
        metadata = path.with_name(f"{path.name}-metadata.json")
        metadata.write_text(_json(_csvw(table, path.name)), encoding="utf-8")
        files.append(path)
        resources.append(_resource(table, f"csv/{path.name}"))
    package = {"profile": "tabular-data-package", "name": name, "title": title, "resources": resources}
    (folder / PACKAGE).write_text(_json(package), encoding="utf-8")
    return files


def _write_csv(con: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    names = [column.name for column in table.columns]
    columns = ", ".join(f"{_cell(column, names)} AS {ident(column.name)}" for column in table.columns)
    con.execute(
        f"COPY (SELECT {columns} FROM release.{table.schema}.{ident(table.name)}) TO {literal(str(path))} "
        "(FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')"
    )


def _cell(column: Column, names: list[str]) -> str:
    """Return SQL for a column, with text that no spreadsheet reads as a formula, and symbols for missing figures."""
    name = ident(column.name)
    if column.type == "varchar":
        return f"CASE WHEN left({name}, 1) IN ({literals(FORMULA)}) THEN '''' || {name} ELSE {name} END"
    if column.name in STATUS_OF:
        return figure(column.name, names)
    return name


def _resource(table: Table, path: str) -> dict[str, Any]:
    fields = []
    for column in table.columns:
        field: dict[str, Any] = {
            "name": column.name,
            "type": _TYPES.get(column.type, ("string", ""))[0],
            "description": column.in_full,
        }
        if column.codes and field["type"] == "string":
            field["constraints"] = {"enum": [code for code in column.codes if code]}
        fields.append(field)
    return {
        "name": table.name.replace("_", "-"),
        "path": path,
        "profile": "tabular-data-resource",
        "description": table.description,
        "encoding": "utf-8",
        "schema": {"fields": fields, "missingValues": _MISSING},
    }


def _csvw(table: Table, url: str) -> dict[str, Any]:
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": url,
        "dc:description": table.description,
        "tableSchema": {
            "columns": [
                {
                    "name": column.name,
                    "titles": column.name,
                    "dc:description": column.in_full,
                    "datatype": _TYPES.get(column.type, ("", "string"))[1],
                    "null": _MISSING,
                }
                for column in table.columns
            ]
        },
    }


def _json(content: object) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
