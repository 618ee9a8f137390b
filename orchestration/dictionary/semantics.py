"""dbt's semantic layer as SQL that a BI tool can use in a query of one view.

Contains metrics and dimensions, with the SQL generated from their definitions. Not here: the definitions
(`dbt_project/models/semantic`), or the format of a BI tool (`orchestration.bi.datasets`).

A metric with the name of a measure is a component of other metrics (`create_metric`) and is not shown: by itself it
would mix figures that must not be mixed, such as the highest value of any measure.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import DBT_MANIFEST

SEMANTIC_MANIFEST = DBT_MANIFEST.with_name("semantic_manifest.json")

_DIMENSION = re.compile(r"\{\{\s*(?:Time)?Dimension\('\w+?__(\w+)'\)\s*\}\}")
_AGGREGATES = {
    "sum": "SUM({})",
    "count": "COUNT({})",
    "count_distinct": "COUNT(DISTINCT {})",
    "min": "MIN({})",
    "max": "MAX({})",
    "sum_boolean": "SUM(CASE WHEN {} THEN 1 ELSE 0 END)",
}
"""No average, median or percentile: the mean of figures of different locations has no meaning."""


@dataclass(frozen=True)
class Dimension:
    """Dimension by which rows are grouped and filtered; `expression` is SQL, or None for the column of that name."""

    name: str
    label: str
    description: str
    expression: str | None


@dataclass(frozen=True)
class Metric:
    """A figure calculated over rows of one view of `analysis`; `expression` is SQL that aggregates them.

    `kind` is simple, ratio or derived; `format` is a d3 number format, or empty for the default of the tool.
    """

    name: str
    label: str
    description: str
    view: str
    kind: str
    expression: str
    format: str


@dataclass(frozen=True)
class SemanticModel:
    """A view of `analysis` with its dimensions and metrics."""

    view: str
    label: str
    description: str
    dimensions: tuple[Dimension, ...]
    metrics: tuple[Metric, ...]


def metrics(manifest: Path = SEMANTIC_MANIFEST) -> tuple[Metric, ...]:
    """Return every metric that is shown, by view and name."""
    return tuple(metric for model in semantic_models(manifest) for metric in model.metrics)


def semantic_models(manifest: Path = SEMANTIC_MANIFEST) -> tuple[SemanticModel, ...]:
    """Return the semantic layer that dbt parsed, by view.

    Raise OversightError if the project was never parsed, or if a metric needs more than one query of one view.
    """
    if not manifest.is_file():
        raise OversightError(f"There is no semantic layer at {manifest}; run `make setup` to parse the dbt project.")
    return _Layer(json.loads(manifest.read_text(encoding="utf-8"))).models()


class _Layer:
    """The semantic manifest, indexed by name."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._models = manifest["semantic_models"]
        self._metrics = {metric["name"]: metric for metric in manifest["metrics"]}
        self._measures = {measure["name"]: (model, measure) for model in self._models for measure in model["measures"]}

    def models(self) -> tuple[SemanticModel, ...]:
        shown = [self._metric(name) for name in sorted(self._metrics) if name not in self._measures]
        return tuple(
            SemanticModel(
                view=(view := str(model["node_relation"]["alias"])),
                label=model["label"],
                description=_line(model["description"]),
                dimensions=tuple(map(_dimension, model["dimensions"])),
                metrics=tuple(metric for metric in shown if metric.view == view),
            )
            for model in sorted(self._models, key=lambda model: str(model["node_relation"]["alias"]))
        )

    def _metric(self, name: str) -> Metric:
        metric = self._metrics[name]
        views = {self._measures[measure["name"]][0]["node_relation"]["alias"] for measure in self._inputs(metric)}
        if len(views) != 1:
            raise OversightError(f"Metric {name} uses {' and '.join(sorted(views))}; use measures of one view only.")
        return Metric(
            name=name,
            label=metric["label"] or name,
            description=_line(metric["description"]),
            view=views.pop(),
            kind=metric["type"],
            expression=self._sql(metric),
            format=str(metric["config"]["meta"].get("format", "")),
        )

    def _inputs(self, metric: dict[str, Any]) -> list[dict[str, Any]]:
        return list(metric["type_params"]["input_measures"])

    def _sql(self, metric: dict[str, Any]) -> str:
        params, kind = metric["type_params"], metric["type"]
        if kind == "simple":
            return self._aggregate(params["measure"]["name"], [metric["filter"], params["measure"]["filter"]])
        if kind == "ratio":
            above, below = (self._sql(self._metrics[params[part]["name"]]) for part in ("numerator", "denominator"))
            return f"1.0 * {above} / NULLIF({below}, 0)"
        if kind == "derived":
            parts = {
                part["alias"] or part["name"]: self._sql(self._metrics[part["name"]]) for part in params["metrics"]
            }
            names = re.compile(r"\b(" + "|".join(map(re.escape, parts)) + r")\b")
            return names.sub(lambda match: parts[match[1]], _line(params["expr"]))
        raise OversightError(f"Metric {metric['name']} has type {kind}; use simple, ratio or derived.")

    def _aggregate(self, name: str, filters: list[dict[str, Any] | None]) -> str:
        model, measure = self._measures[name]
        if measure["agg"] not in _AGGREGATES:
            raise OversightError(
                f"Measure {name} is aggregated by {measure['agg']}; use one of {', '.join(_AGGREGATES)}."
            )
        columns = {dimension["name"]: dimension["expr"] or dimension["name"] for dimension in model["dimensions"]}
        expression = _line(measure["expr"] or name)
        conditions = [
            _DIMENSION.sub(lambda match: columns[match[1]], where["where_sql_template"])
            for each in filters
            if each
            for where in each["where_filters"]
        ]
        if conditions:
            expression = f"CASE WHEN {' AND '.join(conditions)} THEN {expression} END"
        return _AGGREGATES[measure["agg"]].format(expression)


def _dimension(node: dict[str, Any]) -> Dimension:
    expression = node["expr"] if node["expr"] not in (None, node["name"]) else None
    return Dimension(node["name"], node["label"] or "", _line(node["description"]), expression and _line(expression))


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
