"""Dimensions of the rows of a file: the locations, periods, measures, groups and lines of a contract's layout.

Contains these dimensions, each with the labels from which screening recognises it. Not here: the cells of the rows
(`rows`), or their figures (`figures`). A layout for which no labels can be generated raises OversightError.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from orchestration.contracts.breakdowns import Characteristic
from orchestration.contracts.codes import Codes
from orchestration.contracts.measures import Measure
from orchestration.contracts.model import CellRule, Layout, LocationRule, ReturnContract
from orchestration.contracts.samples import FileSeed, Level, Periods, Seed, Shape
from orchestration.foundation.errors import OversightError
from orchestration.returns.screening.layout.labels import plain
from orchestration.sample.chance import draw, draw_normal
from orchestration.sample.figures import Breakdown, Breakdowns
from orchestration.sample.patterns import choices
from orchestration.sample.places import ENGLAND, Land, Location

Labels = dict[str, str]
LARGER = ("country", "region")
_MOST = {"gp_practice": 60, "school": 40, "nhs_trust": 40, "icb": 12, "police_force": 43}
_LEVELS = {"national": "country", "country": "country", "regional": "region", "region": "region",
           "local authority": "local_authority", "la": "local_authority"}  # fmt: skip
_PERIOD_FORMATS = {"FY": "{a}-{b:02d}", "AY": "{a}/{b:02d}", "JY": "{a}-{b:02d}", "month": "{y}-{m:02d}-01",
                   "quarter": "{y} Q1", "iso_interval": "{y}-01-01T00:00:00/P1Y"}  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """Contract, seed and locations that the files of a return are generated from."""

    contract: ReturnContract
    seed: Seed
    land: Land
    codes: Codes
    salt: str


@dataclass(frozen=True)
class Group:
    """A population group: its labels, its breakdowns, and the category in each (0 is the total)."""

    labels: Labels
    by: Breakdowns = ()
    at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Variant:
    """Labels that select measures; `measure` is set if the file names the measure itself."""

    labels: Labels
    measure: Measure | None = None
    level: Level = field(default_factory=Level)


class Axes:
    """Dimensions of the rows of one file."""

    def __init__(self, inputs: Inputs, file: FileSeed) -> None:
        self.inputs, self.file, self.contract = inputs, file, inputs.contract
        settings = {name: getattr(file, name) for name in Shape.model_fields if name in file.model_fields_set}
        self.shape = Shape.model_validate({name: getattr(inputs.seed, name) for name in Shape.model_fields} | settings)
        layouts = [layout for layout in self.contract.layouts if self.shape.layout in (None, layout.name)]
        if not layouts:
            raise self.error(f"the contract has no layout '{self.shape.layout}'; correct layout in the seed")
        self.layout: Layout = layouts[0]
        self.line_column = self.layout.service_line.column
        self.locations = self._locations()
        self.periods = list(self._periods(file.periods or Periods(first="2021", last="2024")))
        self.variants = list(self._variants())
        self.groups = list(self._groups())
        self.lines = self._lines()

    def error(self, message: str) -> OversightError:
        """Return an error about the sample of this return."""
        return OversightError(f"Cannot generate the sample of {self.contract.return_code}: {message}.")

    # ------------------------------------------------------------------ locations

    def _locations(self) -> list[tuple[Location, Labels]]:
        """Return the locations with the labels of their rows; regions and countries come last."""
        result: dict[tuple[str, str], tuple[Location, Labels]] = {}
        rules = self.layout.locations
        covered = {level for rule in rules if not rule.when for level in self._levels(rule)}
        for rule in rules:
            for level in self._levels(rule):
                places = self._listed(rule, level)[: self.shape.places.get(level, _MOST.get(level, 1000))]
                # If another rule covers the whole level, a condition is for a few exceptions.
                for place in places[-2:] if rule.when and level in covered - {*LARGER} else places:
                    result.setdefault(place.key, (place, self._labels(rule, place)))
        if not result:
            raise self.error("the sample has no location that the contract names; add one to geography.yml")
        order = {"region": 1, "country": 2}
        return sorted(result.values(), key=lambda row: order.get(row[0].level, 0))

    def _levels(self, rule: LocationRule) -> list[str]:
        """Return the location levels of a rule."""
        if rule.fixed:
            return [rule.fixed.level]
        if rule.levels or rule.level:
            named: list[str] = [*rule.levels] or [str(rule.level)]
            return list(dict.fromkeys([*named, *(place.level for place in rule.places.values())]))
        labels = [plain(label) for labels in rule.when.values() for label in labels]
        if level := next((_LEVELS[label] for label in labels if label in _LEVELS), None):
            return [level]
        elsewhere = {other.level for other in self.layout.locations}
        levels = [*self.shape.places, "local_authority", *LARGER[::-1]]
        return [level for level in dict.fromkeys(levels) if level not in elsewhere]

    def _listed(self, rule: LocationRule, level: str) -> list[Location]:
        """Return every location of a level that a rule can name, smaller before larger."""
        land = self.inputs.land
        if rule.fixed:
            return [land.by_code.get(rule.fixed.code, Location(rule.fixed.code, rule.fixed.name or "", level))]
        if level not in land.levels:
            raise self.error(f"the sample has no locations of level '{level}'; add them to geography.yml")
        codes = {p.code: Location(p.code, label, p.level, people=5_000_000, children=1_100_000)
                 for label, p in reversed(rule.places.items()) if p.level == level}  # fmt: skip
        named = [place for code, place in codes.items() if ":" in code or code in land.by_code]
        if level in LARGER and named:
            return named
        if level == "country":
            return [p for p in land.levels[level] if p.code in (ENGLAND, self.contract.covers)]
        history = land.history if level == "local_authority" and self.shape.history else []
        return [*land.levels[level], *named, *history]

    def _labels(self, rule: LocationRule, place: Location) -> Labels:
        """Return the labels of a location's rows: its code and name, the conditions of its rule, and its parents."""
        land, labels = self.inputs.land, dict[str | None, str]()
        parents = {"country": land.by_code[ENGLAND], "region": land.by_code.get(place.region)}
        for other in self.layout.locations:
            parent = parents.get(self._levels(other)[0]) if other is not rule and not other.fixed else None
            if parent and place.level not in ("country", parent.level):
                labels |= {other.code: parent.code, other.name: parent.name}
        labels |= {rule.name: place.name,
                   rule.code: {"dfe-la": place.number, "ecode": place.ecode}.get(rule.scheme, place.code)}  # fmt: skip
        if rule.within and rule.within.level == "local_authority":
            labels[rule.within.code] = place.number
        elif rule.within:
            labels |= {rule.within.code: f"QN{place.board[-2:]}", rule.within.name: land.name_of(place.board)}
        for column, texts in rule.when.items():
            totals = [text for text in texts if column == self.line_column and text in self.layout.service_line.total]
            labels[column] = next(filter(None, (*totals, *texts)), "")
        for characteristic in self.layout.characteristics:
            if characteristic.categories and not characteristic.total and not characteristic.is_partial:
                labels[characteristic.column] = self._category_of(place, characteristic)
        if place.code == ENGLAND:
            labels |= {column: texts[0] for column, texts in self.layout.rows.until.items()}
        return {column: text for column, text in labels.items() if column}

    @staticmethod
    def _category_of(place: Location, characteristic: Characteristic) -> str:
        """Return the label of a characteristic that a whole location has; for deprivation, by its own deprivation."""
        by_code = characteristic.categories
        ranked = [by_code[code] for code in by_code if code.isdigit()] or [*by_code.values()]
        deprived = "deprivation" in characteristic.code
        share = 1 / (1 + np.exp(2 * place.deprivation)) if deprived else draw(place.code, characteristic.code)
        category = ranked[min(int(share * len(ranked)), len(ranked) - 1)]
        return [*category.labels, category.name][0]

    # ------------------------------------------------------------------ periods and measures

    def _periods(self, periods: Periods) -> Iterator[tuple[float, Callable[[str | None], str]]]:
        """Yield each period as a point in time, with a function that formats it."""
        kinds = {measure.period.kind for measure in self.contract.measures if measure.period}
        default = periods.label or (_PERIOD_FORMATS.get(min(kinds), "{y}") if len(kinds) == 1 else "{y}")
        monthly = len(periods.first) > 4
        first, last = (pd.Period(text, "M" if monthly else "Y") for text in (periods.first, periods.last))
        for moment in pd.period_range(first, last):
            year, month = moment.year, moment.month if monthly else 1
            fields = {"y": year, "m": month, "a": year - 1, "b": year % 100, "e": year - 2}

            def label(form: str | None, fields: dict[str, int] = fields) -> str:
                return (form or default).format(**fields)

            yield year + (month - 0.5) / 12 if monthly else year + 0.5, label

    def _variants(self) -> Iterator[Variant]:
        """Yield the distinct labels that select cell rules, without labels of locations, groups or lines."""
        taken = {self.line_column, *(characteristic.column for characteristic in self.layout.characteristics)}
        taken |= {column for rule in self.layout.locations for column in (rule.code, rule.name, *rule.when)}
        seen: list[Labels] = []
        for rule in self.layout.cells:
            fixed = {column: texts[0] for column, texts in rule.when.items() if column not in taken}
            for variant in self._named(rule) if rule.measure_from else [Variant({})]:
                labels = variant.labels | fixed
                if labels not in seen:
                    seen.append(labels)
                    yield Variant(labels, variant.measure, variant.level)

    def _named(self, rule: CellRule) -> Iterator[Variant]:
        """Yield the measures that a file names itself, by the labels in the contract or seed."""
        source, seeds = rule.measure_from, self.inputs.seed.measures
        assert source is not None, "only rules with measure_from are passed"
        listed = [*{code: label for label, code in reversed(source.codes.items())}.values()]
        listed += [label for label in seeds if self.contract.measure(label) is None and label not in listed]
        for label in listed or ["First", "Second"]:
            level = seeds.get(label, Level())
            code = source.codes.get(label, source.prefix + re.sub(r"\W+", "_", label))
            name, unit, high_or_low = (
                level.described.get(str(getattr(source.described_by, part, None))) or ""
                for part in ("name", "unit", "polarity")
            )
            share = (unit or source.defaults.unit).startswith("%")
            value_type = "count" if level.per_head is not None else "proportion" if share else "duration"
            polarity = {"High": "high", "Low": "low"}.get(high_or_low, source.defaults.polarity)
            measure = self.contract.measure(code) or Measure.model_validate({
                "code": code, "name": name or label, "unit": unit, "value_type": value_type,
                "minimum": 0, "domain": "standards", "polarity": polarity, "multiplier": 100 if share else 1,
            })  # fmt: skip
            names = {source.name_column: measure.name} if source.name_column else {}
            yield Variant({source.column: label, **names}, measure, level)

    # ------------------------------------------------------------------ groups and lines

    def breakdown(self, characteristic: Characteristic) -> Breakdown:
        """Return a breakdown with the weights and effects in the seed, or with defaults."""
        weights = self.shape.groups.get(characteristic.code, {})
        categories = [code for code in weights or characteristic.categories if weights.get(code, 1.0) > 0]
        categories = categories or ["first", "second"]
        entry = self.inputs.codes.characteristics.get(characteristic.code.split(":")[0])
        slope = np.linspace(0.9, -0.9, max(len(categories), 2)).tolist()
        chance = [0.6 * draw_normal(characteristic.code, code) for code in categories]
        defaults = dict(zip(categories, slope if entry and entry.ordered else chance, strict=False))
        effects = tuple(self.shape.effects.get(code, default) for code, default in defaults.items())
        sizes = tuple(weights.get(code, 1.0) for code in categories)
        return Breakdown(characteristic.code, tuple(categories), sizes, effects)

    def _groups(self) -> Iterator[Group]:
        """Yield every group of a row: all people, the breakdowns combined by `crossed`, and the other breakdowns."""
        skipped = {code for code, weights in self.shape.groups.items() if not any(weights.values())}
        selectable = [c for c in self.layout.characteristics if c.column and (c.total or c.is_partial)]
        sent = {c.code: c for c in reversed(selectable) if not c.otherwise and c.code not in skipped}
        listed = list(reversed(sent.values()))
        all_people: Labels = {}
        for each in selectable:
            taken = {plain(text) for rule in self.layout.locations for text in rule.when.get(str(each.column), [])}
            total = next((text for text in each.total if text and plain(text) not in taken), "")
            all_people |= {str(each.column): total, **dict.fromkeys(each.when, "Total")}
            all_people |= {each.scheme_column: ""} if each.scheme_column else {}
        default = [each.code for each in listed if not each.is_partial and not each.scheme_column][:2]
        crossed = [c for c in listed if c.code in (default if self.shape.crossed is None else self.shape.crossed)]
        by = tuple(self.breakdown(each) for each in crossed)
        for at in product(*(range(len(breakdown.categories) + 1) for breakdown in by)):
            labels = dict(all_people)
            for characteristic, breakdown, nth in zip(crossed, by, at, strict=True):
                labels |= self._group_labels(characteristic, breakdown.categories[nth - 1]) if nth else {}
            if not any(nth == 0 and b.code in self.shape.without_total for b, nth in zip(by, at, strict=True)):
                yield Group(labels, by, at)
        for each in (each for each in listed if each not in crossed):
            breakdown = self.breakdown(each)
            for nth, category in enumerate(breakdown.categories, start=1):
                labels = all_people | self._group_labels(each, category)
                yield Group(labels, (*by, breakdown), (*(0 for _ in by), nth))

    def _group_labels(self, characteristic: Characteristic, category: str) -> Labels:
        """Return the labels of a category, in a form that the pattern of the characteristic matches."""
        entry = characteristic.categories.get(category)
        texts = [*entry.labels, entry.name] if entry else [category]
        if characteristic.label:
            prefixes = ["", *(f"{word} " for word in re.findall(r"[a-z]{3,}", characteristic.label))]
            wanted = {plain(text) for text in texts}
            tries = ((text, re.search(characteristic.label, text)) for text in (a + b for a in prefixes for b in texts))
            texts = [text for text, match in tries if match and plain(match[1] or "") in wanted]
            if not texts:
                raise self.error(f"no label fits category '{category}' of {characteristic.code}; skip it in the seed")
        labels = {column: wanted[0] for column, wanted in characteristic.when.items()}
        if characteristic.scheme_column:
            scheme = self.shape.constants.get(characteristic.scheme_column)
            labels[characteristic.scheme_column] = (
                scheme if isinstance(scheme, str) else next(iter(characteristic.schemes), "")
            )
        return labels | {str(characteristic.column): texts[0]}

    def _lines(self) -> list[str]:
        """Return the service lines of rows or of wide columns; lines that are sums of others come last."""
        line = self.layout.service_line
        wide = [rule.columns for rule in self.layout.cells if rule.columns and "<service_line>" in rule.columns]
        if not (line.column or wide):
            return [""]
        aliases = {target: label for label, target in reversed(line.aliases.items())}.values()
        listed = [*self.shape.lines] or [text for pattern in wide for text in choices(pattern, "service_line")]
        listed = listed or [*aliases] or ["First line", "Second line", "Third line"]
        total = [text for text in line.total if text and line.column and "service_line" not in self.shape.without_total]
        return [*listed, *(self.shape.line_totals or total[:1])]
