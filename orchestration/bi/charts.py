"""Charts: each shows metrics or columns of one dataset.

Contains a function for each type of chart, with the settings common to that type. Not here: the charts of each
dashboard (`dashboards`), and SQL: charts name metrics and columns of their dataset.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.bi.identity import VERSION, identity

COLOURS = ("#12436D", "#F46A25", "#28A197", "#801650", "#3D3D3D", "#A285D1")
"""Palette of the Government Analysis Function: distinguishable with any colour vision, and on paper."""

SCHEME = "supersetColors"
"""Colours of names that are not known in advance, such as locations."""

NUMBER = ",.1f"


@dataclass(frozen=True)
class Chart:
    """A chart, with Superset's settings (`params`) and an explanation for readers (`description`)."""

    title: str
    description: str
    dataset: str
    params: Mapping[str, Any]

    def as_asset(self, dashboard: str) -> dict[str, Any]:
        """Return the chart in Superset's import format."""
        return {
            "slice_name": self.title,
            "description": self.description,
            "viz_type": self.params["viz_type"],
            "params": dict(self.params),
            "query_context": None,
            "cache_timeout": None,
            "uuid": self.identity(dashboard),
            "dataset_uuid": identity("dataset", self.dataset),
            "version": VERSION,
        }

    def identity(self, dashboard: str) -> str:
        """Return the UUID of the chart, which depends on its dashboard and its title."""
        return identity("chart", dashboard, self.title)


def where(column: str, *values: str) -> dict[str, Any]:
    """Return a filter on the rows in which the column has one of these values, or any value if none is given."""
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": "IN" if values else "IS NOT NULL",
        "operatorId": "IN" if values else "IS_NOT_NULL",
        "comparator": list(values) or None,
        "filterOptionName": identity("filter", column, *values),
    }


def big_number(
    title: str, description: str, dataset: str, metric: str, caption: str, filters: Iterable[dict[str, Any]] = (),
    written: str = NUMBER,
) -> Chart:  # fmt: skip
    """Return a chart of a single number, with a caption."""
    params = {
        "viz_type": "big_number_total",
        "metric": metric,
        "adhoc_filters": list(filters),
        "subheader": caption,
        "y_axis_format": written,
        "header_font_size": 0.4,
        "subheader_font_size": 0.15,
    }
    return Chart(title, description, dataset, params)


def lines(
    title: str, description: str, dataset: str, metrics: list[str], unit: str, by: Iterable[str] = (),
    filters: Iterable[dict[str, Any]] = (), written: str = NUMBER, lowest: float | None = None,
) -> Chart:  # fmt: skip
    """Return a line chart over time: a point at the end of each period, and a line for each value of `by`.

    `lowest` is the start of the vertical axis.
    """
    params = {
        "viz_type": "echarts_timeseries_line",
        "x_axis": "period_end",
        "time_grain_sqla": None,
        "metrics": metrics,
        "groupby": list(by),
        "adhoc_filters": list(filters),
        "row_limit": 10000,
        "truncate_metric": True,
        "markerEnabled": True,
        "markerSize": 6,
        "show_legend": True,
        "legendType": "scroll",
        "legendOrientation": "top",
        "x_axis_time_format": "%b %Y",
        "tooltipTimeFormat": "%d %b %Y",
        "y_axis_format": written,
        "y_axis_title": unit,
        "y_axis_title_margin": 50,
        "y_axis_title_position": "Left",
        "truncateYAxis": True,
        "y_axis_bounds": [lowest, None],
        "rich_tooltip": True,
        "color_scheme": SCHEME,
    }
    return Chart(title, description, dataset, params)


def two_lines(
    title: str, description: str, dataset: str, metrics: list[str], by: str, beside: list[str], unit: str,
    filters: Iterable[dict[str, Any]] = (), written: str = NUMBER,
) -> Chart:  # fmt: skip
    """Return a line chart over time of `metrics`, a line for each value of `by`, and of `beside`, which all share."""
    common = lines(title, description, dataset, metrics, unit, (by,), filters, written).params
    params = {
        **common,
        "viz_type": "mixed_timeseries",
        "metrics_b": beside,
        "groupby_b": [],
        "adhoc_filters_b": list(filters),
        "row_limit_b": 10000,
        "truncate_metric_b": True,
        "seriesType": "line",
        "seriesTypeB": "line",
        "markerEnabledB": False,
        "yAxisIndex": 0,
        "yAxisIndexB": 0,
    }
    return Chart(title, description, dataset, params)


def bars(
    title: str, description: str, dataset: str, metric: str, x: str, filters: Iterable[dict[str, Any]] = (),
    written: str = NUMBER, limit: int = 40,
) -> Chart:  # fmt: skip
    """Return a bar chart with a bar for each value of `x`: the `limit` longest, the longest at the top."""
    params = {
        "viz_type": "echarts_timeseries_bar",
        "x_axis": x,
        "metrics": [metric],
        "groupby": [],
        "adhoc_filters": list(filters),
        "orientation": "horizontal",
        "x_axis_sort": metric,
        "x_axis_sort_asc": True,
        "order_desc": True,
        "timeseries_limit_metric": metric,
        "row_limit": limit,
        "truncate_metric": True,
        "show_legend": False,
        "show_value": True,
        "y_axis_format": written,
        "rich_tooltip": True,
        "color_scheme": SCHEME,
    }
    return Chart(title, description, dataset, params)


def summary(
    title: str, description: str, dataset: str, metrics: Mapping[str, str], by: list[str],
    filters: Iterable[dict[str, Any]] = (), *, by_year: bool = False,
) -> Chart:  # fmt: skip
    """Return a table of metrics (with their number formats), sorted by the first one, largest first.

    `by_year` adds a column for the year in which periods end.
    """
    params = {
        "viz_type": "table",
        "query_mode": "aggregate",
        "groupby": [*by, *(["period_end"] if by_year else [])],
        "time_grain_sqla": "P1Y" if by_year else None,
        "temporal_columns_lookup": {"period_end": True} if by_year else {},
        "metrics": list(metrics),
        "timeseries_limit_metric": next(iter(metrics)),
        "adhoc_filters": list(filters),
        "row_limit": 1000,
        "order_desc": True,
        "server_pagination": False,
        "page_length": 0,
        "show_cell_bars": False,
        "color_pn": False,
        "table_timestamp_format": "%Y",
        "column_config": {metric: {"d3NumberFormat": how} for metric, how in metrics.items()},
    }
    return Chart(title, description, dataset, params)


def records(
    title: str, description: str, dataset: str, columns: list[str], order: Mapping[str, bool],
    filters: Iterable[dict[str, Any]] = (), written: Mapping[str, str] | None = None, page: int = 20,
) -> Chart:  # fmt: skip
    """Return a table of rows: `order` maps columns to ascending order (true), `written` maps them to number formats."""
    params = {
        "viz_type": "table",
        "query_mode": "raw",
        "all_columns": columns,
        "order_by_cols": [f'["{column}", {str(ascends).lower()}]' for column, ascends in order.items()],
        "adhoc_filters": list(filters),
        "row_limit": 1000,
        "server_pagination": False,
        "page_length": page,
        "include_search": True,
        "show_cell_bars": False,
        "color_pn": False,
        "table_timestamp_format": "%d %b %Y",
        "column_config": {column: {"d3NumberFormat": how} for column, how in (written or {}).items()},
    }
    return Chart(title, description, dataset, params)


def scatter(
    title: str, description: str, dataset: str, x: tuple[str, str], y: tuple[str, str], size: str, entity: str,
    series: str, filters: Iterable[dict[str, Any]] = (),
) -> Chart:  # fmt: skip
    """Return a chart with a bubble for each value of `entity`; `x` and `y` are each a metric and its axis title."""
    params = {
        "viz_type": "bubble_v2",
        "x": x[0],
        "y": y[0],
        "size": size,
        "entity": entity,
        "series": series,
        "adhoc_filters": list(filters),
        "row_limit": 1000,
        "max_bubble_size": "15",
        "opacity": 0.7,
        "show_legend": True,
        "legendOrientation": "top",
        "legendType": "scroll",
        "x_axis_label": x[1],
        "y_axis_label": y[1],
        "x_axis_title_margin": 30,
        "y_axis_title_margin": 50,
        "xAxisFormat": NUMBER,
        "y_axis_format": NUMBER,
        "tooltipSizeFormat": NUMBER,
        "truncateXAxis": True,
        "truncateYAxis": True,
        "color_scheme": SCHEME,
    }
    return Chart(title, description, dataset, params)
