"""Superset datasets: the views of `analysis` in the semantic layer.

Contains columns with their names and descriptions, and metrics, in Superset's format. Not here: definitions of columns
and metrics (dbt's manifests), and charts (`charts`).
"""

import json
import re
from pathlib import Path
from typing import Any

from orchestration.bi.identity import VERSION, identity
from orchestration.dictionary.gathering import descriptions
from orchestration.dictionary.semantics import SEMANTIC_MANIFEST, Dimension, Metric, SemanticModel, semantic_models
from orchestration.foundation.settings import DBT_MANIFEST

DATABASE = "Oversight warehouse"
FOLDER = "oversight_warehouse"
ADDRESS = "postgresql+psycopg2://oversight_analyst@127.0.0.1:5440/oversight"
"""The address in docs/connecting.md. Give Superset the password separately; never write it here."""

_TYPES = {"double": "DOUBLE PRECISION"}
_LIMIT = re.compile(r"_?(lower|upper)_(95|99_8)$")


def database() -> dict[str, Any]:
    """Return the read-only PostgreSQL connection."""
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": ADDRESS,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "cache_timeout": None,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": identity("database"),
        "version": VERSION,
    }


def datasets(manifest: Path = DBT_MANIFEST, semantics: Path = SEMANTIC_MANIFEST) -> dict[str, dict[str, Any]]:
    """Return a dataset for each semantic model, by the name of its view."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    models = {node["name"]: node for node in nodes if node["resource_type"] == "model" and node["schema"] == "analysis"}
    texts = descriptions(manifest)
    return {model.view: _dataset(model, models[model.view], texts) for model in semantic_models(semantics)}


def in_words(column: str) -> str:
    """Return the name of a column in words: `absolute_gap_lower_95` is "Absolute gap, lower 95% limit"."""
    limit = _LIMIT.search(column)
    start = column[: limit.start()] if limit else column
    words = re.sub(r"^is_", "", start).replace("_", " ").strip()
    words = re.sub(r" pct$", " (%)", words)
    if limit:
        limit_words = f"{limit[1]} {limit[2].replace('_', '.')}% limit"
        words = f"{words}, {limit_words}" if words else limit_words
    return words[:1].upper() + words[1:]


def _dataset(model: SemanticModel, node: dict[str, Any], texts: dict[tuple[str, str], str]) -> dict[str, Any]:
    dimensions = {dimension.name: dimension for dimension in model.dimensions}
    return {
        "table_name": model.view,
        "schema": "analysis",
        "catalog": None,
        "sql": None,
        "description": texts.get((model.view, ""), ""),
        "main_dttm_col": "period_end",
        "filter_select_enabled": True,
        "columns": [
            *(
                _column(column, dimensions, texts.get((model.view, column["name"]), ""))
                for column in node["columns"].values()
            ),
            *(_calculated_column(dimension) for dimension in model.dimensions if dimension.expression),
        ],
        "metrics": [_metric(metric) for metric in model.metrics],
        "uuid": identity("dataset", model.view),
        "database_uuid": identity("database"),
        "version": VERSION,
    }


def _column(column: dict[str, Any], dimensions: dict[str, Dimension], description: str) -> dict[str, Any]:
    name, kind = column["name"], column["data_type"]
    return {
        "column_name": name,
        "verbose_name": dimensions[name].label if name in dimensions else in_words(name),
        "description": description,
        "type": _TYPES.get(kind, kind.upper()),
        "is_dttm": kind == "date",
        "groupby": kind != "double",
        "filterable": True,
        "is_active": True,
        "expression": None,
    }


def _calculated_column(dimension: Dimension) -> dict[str, Any]:
    """A dimension that is calculated from columns."""
    return {
        "column_name": dimension.name,
        "verbose_name": dimension.label,
        "description": dimension.description,
        "type": "VARCHAR",
        "is_dttm": False,
        "groupby": True,
        "filterable": True,
        "is_active": True,
        "expression": dimension.expression,
    }


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "metric_name": metric.name,
        "verbose_name": metric.label,
        "description": metric.description,
        "expression": metric.expression,
        "d3format": metric.format or None,
        "metric_type": "expression",
    }
