"""Dashboards as Superset lays them out: rows of cards, tabs, and the filters beside them.

Belongs here: the form of a dashboard. Does not belong here: what stands on one (`dashboards`).
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
    """What a dashboard says in words: the file of that name beside its declaration."""
    return (DECLARED / f"{name}.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Card:
    """A chart or words on a dashboard: `width` of 12 columns, `height` in units of 8 pixels."""

    shows: Chart | str
    width: int
    height: int


@dataclass(frozen=True)
class Filter:
    """A filter: values of `column` of `dataset`, one at a time unless `several`.

    It begins with the value that `begins_with` names, else with nothing if `optional`, else with the first value that
    `below` (names of other filters) leave. Values come in the order of `first_by`, a metric whose largest value is
    first, else in their own. It reaches all charts but those in `spares`, or only those in `reaches`.

    Superset looks up first values of all filters at once. So a filter with others below it must name its own:
    those below would take the first of all values for good.
    """

    name: str
    dataset: str
    column: str
    says: str
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
    """A dashboard: rows of cards in tabs (no tabs are shown where there is one), and colours of metrics and values."""

    slug: str
    title: str
    description: str
    filters: tuple[Filter, ...]
    tabs: Mapping[str, tuple[tuple[Card, ...], ...]]
    colours: Mapping[str, str] = field(default_factory=dict)

    def charts(self) -> tuple[Chart, ...]:
        """Its charts, in the order in which they stand."""
        cards = (card for rows in self.tabs.values() for row in rows for card in row)
        return tuple(card.shows for card in cards if isinstance(card.shows, Chart))

    def as_asset(self) -> dict[str, Any]:
        """The dashboard as Superset imports it."""
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
        """What the files call the chart by; Superset exchanges it for its own number."""
        return self.charts().index(chart) + 1

    def _filter(self, one: Filter) -> dict[str, Any]:
        looks_up = not one.optional and one.begins_with is None
        spared = one.spares or tuple(chart for chart in self.charts() if one.reaches and chart not in one.reaches)
        return {
            "id": self._filter_id(one.name),
            "type": "NATIVE_FILTER",
            "filterType": "filter_select",
            "name": one.name,
            "description": one.says,
            "targets": [{"column": {"name": one.column}, "datasetUuid": identity("dataset", one.dataset)}],
            "scope": {"rootPath": ["ROOT_ID"], "excluded": [self.number(chart) for chart in spared]},
            # Charts wait until the first value is known, instead of asking for everything first.
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
        """Colours by what Superset calls a series: values as they are, metrics by their name or their label."""
        labels = {metric.name: metric.label for metric in metrics()}
        for name, colour in self.colours.items():
            yield name, colour
            if name in labels:
                yield labels[name], colour

    def _beginning(self, one: Filter) -> dict[str, Any]:
        """What the filter is set to when the dashboard opens; nothing where the first value is looked up."""
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
        """A grid or tab and all that stands in it."""
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
