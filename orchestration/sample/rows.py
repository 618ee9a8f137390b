"""Contains a contract's layout turned round: the rows and columns of a file from which screening would read its figures.
Not here: what the figures are (`figures`), or what the screening does (`orchestration.returns`).

A row stands for a place, a period, what its labels say of the measure (a variant), a service line and a group of people.
Each cell rule fills its columns in the rows whose labels it takes. What cannot be turned round raises OversightError.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import log10

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.contracts.codes import Codes
from orchestration.contracts.measures import Measure
from orchestration.contracts.model import CellRule, Layout, LocationRule, ReturnContract
from orchestration.contracts.splits import Characteristic
from orchestration.errors import OversightError
from orchestration.returns.labels import plain
from orchestration.returns.periods import parse_period
from orchestration.sample.chance import Floats, normal, one
from orchestration.sample.figures import Cube, Figures, Part, Scope, Split, is_count
from orchestration.sample.files import Row, texts
from orchestration.sample.patterns import choices, text_for
from orchestration.sample.places import ENGLAND, Land, Place
from orchestration.sample.seeds import Edit, FileSeed, Level, Periods, Seed, Shape

Labels = dict[str, str]
Texts = NDArray[np.object_]
_LARGER = ("country", "region")
_MOST = {"gp_practice": 60, "school": 40, "nhs_trust": 40, "icb": 12, "police_force": 43}
_WORDS = {"national": "country", "country": "country", "regional": "region", "region": "region",
          "local authority": "local_authority", "la": "local_authority"}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """What every file of a return is made with."""

    contract: ReturnContract
    seed: Seed
    land: Land
    codes: Codes
    salt: str


@dataclass
class Group:
    """A group of people: its labels, by what it is divided, and the category of each (0 is the total)."""

    labels: Labels
    splits: tuple[Split, ...] = ()
    at: tuple[int, ...] = ()


@dataclass
class Variant:
    """Labels that say which measures a row is about; `measure` is the one that the file names itself."""

    labels: Labels
    measure: Measure | None = None
    level: Level = field(default_factory=Level)


class File:
    """One file of a return while it is made."""

    def __init__(self, kind: Kind, file: FileSeed) -> None:
        self._kind, self._file = kind, file
        self._decimals: dict[str, int] = {}
        self._shape = Shape.model_validate(
            {name: getattr(file, name) or getattr(kind.seed, name) for name in Shape.model_fields}
            | {name: getattr(kind.seed, name) if getattr(file, name) is None else getattr(file, name)
               for name in ("crossed", "history", "shared_lines")}
        )  # fmt: skip
        layouts = kind.contract.layouts
        chosen = [layout for layout in layouts if self._shape.layout in (None, layout.name)]
        if not chosen:
            raise self._error(f"has no layout '{self._shape.layout}'")
        self.layout: Layout = chosen[0]
        self._markers = {status: m for m, status in reversed({**kind.contract.markers, **self.layout.markers}.items())}
        self._places = list(self._located())
        self._periods = list(self._dated(file.periods or Periods(first="2021", last="2024")))
        self._variants = list(self._varied())
        self._groups = list(self._grouped())
        self._lines = self._lined()
        self._figures, self._line_at = self._measured(self._lines if self.layout.service_line.column else [""])
        self._wide, self._wide_at = self._measured(self._lines)

    def _error(self, said: str) -> OversightError:
        return OversightError(f"The sample of {self._kind.contract.return_code} cannot be made: {said}.")

    # ------------------------------------------------------------------ places

    def _located(self) -> Iterator[tuple[Place, Labels]]:
        """Places with the labels of their row: those of the smallest level first, larger ones after them."""
        found: list[tuple[Place, Labels]] = []
        rules = self.layout.locations
        served = [level for rule in rules if not rule.when for level in self._levels(rule)]
        for rule in rules:
            for level in self._levels(rule):
                listed = self._listed(rule, level)
                most = self._shape.places.get(level, _MOST.get(level, 1000))
                if rule.when and level in served and level not in _LARGER:
                    listed = listed[-2:] if most else []
                found += [(place, self._labelled(rule, place)) for place in listed[:most]]
        seen: dict[str, tuple[Place, Labels]] = {}
        for place, labels in found:
            seen.setdefault(f"{place.level} {place.code}", (place, labels))
        places = sorted(seen.values(), key=lambda one: _LARGER[::-1].index(one[0].level) if one[0].level in _LARGER else -1)
        if not places:
            raise self._error("its contract names no place that the sample has")
        return iter(places)

    def _levels(self, rule: LocationRule) -> list[str]:
        """The levels of the places that a rule is about."""
        if rule.fixed:
            return [rule.fixed.level]
        if rule.levels or rule.level:
            named = (place.level for place in rule.places.values())
            return list(dict.fromkeys([*(rule.levels or [str(rule.level)]), *named]))
        told = [_WORDS[plain(label)] for labels in rule.when.values() for label in labels if plain(label) in _WORDS]
        if told:
            return told[:1]
        levels = ["local_authority", "region", "country"]
        elsewhere = {other.level for other in self.layout.locations}
        return [level for level in dict.fromkeys([*self._shape.places, *levels]) if level not in elsewhere]

    def _listed(self, rule: LocationRule, level: str) -> list[Place]:
        """Every place of a level that a rule can name."""
        if rule.fixed:
            known = {place.code: place for place in self._kind.land.levels["country"]}
            return [known.get(rule.fixed.code, Place(rule.fixed.code, rule.fixed.name or "", level))]
        named = [Place(p.code, label, p.level, people=5_000_000, children=1_100_000)
                 for label, p in rule.places.items() if p.level == level]  # fmt: skip
        named = [place for nth, place in enumerate(named) if place.code not in {p.code for p in named[:nth]}]
        if rule.places and level not in ("police_force", "local_authority", "icb", "nhs_region"):
            return named or self._kind.land.levels[level]
        if level == "country":
            wanted = [ENGLAND, *([] if self._kind.contract.covers in (None, ENGLAND) else [self._kind.contract.covers])]
            return sorted(
                (p for p in self._kind.land.levels["country"] if p.code in wanted or self._shape.places.get("country", 0) > 1),
                key=lambda place: place.code != ENGLAND,
            )
        if level not in self._kind.land.levels:
            raise self._error(f"there is no place of level {level}")
        listed = [*self._kind.land.levels[level], *(p for p in named if "Pre LG" not in p.name and p.code[:2] != "E1" and p.code[:2] != "E0")]
        if level == "local_authority" and self._shape.history:
            listed = [*listed, *self._kind.land.history]
        return listed

    def _labelled(self, rule: LocationRule, place: Place) -> Labels:
        """The labels of a row about a place: its code and name, the conditions of its rule, and larger places."""
        layout, labels = self.layout, {}
        for other in layout.locations:
            above = {"country": ENGLAND, "region": place.region}
            for level in self._levels(other) if other is not rule and not other.fixed else []:
                larger = [p for p in self._kind.land.levels.get(level, []) if p.code == above.get(level)]
                if level in _LARGER and larger and place.level not in _LARGER[: _LARGER.index(level) + 1]:
                    labels |= {c: t for c, t in ((other.code, larger[0].code), (other.name, larger[0].name)) if c}
        schemes = {"gss": place.code, "dfe-la": place.number, "ecode": place.ecode}
        code = schemes.get(rule.scheme, place.code)
        if rule.name and rule.name in layout.columns or (layout.unfold and rule.name == layout.unfold.label):
            labels[str(rule.name)] = place.name
        if rule.code:
            labels[rule.code] = code
        if rule.within:
            board = next((p for p in self._kind.land.levels["icb"] if p.code == place.board), None)
            school = rule.within.level == "local_authority"
            inside = {rule.within.code: place.number if school else f"QN{place.board[-2:]}", rule.within.name: board.name if board else ""}
            labels |= {column: text for column, text in inside.items() if column}
        total = layout.service_line.total if layout.service_line.column else []
        for column, wanted in rule.when.items():
            in_total = [label for label in wanted if column == layout.service_line.column and label in total]
            labels[column] = next(iter([*in_total[:1], *(label for label in wanted if label)]), "")
        for split in layout.characteristics:
            if split.column and not split.total and not split.is_partial and split.categories:
                labels[split.column] = self._category_of(place, split)
        until = layout.rows.until.items() if place.code == ENGLAND else ()
        return labels | {column: wanted[0] for column, wanted in until}

    def _category_of(self, place: Place, split: Characteristic) -> str:
        """The label of a characteristic that a place has as a whole: of deprivation, by its own."""
        wanted = [split.categories[code] for code in split.categories if code.isdigit()] or list(split.categories.values())
        share = 1 / (1 + np.exp(2 * place.deprivation)) if "deprivation" in split.code else one(place.code, split.code)
        category = wanted[min(int(share * len(wanted)), len(wanted) - 1)]
        return next(iter([*category.labels, category.name]))

    # ------------------------------------------------------------------ periods, variants, groups and lines

    def _dated(self, periods: Periods) -> Iterator[tuple[float, Callable[[str | None], str]]]:
        """Each period as a point in time, and how it is written under a format."""
        kinds = {measure.period.kind for measure in self._kind.contract.measures if measure.period}
        years = {"FY": "{a}-{b:02d}", "AY": "{a}/{b:02d}", "JY": "{a}-{b:02d}", "iso_interval": "{y}-01-01T00:00:00/P1Y",
                 "month": "{y}-{m:02d}-01", "quarter": "{y} Q1"}  # fmt: skip
        usual = years.get(next(iter(kinds)), "{y}") if len(kinds) == 1 else "{y}"
        monthly = len(periods.first) > 4
        first, last = (pd.Period(text, "M" if monthly else "Y") for text in (periods.first, periods.last))
        for moment in pd.period_range(first, last):
            year, month = moment.year, moment.month if monthly else 1
            named = {"y": year, "m": month, "a": year - 1, "b": year % 100, "c": (year - 1) % 100, "d": year - 3, "e": year - 2}

            def written(label: str | None, named: dict[str, int] = named) -> str:
                return (label or periods.label or usual).format(**named)

            yield year + (month - 0.5) / 12 if monthly else year + 0.5, written

    def _varied(self) -> Iterator[Variant]:
        """The distinct labels by which cell rules are told apart, without those that say place, group or line."""
        layout, taken = self.layout, {self.layout.service_line.column}
        taken |= {split.column for split in layout.characteristics} | {c for rule in layout.locations for c in rule.when}
        taken |= {column for rule in layout.locations for column in (rule.code, rule.name)}
        seen: set[tuple[tuple[str, str], ...]] = set()
        for rule in layout.cells:
            labels = {column: wanted[0] for column, wanted in rule.when.items() if column not in taken}
            named: list[tuple[Labels, Measure | None, Level]] = [({}, None, Level())]
            if rule.measure_from:
                named = list(self._named(rule))
            for more, measure, level in named:
                both = tuple(sorted((more | labels).items()))
                if both not in seen and (both or not any(r.when for r in layout.cells) or not rule.when):
                    seen.add(both)
                    yield Variant(dict(both), measure, level)

    def _named(self, rule: CellRule) -> Iterator[tuple[Labels, Measure | None, Level]]:
        """The measures that a file names itself: by the labels that contract or seed lists."""
        source = rule.measure_from
        assert source is not None, "only rules that name measures are asked"
        labels = {code: label for label, code in reversed(source.codes.items())}
        listed = [*labels.values(), *(label for label in self._kind.seed.measures if "." not in label[:5])]
        for label in listed or ["First", "Second", "Third"]:
            level = self._kind.seed.measures.get(label, Level())
            code = source.codes.get(label, source.prefix + re.sub(r"\W+", "_", label))
            unit = level.described.get(str(source.described_by and source.described_by.unit), source.defaults.unit)
            sign = {"High": "high", "Low": "low"}.get(level.described.get(str(source.described_by and source.described_by.polarity), ""))
            known = self._kind.contract.measure(code)
            share = unit.startswith("%")
            measure = known or Measure(
                code=code, name=level.described.get(str(source.described_by and source.described_by.name), label), unit=unit,
                value_type="count" if level.per_head is not None else "proportion" if share else "duration",
                domain="standards", polarity=sign or source.defaults.polarity, multiplier=100 if share else 1, minimum=0,
            )  # fmt: skip
            names = {source.name_column: measure.name} if source.name_column else {}
            yield {source.column: label, **names}, measure, level

    def _split(self, split: Characteristic) -> Split:
        """A characteristic with weights and effects of its categories, from the seed or by themselves."""
        told = self._shape.groups.get(split.code, {})
        listed = [code for code in (told or split.categories) if told.get(code, 1.0) > 0]
        if not listed and split.open:
            listed = ["first", "second"]
        about = self._kind.codes.characteristics.get(split.code.split(":")[0])
        slope = np.linspace(0.9, -0.9, max(len(listed), 2)) if about and about.ordered else None
        effects = [
            self._shape.effects.get(code, float(slope[n]) if slope is not None else 0.6 * float(normal(split.code, code)[0]))
            for n, code in enumerate(listed)
        ]  # fmt: skip
        return Split(split.code, tuple(listed), tuple(told.get(code, 1.0) for code in listed), tuple(effects))

    def _grouped(self) -> Iterator[Group]:
        """Every group of people that a row may be about."""
        layout, skipped = self.layout, self._shape.without_total
        sent = [s for s in layout.characteristics
                if s.column and not s.otherwise and (s.total or s.is_partial) and self._shape.groups.get(s.code) != {"": 0}]  # fmt: skip
        sent = [s for nth, s in enumerate(sent) if s.code not in {other.code for other in sent[:nth]}]
        crossed = self._shape.crossed
        if crossed is None:
            crossed = [s.code for s in sent if not s.is_partial and not s.scheme_column][:2]
        whole: Labels = {}
        for split in sent:
            whole |= {str(split.column): self._total_of(split), **{c: "Total" for c in split.when}}
            whole |= {split.scheme_column: ""} if split.scheme_column else {}
        together = [s for s in sent if s.code in crossed]
        splits = tuple(self._split(s) for s in together)
        for at in product(*(range(len(split.categories) + 1) for split in splits)):
            labels = dict(whole)
            for split, made, nth in zip(together, splits, at, strict=True):
                labels |= self._group_labels(split, made.categories[nth - 1]) if nth else {}
            if not any(nth == 0 and split.code in skipped for split, nth in zip(together, at, strict=True)):
                yield Group(labels, splits, at)
        for split in sent:
            made = self._split(split)
            for nth, category in enumerate(made.categories if split.code not in crossed else (), start=1):
                yield Group(whole | self._group_labels(split, category), (*splits, made), (*(0 for _ in splits), nth))

    def _total_of(self, split: Characteristic) -> str:
        """A label of everyone that no location rule takes for a place."""
        taken = {plain(label) for rule in self.layout.locations for label in rule.when.get(str(split.column), [])}
        totals = [label for label in split.total if plain(label) not in taken]
        return next((label for label in totals if label), "")

    def _group_labels(self, split: Characteristic, category: str) -> Labels:
        """The labels of a category, so that the characteristic's own pattern finds it."""
        known = split.categories.get(category)
        spelled = [*known.labels, known.name] if known else [category]
        labels = {column: wanted[0] for column, wanted in split.when.items()}
        if split.scheme_column:
            labels[split.scheme_column] = self._shape.constants.get(split.scheme_column) or next(iter(split.schemes), "")  # type: ignore[assignment]
        if split.label:
            words = ["", *(f"{word} " for word in re.findall(r"[a-z]{3,}", split.label))]
            taken = {plain(text) for text in spelled}
            spelled = [
                word + text for word in words for text in spelled
                if (hit := re.search(split.label, word + text)) and plain(hit[1] or "") in taken
            ]  # fmt: skip
            if not spelled:
                raise self._error(f"no text is found for category '{category}' of {split.code}")
        return labels | {str(split.column): spelled[0]}

    def _lined(self) -> list[str]:
        """The service lines of rows, or of wide columns; those that add up others come last."""
        layout, line = self.layout, self.layout.service_line
        patterns = [rule.columns for rule in layout.cells if rule.columns and "service_line" in re.compile(rule.columns).groupindex]
        listed = list(self._shape.lines) or [text for pattern in patterns for text in choices(pattern, "service_line")]
        if not listed and (line.column or patterns):
            names = {target: label for label, target in reversed(line.aliases.items())}
            listed = list(names.values()) or ["First line", "Second line", "Third line"]
        if not (line.column or patterns):
            return [""]
        total = [label for label in line.total if label][:1] if line.column and "service_line" not in self._shape.without_total else []
        return [*listed, *(self._shape.line_totals or total)]

    def _measured(self, listed: list[str]) -> tuple[Figures, dict[str, int]]:
        """The figures of the file, for its places, periods and these lines, and where each line stands in them."""
        base = [place for place, _ in self._places if place.level not in _LARGER]
        for level in _LARGER[::-1]:
            base = base or [place for place, _ in self._places if place.level == level]
        inside: dict[str, list[int]] = {}
        for place, _ in self._places:
            inside[place.code] = [] if place in base else [n for n, p in enumerate(base) if place.code in p.within]
        base += [place for place, _ in self._places if place not in base and not inside[place.code]]
        sums = [(place, inside[place.code]) for place, _ in self._places if place not in base]
        self._at = {f"{p.level} {p.code}": n for n, p in enumerate([*base, *(place for place, _ in sums)])}
        totals = self._shape.line_totals
        totals = {} if len(listed) == 1 else totals
        lines = [line for line in listed if line not in totals]
        whole = listed[-1:] if len(listed) > 1 and plain(listed[-1]) in {plain(t) for t in self.layout.service_line.total} else []
        lines = [line for line in lines if line not in whole]
        line_sums = [[lines.index(name) for name in parts or lines] for parts in totals.values()]
        if whole and not totals:
            line_sums = [list(range(len(lines)))]
        adds_up = bool(line_sums) or any(measure.service_lines_add_up for measure in self._kind.contract.measures)
        scope = Scope(
            self._kind.salt, np.array([moment for moment, _ in self._periods]), base,
            [np.array(members, dtype=np.int64) for _, members in sums], lines,
            [self._shape.lines.get(line, 1.0) for line in lines], line_sums,
            not adds_up if self._shape.shared_lines is None else self._shape.shared_lines, self._shape.effects,
            self._file.revised, self._file.file, bool(self._shape.history),
        )  # fmt: skip
        levels = dict(self._kind.seed.measures) | {v.measure.code: v.level for v in self._variants if v.measure and v.level != Level()}
        return Figures(scope, levels, self._kind.seed.sizes), {line: n for n, line in enumerate([*lines, *(totals or whole)])}

    # ------------------------------------------------------------------ cells

    def rows(self) -> list[Row]:
        """The rows of the file, its header among them."""
        columns = self._columns()
        for edit in self._file.edits:
            _edit(columns, edit, self._error)
        if self.layout.unfold:
            columns = self._unfolded(columns)
        header = [self._file.headers.get(name, name) for name in columns]
        above = [("",) * len(header)] * (self.layout.file.header_row - 1) if self.layout.file.format in ("xlsx", "ods", "csv") else []
        above = [(f"Sample of {self._kind.contract.name}", *row[1:]) if n == 0 else row for n, row in enumerate(above)]
        below = [("", *("Totals by class" if name in self.layout.rows.until else "" for name in header[1:]))] if self.layout.rows.until else []
        return [*above, tuple(header), *zip(*columns.values(), strict=True), *below]

    def _columns(self) -> dict[str, list[str]]:
        """Every column of the file as text."""
        layout, line = self.layout, self.layout.service_line
        in_rows = self._lines if line.column else [self._lines[0]]
        shape = (len(self._periods), len(self._variants), len(self._places), len(in_rows), len(self._groups))
        when, what, where, which, who = (index.ravel() for index in np.indices(shape))
        labels: dict[str, Texts] = {}

        def lay(listed: list[Labels], index: NDArray[np.int64]) -> None:
            for column in dict.fromkeys(name for one in listed for name in one):
                there = np.array([one.get(column) for one in listed], dtype=object)[index]
                before = labels.get(column, np.full(len(index), "", dtype=object))
                labels[column] = np.where(pd.notna(there), there, before)

        for name, text in self._shape.constants.items():
            by_level = text if isinstance(text, dict) else {place.level: text for place, _ in self._places}
            lay([{name: by_level.get(p.level, "").format_map(vars(p))} for p, _ in self._places], where)
        lay([group.labels for group in self._groups], who)
        lay([variant.labels for variant in self._variants], what)
        if line.column:
            lay([{line.column: text} for text in in_rows], which)
        lay([{column: wanted[0]} for column, wanted in layout.rows.keep.items() for _ in range(1)] or [{}], np.zeros(len(when), np.int64))
        if layout.period.column:
            written = [{str(layout.period.column): text(v.level.label)} for _, text in self._periods for v in self._variants]
            lay(written, when * len(self._variants) + what)
        # A place decides before all else: where its row says what the group or the line is, others do not apply.
        fits = np.ones(len(when), dtype=bool)
        clash = {s.column for s in layout.characteristics} | {line.column}
        for column in {c for _, own in self._places for c in own} & {c for c in clash if c}:
            own = np.array([labelled.get(column) for _, labelled in self._places], dtype=object)[where]
            total = {plain(t) for s in layout.characteristics if s.column == column for t in s.total}
            if column == line.column:
                fits &= pd.isna(own) | (which == 0)
            elif total:
                fits &= pd.isna(own) | np.array([plain(self._groups[0].labels[column]) == plain(g.labels[column]) for g in self._groups])[who]
        lay([own for _, own in self._places], where)
        levels = {place.level for place, _ in self._places}
        at = self._shape.groups_at or (_LARGER if len(self._groups) > 25 and levels & set(_LARGER) else levels)
        whole = np.array([not any(group.at) for group in self._groups])
        fits &= whole[who] | np.array([place.level in at for place, _ in self._places])[where]
        self._index = (when, what, np.array([self._at[f"{p.level} {p.code}"] for p, _ in self._places])[where], which, who)
        self._kept = fits
        figures = self._filled(labels)
        keep = self._kept
        names = [name for name in layout.columns if name in labels or name in figures or layout.columns[name].required]
        blank = np.full(int(keep.sum()), "", dtype=object)
        made = {n: list(figures[n]) if n in figures else list(labels[n][keep] if n in labels else blank) for n in names}
        extra = {name: list(values) for name, values in figures.items() if name not in made}
        known = {name: list(values[keep]) for name, values in labels.items() if name not in made and not self._only_read(name)}
        return {**made, **known, **extra}

    def _only_read(self, name: str) -> bool:
        return name in self.layout.columns

    def _filled(self, labels: dict[str, Texts]) -> dict[str, list[str]]:
        """The columns of figures, each filled by the rules that take a row, counts before what is made of them."""
        coded = {name: pd.factorize(values) for name, values in labels.items()}

        def meets(when: dict[str, list[str]]) -> NDArray[np.bool_]:
            good = np.ones(len(self._kept), dtype=bool)
            for column, wanted in when.items():
                if column not in coded:
                    good &= "" in wanted
                    continue
                codes, texts_there = coded[column]
                plainly = {plain(label) for label in wanted}
                good &= np.array([plain(str(text)) in plainly for text in texts_there])[codes]
            return good

        takes = [self._kept & meets(rule.when) & ~(meets(rule.unless) if rule.unless else np.zeros(len(self._kept), bool)) for rule in self.layout.cells]
        self._kept = np.logical_or.reduce(takes)
        if not self._kept.any():
            raise self._error("no cell rule takes any of its rows")
        done: dict[str, Floats] = {}
        words: dict[str, Texts] = {}
        counts = [n for n, rule in enumerate(self.layout.cells) if self._counts(rule) and not rule.columns]
        for n in [*counts, *(n for n in range(len(takes)) if n not in counts)]:
            rule = self.layout.cells[n]
            if rule.columns:
                self._fill_wide(rule, takes[n], done)
            elif rule.scores:
                self._fill_words(rule, takes[n], words)
            else:
                self._fill(rule, takes[n], done)
        out: dict[str, list[str]] = {name: list(values[self._kept]) for name, values in words.items()}
        for name, values in done.items():
            written = texts(values[self._kept], self._decimals.get(name))
            gone = np.isneginf(values[self._kept])
            marker = self._markers.get("z", "")
            out[name] = [marker if missing else text for text, missing in zip(written, gone.tolist(), strict=True)]
        statuses = {c for rule in self.layout.cells for r, c in rule.figures().items() if r == "status"}
        return out | {c: [""] * int(self._kept.sum()) for c in sorted(statuses) if c not in out}

    def _counts(self, rule: CellRule) -> bool:
        measure = self._kind.contract.measure(rule.measure or "")
        return bool(rule.value and not rule.numerator and not rule.denominator and measure and is_count(measure))

    def _owner(self, column: str | None, sets: dict[str, str]) -> Part:
        """What a column of people or events is: a count measure that it is the value of, or a size of its own."""
        for rule in self.layout.cells if column else ():
            if rule.value == column and self._counts(rule) and set(rule.sets) <= set(sets):
                return Part(measure=self._kind.contract.measure(str(rule.measure)))
        return Part(column=column or "")

    def _cube(self, measure: Measure, group: Group, rule: CellRule) -> tuple[Cube, tuple[int, ...]]:
        """A measure's figures for a group and the fixed categories of a rule, and where they stand."""
        more = [s for s in self.layout.characteristics if s.code in rule.sets and s.code not in {x.code for x in group.splits}]
        extra = tuple(self._split(split) for split in more)
        at = [*group.at, *(made.categories.index(rule.sets[made.code]) + 1 for made in extra)]
        bottom_up = bool(group.splits) and not extra and len(group.splits) <= len([s for s in group.splits if s.code in self._crossed])
        numerator = self._owner(rule.numerator, rule.sets)
        denominator = self._owner(rule.denominator, rule.sets)
        if not denominator.column and denominator.measure is None:
            denominator = Part(column=rule.numerator or "people")
        if rule.numerator and not rule.denominator:
            numerator = Part()
        elif rule.denominator and not rule.numerator:
            numerator = Part()
        return self._figures.cube(measure, (*group.splits, *extra), bottom_up, (numerator, denominator)), tuple(at)

    @property
    def _crossed(self) -> set[str]:
        """Characteristics that are divided by each other."""
        first = self._groups[0]
        return {split.code for split in first.splits}

    def _fill(self, rule: CellRule, taken: NDArray[np.bool_], done: dict[str, Floats]) -> None:
        """Fill the columns of one rule in the rows that it takes."""
        when, what, where, which, who = self._index
        named = [variant.measure for variant in self._variants]
        lines = np.array([self._line_at.get(line, 0) for line in self._lines])
        for n, variant_measure in enumerate(named if rule.measure_from else [None]):
            measure = variant_measure if rule.measure_from else self._kind.contract.measure(str(rule.measure))
            if measure is None:
                continue
            here = taken & (what == n) if rule.measure_from else taken
            for g in np.unique(who[here]):
                rows = np.flatnonzero(here & (who == g))
                cube, at = self._cube(measure, self._groups[g], rule)
                spot = (when[rows], where[rows], lines[which[rows]] if self.layout.service_line.column else np.zeros(len(rows), np.int64))
                self._put(rule, measure, done, rows, [values[(*spot, *at)] if values.size > 1 else np.full(len(rows), np.nan) for values in (cube.value, cube.numerator, cube.denominator)], spot)

    def _put(self, rule: CellRule, measure: Measure, done: dict[str, Floats], rows: NDArray[np.int64], figures: list[Floats], spot: tuple[NDArray[np.int64], ...]) -> None:
        """Put the figures of some rows into the columns of a rule."""
        value, numerator, denominator = figures
        level = self._figures.level(measure)
        low, high = (measure.minimum, measure.maximum)
        half = self._half_width(measure, value, numerator, denominator)
        limits = {"lower_95": value - 1.96 * half, "upper_95": value + 1.96 * half, "lower_99_8": value - 3.09 * half, "upper_99_8": value + 3.09 * half}
        gone = self._ended(measure)[spot[0]] | ~self._figures.there(spot[0], spot[1])
        sent = {"value": value, "denominator": denominator, **{r: np.clip(v, low, high) for r, v in limits.items()}}
        sent["numerator"] = denominator - numerator if rule.numerator_is_complement else numerator
        if measure.counts_rounded_to:
            step = measure.counts_rounded_to
            coarse = self._figures.larger(spot[1]) | (step <= 5)
            sent["numerator"] = np.where(coarse, np.floor(sent["numerator"] / step + 0.5) * step, sent["numerator"])
            if measure.value_type == "proportion":
                sent["numerator"] = np.minimum(sent["numerator"], denominator)
            if any(control.total == measure.code for control in self._kind.contract.controls):
                sent["value"] = np.where(coarse, measure.multiplier * sent["numerator"] / denominator, value)
        for role, column in rule.figures().items():
            if role == "status":
                continue
            filled = done.setdefault(column, np.full(len(self._kept), np.nan))
            empty = np.isnan(filled[rows])
            filled[rows[empty]] = np.where(gone, -np.inf, sent[role])[empty]
            if role != "numerator" and role != "denominator":
                places = 0 if is_count(measure) else level.decimals
                if measure.rounded_to and role == "value":
                    places = max(0, round(-log10(measure.rounded_to)))
                if places is not None:
                    self._decimals[column] = places
                elif rule.numerator is None:
                    self._decimals[column] = 2 if (high or 100) > 1 else 4

    def _half_width(self, measure: Measure, value: Floats, numerator: Floats, denominator: Floats) -> Floats:
        """The standard error of each value, as if it were counted among those it is of."""
        people = np.maximum(denominator, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            if measure.value_type == "proportion":
                share = np.clip(value / (measure.maximum or measure.multiplier), 0.001, 0.999)
                return np.asarray((measure.maximum or measure.multiplier) * np.sqrt(share * (1 - share) / np.maximum(people / 50, 20)))
            if measure.value_type == "rate":
                return np.asarray(value / np.sqrt(np.maximum(numerator, 1)))
            return np.asarray((0.05 * np.abs(value) + 0.2) / np.sqrt(np.maximum(people / 1500, 1)))

    def _ended(self, measure: Measure) -> NDArray[np.bool_]:
        """By period: whether a measure was made no more."""
        if measure.valid_to is None or measure.period is None:
            return np.zeros(len(self._periods), dtype=bool)
        read = [parse_period(written(None), measure.period) for _, written in self._periods]
        return np.array([period is not None and period.end > measure.valid_to for period in read])

    def _fill_words(self, rule: CellRule, taken: NDArray[np.bool_], words: dict[str, Texts]) -> None:
        """Fill a column of words that stand for scores: the better, the more often, and worse in deprived places."""
        when, what, where, which, who = self._index
        for role, scores in rule.scores.items():
            column = rule.figures()[role]
            if column in words:
                continue
            richest = max((r.scores.get(x, {}) for r in self.layout.cells for x in r.scores if r.figures()[x] == column), key=lambda s: len(set(s.values())))
            ranked = sorted(richest, key=lambda word: richest[word])
            z = self._figures.well(where, which, when)
            steps = np.linspace(-1.9, 1.8, len(ranked) - 1) if len(ranked) > 1 else np.zeros(0)
            chosen = np.array(ranked, dtype=object)[np.searchsorted(steps, z)]
            words[column] = np.where(taken, chosen, "")

    def _fill_wide(self, rule: CellRule, taken: NDArray[np.bool_], done: dict[str, Floats]) -> None:
        """Fill a column for each item and service line of a wide rule."""
        when, what, where, which, who = self._index
        pattern = str(rule.columns)
        groups = re.compile(pattern).groupindex
        listed = choices(pattern, "service_line") if "service_line" in groups else [""]
        for item in rule.items or {"": str(rule.measure)}:
            code = rule.items.get(item, str(rule.measure))
            measure = self._kind.contract.measure(code)
            assert measure is not None, "a contract lists what it fills"
            names = self._shape.only.get(item or code, listed or self._lines)
            for line in names:
                form = self._shape.wide.get(item or code)
                header = form.format(line=line, item=item) if form else text_for(pattern, {"service_line": line, "item": item})
                if re.fullmatch(pattern, header, re.IGNORECASE) is None:
                    raise self._error(f"column '{header}' is not what {pattern} takes; mend `wide` in its seed")
                rows = np.flatnonzero(taken)
                value = self._controlled(measure, rule, self._groups[0])
                at = self._wide_at.get(line, 0)
                spot = (when[rows], where[rows])
                figure = value[(*spot, np.full(len(rows), min(at, value.shape[2] - 1)))]
                done[header] = np.full(len(self._kept), np.nan)
                done[header][rows] = figure
                self._decimals[header] = 0 if is_count(measure) else 1 if measure.value_type != "index" else 0

    def _controlled(self, measure: Measure, rule: CellRule, group: Group) -> Floats:
        """A measure's figures; those of a total are made of its parts, as the contract's controls have it."""
        control = next((c for c in self._kind.contract.controls if c.kind == "sum" and c.total == measure.code), None)
        if control is None:
            return self._wide.cube(measure, (), False, (Part(), Part(column="people"))).value
        found: Floats | None = None
        for part in control.parts:
            other = self._kind.contract.measure(part.lstrip("-"))
            assert other is not None, "a control names measures of its contract"
            figure = self._controlled(other, rule, group) * (-1 if part.startswith("-") else 1)
            found = figure if found is None else found + figure
        assert found is not None, "a sum has parts"
        return found

    def _unfolded(self, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        """Rows turned into columns, one for each label that the layout unfolds."""
        unfold = self.layout.unfold
        assert unfold is not None, "only then is it asked"
        names = [name for name in columns if name not in (unfold.label, unfold.figure)]
        found: dict[tuple[str, ...], dict[str, str]] = {}
        for row in zip(*columns.values(), strict=True):
            cells = dict(zip(columns, row, strict=True))
            if not re.fullmatch(unfold.columns, cells[unfold.label]):
                raise self._error(f"'{cells[unfold.label]}' is not like {unfold.columns}")
            found.setdefault(tuple(cells[name] for name in names), {})[cells[unfold.label]] = cells[unfold.figure]
        labels = dict.fromkeys(columns[unfold.label])
        made = {name: [key[n] for key in found] for n, name in enumerate(names)}
        return made | {label: [cells.get(label, "") for cells in found.values()] for label in labels}


def _edit(columns: dict[str, list[str]], edit: Edit, error: Callable[[str], OversightError]) -> None:
    """Make the quirk of a seed in some rows."""
    for name in (*edit.where, *edit.below):
        if name not in columns:
            raise error(f"an edit asks for column '{name}', which the file has not")
    size = len(next(iter(columns.values())))
    good = np.ones(size, dtype=bool)
    for name, wanted in edit.where.items():
        good &= np.isin(np.array(columns[name]), wanted)
    for name, limit in edit.below.items():
        numbers = pd.to_numeric(pd.Series(columns[name]), errors="coerce").to_numpy()
        good &= (numbers > 0) & (numbers < limit)
    rows = np.flatnonzero(good)[:: edit.every][: edit.at_most].tolist()
    if not rows:
        raise error(f"an edit of {', '.join(edit.set) or 'rows'} finds no row")
    if edit.repeat:
        for values in columns.values():
            values.extend([values[row] for row in rows])
        rows = list(range(size, size + len(rows)))
    for name, text in edit.set.items():
        if name not in columns:
            columns[name] = [""] * len(next(iter(columns.values())))
        for row in rows:
            columns[name][row] = text

