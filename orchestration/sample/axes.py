"""Contains what the rows of a file are about: the places, periods, measures, groups and lines of a contract's layout,
each with the labels by which screening would know it.
Not here: the cells of those rows (`rows`), or their figures (`figures`).

What cannot be turned round raises OversightError.
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
from orchestration.sample.chance import normal, one
from orchestration.sample.figures import Split
from orchestration.sample.patterns import choices
from orchestration.sample.places import ENGLAND, Land, Place

Labels = dict[str, str]
LARGER = ("country", "region")
_MOST = {"gp_practice": 60, "school": 40, "nhs_trust": 40, "icb": 12, "police_force": 43}
_WORDS = {"national": "country", "country": "country", "regional": "region", "region": "region",
          "local authority": "local_authority", "la": "local_authority"}  # fmt: skip
_WRITTEN = {"FY": "{a}-{b:02d}", "AY": "{a}/{b:02d}", "JY": "{a}-{b:02d}", "month": "{y}-{m:02d}-01",
            "quarter": "{y} Q1", "iso_interval": "{y}-01-01T00:00:00/P1Y"}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What every file of a return is made with."""

    contract: ReturnContract
    seed: Seed
    land: Land
    codes: Codes
    salt: str


@dataclass(frozen=True)
class Group:
    """A group of people: its labels, by what it is divided, and the category of each (0 is the total)."""

    labels: Labels
    splits: tuple[Split, ...] = ()
    at: tuple[int, ...] = ()


@dataclass(frozen=True)
class Variant:
    """Labels that say which measures a row is about; `measure` is the one that the file names itself."""

    labels: Labels
    measure: Measure | None = None
    level: Level = field(default_factory=Level)


class Axes:
    """What the rows of one file are about."""

    def __init__(self, kind: Kind, file: FileSeed) -> None:
        self.kind, self.file, self.contract = kind, file, kind.contract
        told = {name: getattr(file, name) for name in Shape.model_fields if name in file.model_fields_set}
        self.shape = Shape.model_validate({name: getattr(kind.seed, name) for name in Shape.model_fields} | told)
        layouts = [layout for layout in self.contract.layouts if self.shape.layout in (None, layout.name)]
        if not layouts:
            raise self.error(f"it has no layout '{self.shape.layout}'")
        self.layout: Layout = layouts[0]
        self.line_column = self.layout.service_line.column
        self.places = self._places()
        self.periods = list(self._periods(file.periods or Periods(first="2021", last="2024")))
        self.variants = list(self._variants())
        self.groups = list(self._groups())
        self.lines = self._lines()

    def error(self, said: str) -> OversightError:
        """An error about the sample of this return."""
        return OversightError(f"The sample of {self.contract.return_code} cannot be made: {said}.")

    # ------------------------------------------------------------------ places

    def _places(self) -> list[tuple[Place, Labels]]:
        """Places with the labels of their row, larger ones last."""
        found: dict[str, tuple[Place, Labels]] = {}
        rules = self.layout.locations
        served = {level for rule in rules if not rule.when for level in self._levels(rule)}
        for rule in rules:
            for level in self._levels(rule):
                listed = self._listed(rule, level)[: self.shape.places.get(level, _MOST.get(level, 1000))]
                # Where another rule takes the level as a whole, a condition is for a few odd ones.
                for place in listed[-2:] if rule.when and level in served - {*LARGER} else listed:
                    found.setdefault(f"{place.level} {place.code}", (place, self._labels(rule, place)))
        if not found:
            raise self.error("its contract names no place that the sample has")
        return sorted(found.values(), key=lambda f: -1 if f[0].level not in LARGER else 1 - LARGER.index(f[0].level))

    def _levels(self, rule: LocationRule) -> list[str]:
        """The levels of the places that a rule is about."""
        if rule.fixed:
            return [rule.fixed.level]
        if rule.levels or rule.level:
            named: list[str] = [*rule.levels] or [str(rule.level)]
            return list(dict.fromkeys([*named, *(place.level for place in rule.places.values())]))
        told = [_WORDS[plain(label)] for labels in rule.when.values() for label in labels if plain(label) in _WORDS]
        elsewhere = {other.level for other in self.layout.locations}
        levels = [*self.shape.places, "local_authority", *LARGER[::-1]]
        return told[:1] or [level for level in dict.fromkeys(levels) if level not in elsewhere]

    def _listed(self, rule: LocationRule, level: str) -> list[Place]:
        """Every place of a level that a rule can name, smaller before larger."""
        land = self.kind.land
        if rule.fixed:
            return [land.by_code.get(rule.fixed.code, Place(rule.fixed.code, rule.fixed.name or "", level))]
        codes = {p.code: Place(p.code, label, p.level, people=5_000_000, children=1_100_000)
                 for label, p in reversed(rule.places.items()) if p.level == level}  # fmt: skip
        named = [place for code, place in codes.items() if ":" in code or code in land.by_code]
        if level not in land.levels:
            raise self.error(f"there is no place of level '{level}'")
        if level in LARGER and named:
            return named
        if level == "country":
            return [p for p in land.levels[level] if p.code in (ENGLAND, self.contract.covers)]
        history = land.history if level == "local_authority" and self.shape.history else []
        return [*land.levels[level], *named, *history]

    def _labels(self, rule: LocationRule, place: Place) -> Labels:
        """The labels of a row about a place: its code and name, the conditions of its rule, and larger places."""
        labels: Labels = {}
        above = {"country": self.kind.land.by_code[ENGLAND], "region": self.kind.land.by_code.get(place.region)}
        for other in self.layout.locations:
            larger = above.get(self._levels(other)[0]) if other is not rule and not other.fixed else None
            if larger and place.level not in ("country", larger.level):
                labels |= {c: text for c, text in ((other.code, larger.code), (other.name, larger.name)) if c}
        own = {rule.name: place.name,
               rule.code: {"dfe-la": place.number, "ecode": place.ecode}.get(rule.scheme, place.code)}  # fmt: skip
        if rule.within and rule.within.level == "local_authority":
            own[rule.within.code] = place.number
        elif rule.within:
            own |= {rule.within.code: f"QN{place.board[-2:]}", rule.within.name: self.kind.land.name_of(place.board)}
        labels |= {column: text for column, text in own.items() if column}
        for column, wanted in rule.when.items():
            totals = [text for text in wanted if column == self.line_column and text in self.layout.service_line.total]
            labels[column] = next((text for text in (*totals, *wanted) if text), "")
        for split in self.layout.characteristics:
            if split.column and split.categories and not split.total and not split.is_partial:
                labels[split.column] = self._category_of(place, split)
        return labels | ({c: texts[0] for c, texts in self.layout.rows.until.items()} if place.code == ENGLAND else {})

    @staticmethod
    def _category_of(place: Place, split: Characteristic) -> str:
        """The label of a characteristic that a place has as a whole: of deprivation, by its own."""
        wanted = [split.categories[code] for code in split.categories if code.isdigit()] or [*split.categories.values()]
        share = 1 / (1 + np.exp(2 * place.deprivation)) if "deprivation" in split.code else one(place.code, split.code)
        category = wanted[min(int(share * len(wanted)), len(wanted) - 1)]
        return [*category.labels, category.name][0]

    # ------------------------------------------------------------------ periods and measures

    def _periods(self, periods: Periods) -> Iterator[tuple[float, Callable[[str | None], str]]]:
        """Each period as a point in time, and how it is written under a format."""
        kinds = {measure.period.kind for measure in self.contract.measures if measure.period}
        usual = periods.label or (_WRITTEN.get(min(kinds), "{y}") if len(kinds) == 1 else "{y}")
        monthly = len(periods.first) > 4
        first, last = (pd.Period(text, "M" if monthly else "Y") for text in (periods.first, periods.last))
        for moment in pd.period_range(first, last):
            year, month = moment.year, moment.month if monthly else 1
            named = {"y": year, "m": month, "a": year - 1, "b": year % 100, "e": year - 2}

            def written(form: str | None, named: dict[str, int] = named) -> str:
                return (form or usual).format(**named)

            yield year + (month - 0.5) / 12 if monthly else year + 0.5, written

    def _variants(self) -> Iterator[Variant]:
        """The distinct labels by which cell rules are told apart, without those that say place, group or line."""
        taken = {self.line_column, *(split.column for split in self.layout.characteristics)}
        taken |= {column for rule in self.layout.locations for column in (rule.code, rule.name, *rule.when)}
        seen: list[Labels] = []
        for rule in self.layout.cells:
            fixed = {column: wanted[0] for column, wanted in rule.when.items() if column not in taken}
            for variant in self._named(rule) if rule.measure_from else [Variant({})]:
                labels = variant.labels | fixed
                if labels not in seen:
                    seen.append(labels)
                    yield Variant(labels, variant.measure, variant.level)

    def _named(self, rule: CellRule) -> Iterator[Variant]:
        """The measures that a file names itself, by the labels that contract or seed lists."""
        source, seeds = rule.measure_from, self.kind.seed.measures
        assert source is not None, "only rules that name measures are asked"
        listed = [*{code: label for label, code in reversed(source.codes.items())}.values()]
        listed += [label for label in seeds if self.contract.measure(label) is None and label not in listed]
        for label in listed or ["First", "Second"]:
            level = seeds.get(label, Level())
            code = source.codes.get(label, source.prefix + re.sub(r"\W+", "_", label))
            asked = source.described_by
            said = {part: level.described.get(str(getattr(asked, part, None))) for part in ("name", "unit", "polarity")}
            share = (said["unit"] or source.defaults.unit).startswith("%")
            usual = "count" if level.per_head is not None else "proportion" if share else "duration"
            polarity = {"High": "high", "Low": "low"}.get(said["polarity"] or "", source.defaults.polarity)
            measure = self.contract.measure(code) or Measure.model_validate({
                "code": code, "name": said["name"] or label, "unit": said["unit"] or "", "value_type": usual,
                "minimum": 0, "domain": "standards", "polarity": polarity, "multiplier": 100 if share else 1,
            })  # fmt: skip
            names = {source.name_column: measure.name} if source.name_column else {}
            yield Variant({source.column: label, **names}, measure, level)

    # ------------------------------------------------------------------ groups and lines

    def split(self, split: Characteristic) -> Split:
        """A characteristic with weights and effects of its categories, from the seed or by themselves."""
        told = self.shape.groups.get(split.code, {})
        listed = [code for code in told or split.categories if told.get(code, 1.0) > 0] or ["first", "second"]
        about = self.kind.codes.characteristics.get(split.code.split(":")[0])
        slope = np.linspace(0.9, -0.9, max(len(listed), 2)).tolist()
        chance = [0.6 * float(normal(split.code, code)[0]) for code in listed]
        own = slope if about and about.ordered else chance
        effects = tuple(self.shape.effects.get(code, own[n]) for n, code in enumerate(listed))
        return Split(split.code, tuple(listed), tuple(told.get(code, 1.0) for code in listed), effects)

    def _groups(self) -> Iterator[Group]:
        """Every group of people that a row may be about: everyone, those divided by `crossed`, and by others alone."""
        skipped = {code for code, weights in self.shape.groups.items() if not any(weights.values())}
        sent = {s.code: s for s in reversed(self.layout.characteristics)
                if s.column and not s.otherwise and (s.total or s.is_partial) and s.code not in skipped}  # fmt: skip
        listed = list(reversed(sent.values()))
        whole: Labels = {}
        for split in [s for s in self.layout.characteristics if s.column and (s.total or s.is_partial)]:
            taken = {plain(text) for rule in self.layout.locations for text in rule.when.get(str(split.column), [])}
            everyone = next((text for text in split.total if text and plain(text) not in taken), "")
            whole |= {str(split.column): everyone, **dict.fromkeys(split.when, "Total")}
            whole |= {split.scheme_column: ""} if split.scheme_column else {}
        usual = [split.code for split in listed if not split.is_partial and not split.scheme_column][:2]
        crossed = [s for s in listed if s.code in (usual if self.shape.crossed is None else self.shape.crossed)]
        splits = tuple(self.split(split) for split in crossed)
        for at in product(*(range(len(split.categories) + 1) for split in splits)):
            labels = dict(whole)
            for split, made, nth in zip(crossed, splits, at, strict=True):
                labels |= self._group_labels(split, made.categories[nth - 1]) if nth else {}
            if not any(nth == 0 and s.code in self.shape.without_total for s, nth in zip(splits, at, strict=True)):
                yield Group(labels, splits, at)
        for split in listed:
            made = self.split(split)
            for nth, category in enumerate(made.categories if split not in crossed else (), start=1):
                yield Group(whole | self._group_labels(split, category), (*splits, made), (*(0 for _ in splits), nth))

    def _group_labels(self, split: Characteristic, category: str) -> Labels:
        """The labels of a category, written so that the characteristic's own pattern finds it."""
        known = split.categories.get(category)
        spelled = [*known.labels, known.name] if known else [category]
        if split.label:
            begins = ["", *(f"{word} " for word in re.findall(r"[a-z]{3,}", split.label))]
            wanted = {plain(text) for text in spelled}
            tried = ((text, re.search(split.label, text)) for text in (a + b for a in begins for b in spelled))
            spelled = [text for text, hit in tried if hit and plain(hit[1] or "") in wanted]
            if not spelled:
                raise self.error(f"no text is found for category '{category}' of {split.code}")
        labels = {column: wanted[0] for column, wanted in split.when.items()}
        if split.scheme_column:
            scheme = self.shape.constants.get(split.scheme_column)
            labels[split.scheme_column] = scheme if isinstance(scheme, str) else next(iter(split.schemes), "")
        return labels | {str(split.column): spelled[0]}

    def _lines(self) -> list[str]:
        """The service lines of rows, or of wide columns; those that add up others come last."""
        line = self.layout.service_line
        wide = [rule.columns for rule in self.layout.cells if rule.columns and "<service_line>" in rule.columns]
        if not (line.column or wide):
            return [""]
        aliases = {target: label for label, target in reversed(line.aliases.items())}.values()
        listed = (
            [*self.shape.lines] or [text for pattern in wide for text in choices(pattern, "service_line")] or [*aliases]
        )
        total = [text for text in line.total if text and line.column and "service_line" not in self.shape.without_total]
        return [*(listed or ["First line", "Second line", "Third line"]), *(self.shape.line_totals or total[:1])]
