"""Metrics become SQL that means what dbt's semantic layer says, and nothing becomes an average.

Belongs here: definitions made up for one question each, and rules for all of the project's own. Does not belong here: what they
answer (`test_dashboards_on_the_sample`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.dictionary.semantics import SEMANTIC_MANIFEST, Metric, metrics, semantic_models
from orchestration.foundation.errors import OversightError


def _metric(name: str, kind: str, measures: list[str], condition: str | None = None, **made: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "description": "Said.",
        "type": kind,
        "filter": {"where_filters": [{"where_sql_template": condition}]} if condition else None,
        "config": {"meta": {}},
        "type_params": {"input_measures": [{"name": measure} for measure in measures], **made},
    }


def _simple(name: str, measure: str, condition: str | None = None) -> dict[str, Any]:
    return _metric(name, "simple", [measure], condition, measure={"name": measure, "filter": None})


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "alias": None}


def made_up(folder: Path, *wanted: dict[str, Any], agg: str = "sum") -> dict[str, Metric]:
    """The metrics of a semantic layer with one view, `visits`, whose measures are `made` and `kept`."""
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
    path.write_text(json.dumps({"semantic_models": [model], "metrics": list(wanted)}), encoding="utf-8")
    return {metric.name: metric for metric in metrics(path)}


def test_a_simple_metric_aggregates_the_rows_that_its_filter_leaves(tmp_path: Path) -> None:
    wanted = _simple("visits_made", "made", "{{ Dimension('visit__level') }} = 'ward'")
    found = made_up(tmp_path, wanted)["visits_made"]
    assert found.expression == "SUM(CASE WHEN lower(place_level) = 'ward' THEN made_count END)"
    assert found.view == "visits"


def test_a_ratio_is_a_sum_over_a_sum_and_null_where_that_is_zero(tmp_path: Path) -> None:
    ratio = _metric("share_kept", "ratio", ["kept", "made"], numerator=_part("visits_kept"), denominator=_part("all"))
    found = made_up(tmp_path, _simple("visits_kept", "kept"), _simple("all", "made"), ratio)["share_kept"]
    assert found.expression == "1.0 * SUM(CASE WHEN is_kept THEN 1 ELSE 0 END) / NULLIF(SUM(made_count), 0)"


def test_a_derived_metric_names_others_and_ingredients_are_not_shown(tmp_path: Path) -> None:
    derived = _metric("one", "derived", ["made"], expr="case when made = 1 then made end", metrics=[_part("made")])
    found = made_up(tmp_path, _simple("made", "made"), derived)
    assert list(found) == ["one"]
    assert found["one"].expression == "case when SUM(made_count) = 1 then SUM(made_count) end"


def test_an_average_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="made by average"):
        made_up(tmp_path, _simple("mean", "made"), agg="average")


def test_a_metric_over_time_that_one_query_cannot_answer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="running is of kind cumulative"):
        made_up(tmp_path, _metric("running", "cumulative", ["made"]))


def test_a_project_that_was_never_parsed_says_so(tmp_path: Path) -> None:
    with pytest.raises(OversightError, match="parse the dbt project first"):
        metrics(tmp_path / "absent.json")


# ---------------------------------------------------------------- the project's own


def test_every_metric_and_dimension_says_what_it_is() -> None:
    models = semantic_models()
    assert {model.view for model in models} >= {"standards", "fairness", "value_for_money"}
    for model in models:
        assert model.metrics, model.view
        for said in (*model.metrics, *model.dimensions):
            assert said.label, f"{model.view}.{said.name}"
            assert said.description.endswith("."), f"{model.view}.{said.name}"


def test_a_dimension_means_the_same_in_every_model() -> None:
    meanings: dict[str, set[str | None]] = {}
    for model in semantic_models():
        for dimension in model.dimensions:
            meanings.setdefault(dimension.name, set()).add(dimension.expression)
    assert {name for name, expressions in meanings.items() if len(expressions) > 1} == set()


def test_the_calendar_of_the_semantic_layer_is_the_model_of_days() -> None:
    configuration = json.loads(SEMANTIC_MANIFEST.read_text(encoding="utf-8"))["project_configuration"]
    assert [spine["node_relation"]["alias"] for spine in configuration["time_spines"]] == ["int_day_listed"]
