"""dbt's semantic layer as SQL that a BI tool can put into a query of one view.

Belongs here: metrics and dimensions, with the SQL that follows from their definitions. Does not belong here: the
definitions (`dbt_project/models/semantic`), or the form that a tool wants them in (`datasets`).

A metric whose name is that of a measure is an ingredient of other metrics (`create_metric`) and is not shown: by itself
it would mix what must not be mixed, such as the highest figure of any measure.
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
"""No average, median or percentile: a mean of figures of places is nobody's figure."""


@dataclass(frozen=True)
class Dimension:
    """What rows are grouped and filtered by; `expression` is SQL, or None where it is a column of that name."""

    name: str
    label: str
    description: str
    expression: str | None


@dataclass(frozen=True)
class Metric:
    """A number worked out over rows of one view of `analysis`; `expression` is SQL that aggregates them.

    `kind` is simple, ratio or derived; `format` is how d3 writes numbers, empty where the tool may choose.
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
    """A view of `analysis` with its dimensions and the metrics that may be asked of it."""

    view: str
    label: str
    description: str
    dimensions: tuple[Dimension, ...]
    metrics: tuple[Metric, ...]


def metrics(manifest: Path = SEMANTIC_MANIFEST) -> tuple[Metric, ...]:
    """Every metric that is shown, in the order of its view and name."""
    return tuple(metric for model in semantic_models(manifest) for metric in model.metrics)


def semantic_models(manifest: Path = SEMANTIC_MANIFEST) -> tuple[SemanticModel, ...]:
    """The semantic layer that dbt parsed, in order of its views.

    Raises OversightError where dbt was never parsed, or a metric cannot be said in one query of one view.
    """
    if not manifest.is_file():
        raise OversightError(f"There is no semantic layer at {manifest}: parse the dbt project first (make setup).")
    return _Layer(json.loads(manifest.read_text(encoding="utf-8"))).models()


class _Layer:
    """The semantic manifest, looked up by name."""

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
        used = {self._measures[measure["name"]][0]["node_relation"]["alias"] for measure in self._inputs(metric)}
        if len(used) != 1:
            raise OversightError(f"Metric {name} is made of {' and '.join(sorted(used))}; it must be of one view.")
        return Metric(
            name=name,
            label=metric["label"] or name,
            description=_line(metric["description"]),
            view=used.pop(),
            kind=metric["type"],
            expression=self._sql(metric),
            format=str(metric["config"]["meta"].get("format", "")),
        )

    def _inputs(self, metric: dict[str, Any]) -> list[dict[str, Any]]:
        return list(metric["type_params"]["input_measures"])

    def _sql(self, metric: dict[str, Any]) -> str:
        made, kind = metric["type_params"], metric["type"]
        if kind == "simple":
            return self._aggregate(made["measure"]["name"], [metric["filter"], made["measure"]["filter"]])
        if kind == "ratio":
            above, below = (self._sql(self._metrics[made[part]["name"]]) for part in ("numerator", "denominator"))
            return f"1.0 * {above} / NULLIF({below}, 0)"
        if kind == "derived":
            parts = {part["alias"] or part["name"]: self._sql(self._metrics[part["name"]]) for part in made["metrics"]}
            names = re.compile(r"\b(" + "|".join(map(re.escape, parts)) + r")\b")
            return names.sub(lambda found: parts[found[1]], _line(made["expr"]))
        raise OversightError(f"Metric {metric['name']} is of kind {kind}, which no query of one view can answer.")

    def _aggregate(self, name: str, filters: list[dict[str, Any] | None]) -> str:
        model, measure = self._measures[name]
        if measure["agg"] not in _AGGREGATES:
            raise OversightError(
                f"Measure {name} is made by {measure['agg']}; only {', '.join(_AGGREGATES)} are known."
            )
        columns = {dimension["name"]: dimension["expr"] or dimension["name"] for dimension in model["dimensions"]}
        expression = _line(measure["expr"] or name)
        conditions = [
            _DIMENSION.sub(lambda found: columns[found[1]], where["where_sql_template"])
            for given in filters
            if given
            for where in given["where_filters"]
        ]
        if conditions:
            expression = f"CASE WHEN {' AND '.join(conditions)} THEN {expression} END"
        return _AGGREGATES[measure["agg"]].format(expression)


def _dimension(said: dict[str, Any]) -> Dimension:
    expression = said["expr"] if said["expr"] not in (None, said["name"]) else None
    return Dimension(said["name"], said["label"] or "", _line(said["description"]), expression and _line(expression))


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
