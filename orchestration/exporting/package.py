"""The flat views of a release as CSV, with a Frictionless data package and CSVW metadata that describe each column.

Belongs here: those files. Does not belong here: spreadsheets (`spreadsheets`), and what columns mean
(`orchestration.dictionary`).

Sources: Frictionless Data, "Data Package" (v1 profile `tabular-data-package`); W3C, "Metadata Vocabulary for Tabular
Data" (2015), whose files lie beside each CSV file under its name with `-metadata.json`.
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
"""Types of Frictionless and of CSVW by those of DuckDB; what is not here is text."""

_MISSING = ["", *SIGNS]

_LEFT_OUT = ("lineage",)
"""The way back of every figure: several rows a figure, each with the name and digest of a file. It is asked for one
figure at a time, of the release itself."""


def write_package(
    con: duckdb.DuckDBPyConnection, dictionary: Dictionary, folder: Path, name: str, title: str
) -> list[Path]:
    """Write `folder`/csv/<view>.csv, metadata beside each, and `folder`/datapackage.json; returns the CSV files.

    Of every view of `analysis` but `lineage`.

    `con` has the release attached as `release` and may write files.
    """
    files = []
    resources = []
    (folder / "csv").mkdir(parents=True)
    for table in dictionary.tables:
        if table.schema != "analysis" or table.name in _LEFT_OUT:
            continue
        path = folder / "csv" / f"{table.name}.csv"
        _write_csv(con, table, path)
        beside = path.with_name(f"{path.name}-metadata.json")
        beside.write_text(_json(_csvw(table, path.name)), encoding="utf-8")
        files.append(path)
        resources.append(_resource(table, f"csv/{path.name}"))
    package = {"profile": "tabular-data-package", "name": name, "title": title, "resources": resources}
    (folder / PACKAGE).write_text(_json(package), encoding="utf-8")
    return files


def _write_csv(con: duckdb.DuckDBPyConnection, table: Table, path: Path) -> None:
    names = [column.name for column in table.columns]
    chosen = ", ".join(f"{_cell(column, names)} AS {ident(column.name)}" for column in table.columns)
    con.execute(
        f"COPY (SELECT {chosen} FROM release.{table.schema}.{ident(table.name)}) TO {literal(str(path))} "
        "(FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')"
    )


def _cell(column: Column, names: list[str]) -> str:
    """A column as text that no spreadsheet takes for a formula, with the signs of figures that are missing."""
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


def _json(what: object) -> str:
    return json.dumps(what, indent=1, ensure_ascii=False) + "\n"
