"""Queries behind the charts of dashboards, as Superset would send them to the database.

Contains the conversion of charts and filters to SQL. Not here: assertions.
"""

from typing import Any

import duckdb

from orchestration.bi.charts import Chart
from orchestration.bi.datasets import datasets
from orchestration.bi.layout import Dashboard, Filter
from orchestration.foundation.sql import literal

DATASETS = datasets()

Chosen = dict[str, str]
"""What each filter is set to, by its name."""


def metric_names(chart: Chart) -> list[str]:
    """Metrics that the chart names, wherever it names them."""
    asked = chart.params
    found = [*asked.get("metrics", []), *asked.get("metrics_b", [])]
    found += [asked[key] for key in ("metric", "x", "y", "size", "timeseries_limit_metric") if asked.get(key)]
    return list(dict.fromkeys(found))


def column_names(chart: Chart) -> list[str]:
    """Columns that the chart groups by or shows."""
    asked = chart.params
    found = [*asked.get("groupby", []), *asked.get("all_columns", [])]
    found += [asked[key] for key in ("x_axis", "entity", "series") if asked.get(key)]
    return list(dict.fromkeys(found))


def column_sql(view: str, name: str) -> str:
    [column] = [column for column in DATASETS[view]["columns"] if column["column_name"] == name]
    return f"({column['expression']})" if column["expression"] else f'"{name}"'


def metric_sql(view: str, name: str) -> str:
    [metric] = [metric for metric in DATASETS[view]["metrics"] if metric["metric_name"] == name]
    return f"({metric['expression']})"


def conditions(chart: Chart, dashboard: Dashboard, chosen: Chosen) -> list[str]:
    """What rows the chart is of: by its own filters, and by those of the dashboard that reach it."""
    view = chart.dataset
    terms = [_own(view, one) for one in chart.params.get("adhoc_filters", [])]
    known = {column["column_name"] for column in DATASETS[view]["columns"]}
    for one in dashboard.filters:
        reached = chart in one.reaches if one.reaches else chart not in one.spares
        if reached and one.name in chosen and one.column in known:
            terms.append(f"{column_sql(view, one.column)} = {literal(chosen[one.name])}")
    return terms


def _own(view: str, condition: dict[str, Any]) -> str:
    column = column_sql(view, condition["subject"])
    if condition["operator"] == "IS NOT NULL":
        return f"{column} IS NOT NULL"
    return f"{column} IN ({', '.join(map(literal, condition['comparator']))})"


def question(chart: Chart, dashboard: Dashboard, chosen: Chosen) -> str:
    """The chart's query of its view."""
    view, columns, metrics = chart.dataset, column_names(chart), metric_names(chart)
    parts = [f"{column_sql(view, name)} AS c{number}" for number, name in enumerate(columns)]
    parts += [f"{metric_sql(view, name)} AS m{number}" for number, name in enumerate(metrics)]
    where = " AND ".join(conditions(chart, dashboard, chosen)) or "TRUE"
    grouped = f"GROUP BY {', '.join(str(n + 1) for n in range(len(columns)))}" if metrics and columns else ""
    return f"SELECT {', '.join(parts)} FROM analysis.{view} WHERE {where} {grouped}"


def single(con: duckdb.DuckDBPyConnection, query: str) -> Any:
    """The first value of the first row, or None."""
    row = con.execute(query).fetchone()
    return row[0] if row else None


def as_opened(con: duckdb.DuckDBPyConnection, dashboard: Dashboard) -> Chosen:
    """What the filters are set to when the dashboard opens on this release."""
    chosen: Chosen = {}
    for one in dashboard.filters:
        if one.begins_with is not None:
            chosen[one.name] = one.begins_with
        elif not one.optional:
            first = single(con, _values(one, dashboard, chosen))
            assert first is not None, one.name
            chosen[one.name] = first
    return chosen


def _values(one: Filter, dashboard: Dashboard, chosen: Chosen) -> str:
    above = [other for other in dashboard.filters if other.name in one.below and other.name in chosen]
    where = " AND ".join(f"{column_sql(one.dataset, o.column)} = {literal(chosen[o.name])}" for o in above)
    order = f"{metric_sql(one.dataset, one.first_by)} DESC" if one.first_by else "1 DESC" if one.descending else "1"
    column = column_sql(one.dataset, one.column)
    return f"SELECT {column} FROM analysis.{one.dataset} WHERE {where} GROUP BY 1 ORDER BY {order}"
