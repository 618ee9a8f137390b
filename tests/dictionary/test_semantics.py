"""SQL of metrics: it follows dbt's semantic layer, and never averages.

Contains small invented definitions, and rules for all metrics of the project. Not here: their results
(`test_dashboards_on_the_sample`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.dictionary.semantics import SEMANTIC_MANIFEST, Metric, metrics, semantic_models
from orchestration.foundation.errors import OversightError


def _metric(name: str, kind: str, measures: list[str], condition: str | None = None, **params: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "description": "A metric.",
        "type": kind,
        "filter": {"where_filters": [{"where_sql_template": condition}]} if condition else None,
        "config": {"meta": {}},
        "type_params": {"input_measures": [{"name": measure} for measure in measures], **params},
    }


def _simple(name: str, measure: str, condition: str | None = None) -> dict[str, Any]:
    return _metric(name, "simple", [measure], condition, measure={"name": measure, "filter": None})


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "alias": None}


def invented(folder: Path, *definitions: dict[str, Any], agg: str = "sum") -> dict[str, Metric]:
    """Return the metrics of a semantic layer with one view, `visits`, whose measures are `made` and `kept`."""
    model = {
        "node_relation": {"alias": "visits"},
        "label": "Visits",
        "description": "Visits.",
        "dimensions": [{"name": "level", "label": "Level", "description": "Level.", "expr": "lower(place_level)"}],
        "measures": [
            {"name": "made", "agg": agg, "expr": "made_count"},
            {"name": "kept", "agg": "sum_boolean", "expr": "is_kept"},
        ],
    }
    path = folder / "semantic_manifest.json"
    path.write_text(json.dumps({"semantic_models": [model], "metrics": list(definitions)}), encoding="utf-8")
    return {metric.name: metric for metric in metrics(path)}


def test_a_simple_metric_aggregates_the_rows_that_match_its_filter(tmp_path: Path) -> None:
    simple = _simple("visits_made", "made", "{{ Dimension('visit__level') }} = 'ward'")
    metric = invented(tmp_path, simple)["visits_made"]
    assert metric.expression == "SUM(CASE WHEN lower(place_level) = 'ward' THEN made_count END)"
    assert metric.view == "visits"


def test_a_ratio_divides_two_sums_and_is_null_if_the_denominator_is_zero(tmp_path: Path) -> None:
    ratio = _metric("share_kept", "ratio", ["kept", "made"], numerator=_part("visits_kept"), denominator=_part("all"))
    metric = invented(tmp_path, _simple("visits_kept", "kept"), _simple("all", "made"), ratio)["share_kept"]
    assert metric.expression == "1.0 * SUM(CASE WHEN is_kept THEN 1 ELSE 0 END) / NULLIF(SUM(made_count), 0)"


def test_a_derived_metric_uses_others_and_its_components_are_not_shown(tmp_path: Path) -> None:
    derived = _metric("one", "derived", ["made"], expr="case when made = 1 then made end", metrics=[_part("made")])
    shown = invented(tmp_path, _simple("made", "made"), derived)
    assert list(shown) == ["one"]
    assert shown["one"].expression == "case when SUM(made_count) = 1 then SUM(made_count) end"


def test_an_average_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="aggregated by average"):
        invented(tmp_path, _simple("mean", "made"), agg="average")


def test_a_cumulative_metric_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="running has type cumulative"):
        invented(tmp_path, _metric("running", "cumulative", ["made"]))


def test_a_project_that_was_never_parsed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="run `make setup` to parse the dbt project"):
        metrics(tmp_path / "absent.json")


# ---------------------------------------------------------------- the project's own


def test_every_metric_and_dimension_has_a_label_and_a_description() -> None:
    models = semantic_models()
    assert {model.view for model in models} >= {"standards", "fairness", "value_for_money"}
    for model in models:
        assert model.metrics, model.view
        for entry in (*model.metrics, *model.dimensions):
            assert entry.label, f"{model.view}.{entry.name}"
            assert entry.description.endswith("."), f"{model.view}.{entry.name}"


def test_a_dimension_means_the_same_in_every_model() -> None:
    meanings: dict[str, set[str | None]] = {}
    for model in semantic_models():
        for dimension in model.dimensions:
            meanings.setdefault(dimension.name, set()).add(dimension.expression)
    assert {name for name, expressions in meanings.items() if len(expressions) > 1} == set()


def test_the_calendar_of_the_semantic_layer_is_the_model_of_days() -> None:
    configuration = json.loads(SEMANTIC_MANIFEST.read_text(encoding="utf-8"))["project_configuration"]
    assert [spine["node_relation"]["alias"] for spine in configuration["time_spines"]] == ["int_day_listed"]
