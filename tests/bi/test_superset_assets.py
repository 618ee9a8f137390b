"""The committed Superset files match the definitions and one another.

Contains checks of files, names and descriptions. Not here: results of charts (`test_dashboards_on_the_sample`).
"""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.bi.assets import ASSETS, assets, write_assets
from orchestration.bi.charts import Chart
from orchestration.bi.dashboards import DASHBOARDS
from orchestration.bi.layout import Dashboard
from orchestration.foundation.settings import DBT_MANIFEST, PROJECT_ROOT
from tests.bi.asking import DATASETS, column_names, metric_names

each_dataset = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.slug)
each_chart = pytest.mark.parametrize(
    "chart", [chart for dashboard in DASHBOARDS for chart in dashboard.charts()], ids=lambda chart: chart.title
)


def test_what_is_committed_is_what_make_bi_would_write() -> None:
    committed = {
        str(path.relative_to(ASSETS)): path.read_text(encoding="utf-8") for path in ASSETS.rglob("*") if path.is_file()
    }
    wanted = assets()
    assert sorted(committed) == sorted(wanted)
    assert [name for name in wanted if committed[name] != wanted[name]] == [], "run make bi"


def test_writing_leaves_nothing_of_before(tmp_path: Path) -> None:
    folder = tmp_path / "superset"
    (folder / "charts").mkdir(parents=True)
    (folder / "charts" / "old.yaml").write_text("{}", encoding="utf-8")
    written = write_assets(folder)
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)


def test_the_database_is_the_endpoint_and_holds_no_password() -> None:
    [content] = [yaml.safe_load(text) for name, text in assets().items() if name.startswith("databases/")]
    page = (PROJECT_ROOT / "docs" / "connecting.md").read_text(encoding="utf-8")
    assert content["sqlalchemy_uri"] == "postgresql+psycopg2://oversight_analyst@127.0.0.1:5440/oversight"
    for part in ("`127.0.0.1`, `5440`", "`oversight_analyst`", "PGPASSFILE"):
        assert part in page
    assert "password" not in content
    assert not content["allow_dml"]


@each_dataset
def test_every_column_and_metric_has_a_name_of_its_own_and_a_description(dataset: dict[str, Any]) -> None:
    named = [*dataset["columns"], *dataset["metrics"]]
    for one in named:
        assert one["verbose_name"], one
        assert one["description"], one
    # Superset looks a series' colour up by what it is called, so a metric may not be called what a column is.
    labels = [one["verbose_name"] for one in named]
    assert [label for label in labels if labels.count(label) > 1] == []
    names = [one.get("column_name") or one["metric_name"] for one in named]
    assert sorted(names) == sorted(set(names))


@each_chart
def test_a_chart_names_only_what_its_dataset_has(chart: Chart) -> None:
    dataset = DATASETS[chart.dataset]
    columns = {column["column_name"] for column in dataset["columns"]}
    assert set(metric_names(chart)) <= {metric["metric_name"] for metric in dataset["metrics"]}
    assert set(column_names(chart)) <= columns
    assert {condition["subject"] for condition in chart.params["adhoc_filters"]} <= columns
    assert {condition["expressionType"] for condition in chart.params["adhoc_filters"]} <= {"SIMPLE"}
    assert set(chart.params.get("column_config", {})) <= {*column_names(chart), *metric_names(chart)}
    assert chart.description.endswith(".")


@each_dashboard
def test_a_dashboard_has_its_charts_once_in_rows_of_twelve_columns(dashboard: Dashboard) -> None:
    position = dashboard.as_asset()["position"]
    rows = [one for one in position.values() if isinstance(one, dict) and one["type"] == "ROW"]
    for row in rows:
        assert sum(position[child]["meta"]["width"] for child in row["children"]) == 12
    placed = [one["meta"]["uuid"] for one in position.values() if isinstance(one, dict) and one["type"] == "CHART"]
    assert sorted(placed) == sorted({chart.identity(dashboard.slug) for chart in dashboard.charts()})
    assert all(str(uuid.UUID(one)) == one for one in placed)
    for one in position.values():
        for child in one["children"] if isinstance(one, dict) and "children" in one else ():
            assert child in position


@each_dashboard
def test_filters_name_columns_metrics_and_each_other(dashboard: Dashboard) -> None:
    before: list[str] = []
    for one in dashboard.filters:
        dataset = DATASETS[one.dataset]
        assert one.column in {column["column_name"] for column in dataset["columns"]}
        assert one.first_by is None or one.first_by in {metric["metric_name"] for metric in dataset["metrics"]}
        assert set(one.below) <= set(before), one.name
        looked_up = one.begins_with is None and not one.optional
        assert not (looked_up and any(one.name in other.below for other in dashboard.filters)), one.name
        before.append(one.name)
    for chart in dashboard.charts():
        columns = {column["column_name"] for column in DATASETS[chart.dataset]["columns"]}
        for one in dashboard.filters:
            reached = chart in one.reaches if one.reaches else chart not in one.spares
            assert one.column in columns or one.optional or not reached, f"{one.name} cannot reach {chart.title}"


@each_dashboard
def test_a_dashboard_tells_its_reader_what_not_to_conclude(dashboard: Dashboard) -> None:
    texts = [
        card.shows for rows in dashboard.tabs.values() for row in rows for card in row if isinstance(card.shows, str)
    ]
    assert "You may not conclude" in texts[0]
    assert "docs/methods.md" in texts[0]
    assert f"## {dashboard.title}" in (PROJECT_ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


@each_dashboard
def test_dbt_knows_the_dashboard_as_a_product_of_the_views_it_reads(dashboard: Dashboard) -> None:
    exposures = json.loads(DBT_MANIFEST.read_text(encoding="utf-8"))["exposures"]
    entry = exposures[f"exposure.oversight.{dashboard.slug.replace('-', '_')}_dashboard"]
    assert entry["label"] == dashboard.title
    read = {chart.dataset for chart in dashboard.charts()} | {one.dataset for one in dashboard.filters}
    assert {node.rpartition(".")[2] for node in entry["depends_on"]["nodes"]} == read
