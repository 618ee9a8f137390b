"""Results of metrics and charts on a real release of the sample.

Contains columns of the release, queries of charts, and figures calculated in another way. Not here: the PostgreSQL
endpoint (`tests/serving`), and Superset itself (`test_superset_import`).
"""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.bi.charts import Chart
from orchestration.bi.dashboards import DASHBOARDS
from orchestration.bi.layout import Dashboard
from tests.bi.asking import DATASETS, as_opened, column_sql, metric_names, metric_sql, question, single
from tests.conftest import Home

pytestmark = pytest.mark.slow

EACH = [
    pytest.param(dashboard, chart, id=f"{dashboard.slug}: {chart.title}")
    for dashboard in DASHBOARDS
    for rows in dashboard.tabs.values()
    for row in rows
    for chart in (card.shows for card in row)
    if isinstance(chart, Chart)
]


@pytest.fixture(scope="module")
def release(published: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    path = published.settings.current / "restricted" / "warehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        yield con


@pytest.mark.parametrize("view", DATASETS)
def test_a_dataset_has_the_columns_of_the_view_and_no_others(release: duckdb.DuckDBPyConnection, view: str) -> None:
    there = release.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'analysis' AND table_name = ?", [view]
    ).fetchall()
    types = {"DOUBLE": "DOUBLE PRECISION"}
    columns = [column for column in DATASETS[view]["columns"] if not column["expression"]]
    ours = [(column["column_name"], column["type"]) for column in columns]
    assert ours == [(name, types.get(kind, kind)) for name, kind in there]


@pytest.mark.parametrize(("dashboard", "chart"), EACH)
def test_each_chart_has_something_to_show_as_the_dashboard_opens(
    release: duckdb.DuckDBPyConnection, dashboard: Dashboard, chart: Chart
) -> None:
    rows = release.execute(question(chart, dashboard, as_opened(release, dashboard))).fetchall()
    assert rows
    metrics = metric_names(chart)
    for place, name in enumerate(metrics, -len(metrics)):
        assert any(row[place] is not None for row in rows), name


# ---------------------------------------------------------------- honest figures


def answer(release: duckdb.DuckDBPyConnection, view: str, name: str, where: str = "TRUE") -> object:
    return single(release, f"SELECT {metric_sql(view, name)} FROM analysis.{view} WHERE {where}")


@pytest.mark.parametrize(
    ("view", "name"),
    [
        ("standards", "figure"),
        ("standards", "benchmark"),
        ("standards", "threshold_in_force"),
        ("standard_attainment", "people_where_standard_not_met"),
        ("fairness", "gap"),
        ("fairness", "gap_ratio"),
        ("group_gaps", "figure_of_group"),
        ("value_for_money", "real_cost_per_unit"),
        ("value_for_money", "units_of_output"),
        ("value_for_money", "comparator"),
        ("productivity", "productivity"),
    ],
)
def test_what_must_not_be_mixed_is_empty_over_everything(
    release: duckdb.DuckDBPyConnection, view: str, name: str
) -> None:
    assert answer(release, view, name) is None


def test_a_figure_is_the_figure(release: duckdb.DuckDBPyConnection) -> None:
    one = """measure_code = 'nhse.ae_breach_proportion' AND location_code = 'ods:RZ7' AND period_code = '2024-09'
             AND service_line = 'Total'"""
    value = single(release, f"SELECT value FROM analysis.standards WHERE {one}")
    assert value is not None
    assert answer(release, "standards", "figure", one) == value


def test_the_share_of_places_agrees_with_the_table_of_attainment(release: duckdb.DuckDBPyConnection) -> None:
    names = ("places_with_standard", "places_meeting_standard", "share_of_places_meeting_standard")
    metrics = ", ".join(metric_sql("standards", name) for name in names)
    keys = "measure_code, standard_code, location_level, period_code, service_line"
    counted = release.execute(
        f"SELECT {keys}, {metrics} FROM analysis.standards WHERE is_standard_met IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    expected = release.execute(
        f"""SELECT {keys}, place_count, met_count, met_count / place_count FROM analysis.standard_attainment
            ORDER BY ALL"""
    ).fetchall()
    assert len(counted) > 20
    assert counted == expected


def test_the_unit_cost_of_many_places_is_their_spending_over_their_output(release: duckdb.DuckDBPyConnection) -> None:
    where = """unit_cost_measure_code = 'mhclg.looked_after_cost_per_child' AND location_level = 'local_authority'
               AND service_line = 'Children''s social care - Children Looked After'"""
    pounds = single(
        release,
        f"SELECT 1000 * sum(real_cost) / sum(output) FROM analysis.value_for_money WHERE {where} AND real_unit_cost > 0",
    )
    assert answer(release, "value_for_money", "real_cost_per_unit", where) == pytest.approx(pounds)
    mean = single(release, f"SELECT avg(real_unit_cost) FROM analysis.value_for_money WHERE {where}")
    assert mean != pytest.approx(pounds, rel=1e-4)


def test_gaps_narrow_widen_or_show_no_clear_change(release: duckdb.DuckDBPyConnection) -> None:
    expected = dict(release.execute("SELECT gap_direction, count(*) FROM analysis.fairness GROUP BY 1").fetchall())
    assert answer(release, "fairness", "gaps_narrowing") == expected["narrows"]
    assert answer(release, "fairness", "gaps_widening") == expected["widens"]
    judged = sum(count for direction, count in expected.items() if direction)
    assert answer(release, "fairness", "gaps_judged") == judged
    assert answer(release, "fairness", "share_of_gaps_narrowing") == pytest.approx(expected["narrows"] / judged)


def test_levels_of_place_read_as_words(release: duckdb.DuckDBPyConnection) -> None:
    level = column_sql("standards", "level_of_place")
    levels = {row[0] for row in release.execute(f"SELECT DISTINCT {level} FROM analysis.standards").fetchall()}
    assert {"NHS trust", "GP practice", "local authority", "country"} <= levels
