"""Layout of dashboards in Superset: rows of cards, tabs and filters.

Contains the structure of a dashboard. Not here: the content of each dashboard (`dashboards`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestration.bi.charts import SCHEME, Chart
from orchestration.bi.identity import VERSION, identity
from orchestration.dictionary.semantics import metrics

DECLARED = Path(__file__).parent / "dashboards"


def words(name: str) -> str:
    """Return the text of a dashboard: the Markdown file of that name next to its definition."""
    return (DECLARED / f"{name}.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Card:
    """A chart or text on a dashboard: `width` out of 12 columns, `height` in units of 8 pixels."""

    shows: Chart | str
    width: int
    height: int


@dataclass(frozen=True)
class Filter:
    """A filter on values of `column` of `dataset`, one at a time unless `several`.

    Its first value is `begins_with`; without it, no value if `optional`, and otherwise the first one that the filters
    named in `below` leave. Values are ordered by `first_by`, a metric (largest first), or else by themselves. The
    filter applies to all charts except those in `spares`, or only to those in `reaches`.

    Superset looks up the first values of all filters at once, so a filter that others depend on must name its first
    value. Otherwise the dependent filters would keep the first of all values.
    """

    name: str
    dataset: str
    column: str
    hint: str
    below: tuple[str, ...] = ()
    first_by: str | None = None
    begins_with: str | None = None
    descending: bool = False
    optional: bool = False
    several: bool = False
    spares: tuple[Chart, ...] = ()
    reaches: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """A dashboard: rows of cards in tabs (a single tab is not shown), and the colours of metrics and values."""

    slug: str
    title: str
    description: str
    filters: tuple[Filter, ...]
    tabs: Mapping[str, tuple[tuple[Card, ...], ...]]
    colours: Mapping[str, str] = field(default_factory=dict)

    def charts(self) -> tuple[Chart, ...]:
        """Return its charts, in the order of display."""
        cards = (card for rows in self.tabs.values() for row in rows for card in row)
        return tuple(card.shows for card in cards if isinstance(card.shows, Chart))

    def as_asset(self) -> dict[str, Any]:
        """Return the dashboard in Superset's import format."""
        return {
            "dashboard_title": self.title,
            "description": self.description,
            "slug": f"oversight-{self.slug}",
            "css": "",
            "published": True,
            "uuid": identity("dashboard", self.slug),
            "version": VERSION,
            "position": dict(self._position()),
            "metadata": {
                "color_scheme": SCHEME,
                "label_colors": dict(self._label_colours()),
                "shared_label_colors": [],
                "cross_filters_enabled": False,
                "refresh_frequency": 0,
                "expanded_slices": {},
                "filter_bar_orientation": "VERTICAL",
                "native_filter_configuration": [self._filter(one) for one in self.filters],
            },
        }

    def number(self, chart: Chart) -> int:
        """Return the number of the chart in the files; Superset replaces it with its own."""
        return self.charts().index(chart) + 1

    def _filter(self, one: Filter) -> dict[str, Any]:
        looks_up = not one.optional and one.begins_with is None
        spared = one.spares or tuple(chart for chart in self.charts() if one.reaches and chart not in one.reaches)
        return {
            "id": self._filter_id(one.name),
            "type": "NATIVE_FILTER",
            "filterType": "filter_select",
            "name": one.name,
            "description": one.hint,
            "targets": [{"column": {"name": one.column}, "datasetUuid": identity("dataset", one.dataset)}],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": [self.number(chart) for chart in spared]},
            # Charts wait until the first value is known; otherwise they would first query everything.
            "requiredFirst": looks_up,
            "cascadeParentIds": [self._filter_id(name) for name in one.below],
            "adhoc_filters": [],
            "sortMetric": one.first_by,
            "controlValues": {
                "defaultToFirstItem": looks_up,
                "enableEmptyFilter": not one.optional,
                "multiSelect": one.several,
                "inverseSelection": False,
                "searchAllOptions": True,
                "sortAscending": not (one.descending or one.first_by),
            },
            "defaultDataMask": self._beginning(one),
        }

    def _label_colours(self) -> Iterator[tuple[str, str]]:
        """Colours by name of series: values under their own name, metrics under name and label."""
        labels = {metric.name: metric.label for metric in metrics()}
        for name, colour in self.colours.items():
            yield name, colour
            if name in labels:
                yield labels[name], colour

    def _beginning(self, one: Filter) -> dict[str, Any]:
        """The setting of the filter when the dashboard opens; empty if Superset looks up the first value."""
        if one.begins_with is None:
            return {"extraFormData": {}, "filterState": {}, "ownState": {}}
        chosen = [one.begins_with]
        return {
            "extraFormData": {"filters": [{"col": one.column, "op": "IN", "val": chosen}]},
            "filterState": {"value": chosen, "label": one.begins_with},
            "ownState": {},
        }

    def _filter_id(self, name: str) -> str:
        return f"NATIVE_FILTER-{identity('filter', self.slug, name)}"

    def _position(self) -> Iterator[tuple[str, Any]]:
        yield "DASHBOARD_VERSION_KEY", "v2"
        yield "ROOT_ID", {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]}
        yield "HEADER_ID", {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": self.title}}
        if len(self.tabs) == 1:
            [rows] = self.tabs.values()
            yield from self._rows("GRID_ID", "GRID", {}, rows, ["ROOT_ID"])
            return
        names = [f"TAB-{number}" for number in range(1, len(self.tabs) + 1)]
        yield "GRID_ID", {"type": "GRID", "id": "GRID_ID", "children": ["TABS-1"], "parents": ["ROOT_ID"]}
        parents = ["ROOT_ID", "GRID_ID"]
        yield "TABS-1", {"type": "TABS", "id": "TABS-1", "meta": {}, "children": names, "parents": parents}
        for name, (text, rows) in zip(names, self.tabs.items(), strict=True):
            yield from self._rows(name, "TAB", {"text": text}, rows, [*parents, "TABS-1"])

    def _rows(
        self, name: str, kind: str, meta: dict[str, Any], rows: tuple[tuple[Card, ...], ...], parents: list[str]
    ) -> Iterator[tuple[str, Any]]:
        """A grid or tab with all its content."""
        ids = [f"ROW-{name}-{number}" for number in range(1, len(rows) + 1)]
        yield name, {"type": kind, "id": name, "meta": meta, "children": ids, "parents": parents}
        for row_id, row in zip(ids, rows, strict=True):
            cards = [self._card(f"{row_id}-{number}", card) for number, card in enumerate(row, 1)]
            within = [*parents, name]
            yield (
                row_id,
                {
                    "type": "ROW",
                    "id": row_id,
                    "meta": {"background": "BACKGROUND_TRANSPARENT"},
                    "children": [card["id"] for card in cards],
                    "parents": within,
                },
            )
            for card in cards:
                yield card["id"], {**card, "parents": [*within, row_id]}

    def _card(self, place: str, card: Card) -> dict[str, Any]:
        size = {"width": card.width, "height": card.height}
        if isinstance(card.shows, str):
            code = card.shows.strip()
            return {"type": "MARKDOWN", "id": f"MARKDOWN-{place}", "children": [], "meta": {**size, "code": code}}
        number = self.number(card.shows)
        meta = {
            **size,
            "chartId": number,
            "sliceName": card.shows.title,
            "uuid": card.shows.identity(self.slug),
        }
        return {"type": "CHART", "id": f"CHART-{number}", "children": [], "meta": meta}
