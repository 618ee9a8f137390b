"""Rows and columns of a file, from which screening reads the figures of a sample.

Contains the cells of a file. Not here: the dimensions of its rows (`axes`), or its figures (`figures`).

A row is for a location, a period, the labels of a measure, a service line and a population group. Each cell rule fills
its columns in the rows that it selects.
"""

import re
from collections.abc import Callable
from math import log10

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestration.contracts.measures import Measure
from orchestration.contracts.model import CellRule
from orchestration.contracts.samples import Edit, FileSeed, Level
from orchestration.foundation.errors import OversightError
from orchestration.returns.periods import parse_period
from orchestration.returns.screening.layout.labels import plain
from orchestration.sample.axes import LARGER, Axes, Inputs, Labels
from orchestration.sample.chance import Floats
from orchestration.sample.figures import Cube, Figures, Ints, Scope, Source, is_count, standard_error
from orchestration.sample.files import Row, texts
from orchestration.sample.patterns import choices, text_for

Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


class File(Axes):
    """One file of a return."""

    def __init__(self, inputs: Inputs, file: FileSeed) -> None:
        super().__init__(inputs, file)
        self._figures, self._line_at = self._scoped(self.lines if self.line_column else [""])
        self._wide, self._wide_at = self._scoped(self.lines)
        self._filled: dict[str, Floats] = {}
        self._words: dict[str, Texts] = {}
        self._decimals: dict[str, int] = {}

    def rows(self) -> list[Row]:
        """Return the rows of the file, including its header."""
        columns = self._columns()
        for edit in self.file.edits:
            _edit(columns, edit, self.error)
        columns = self._unpivoted(columns)
        header = tuple(self.file.headers.get(name, name) for name in columns)
        title = [f"Sample of {self.contract.name}", *[""] * self.layout.file.header_row]
        above = [(text, *[""] * (len(header) - 1)) for text in title[: self.layout.file.header_row - 1]]
        until = self.layout.rows.until
        # Another table follows the row that closes the table.
        below = [tuple("Total by class" if name in until else "" for name in header)] if until else []
        return [*above, header, *zip(*columns.values(), strict=True), *below]

    def _scoped(self, listed: list[str]) -> tuple[Figures, dict[str, int]]:
        """Return the figures of the file for some lines, and the position of each line in them."""
        places = [place for place, _ in self.locations]
        base = next(filter(None, ([p for p in places if p.level not in levels] for levels in (LARGER, LARGER[:1], ()))))
        inside = {
            p.code: [n for n, other in enumerate(base) if p.code in other.within] for p in places if p.level in LARGER
        }
        base += [p for p in places if p.level in LARGER and not inside[p.code] and not any(p is b for b in base)]
        smallest = {place.key for place in base}
        larger = [place for place in places if place.key not in smallest]
        self._at = {place.key: n for n, place in enumerate([*base, *larger])}
        totals = self.shape.line_totals if len(listed) > 1 else {}
        total = [t for t in listed[-1:] if len(listed) > 1 and plain(t) in map(plain, self.layout.service_line.total)]
        lines = [line for line in listed if line not in totals and line not in total]
        sums = [[lines.index(name) for name in parts] for parts in totals.values()] or [
            [*range(len(lines))] for _ in total
        ]
        adds_up = bool(sums) or any(measure.service_lines_add_up for measure in self.contract.measures)
        scope = Scope(
            self.inputs.salt, np.array([moment for moment, _ in self.periods]), base, [inside[p.code] for p in larger],
            lines, [self.shape.lines.get(line, 1.0) for line in lines], sums,
            not adds_up if self.shape.shared_lines is None else self.shape.shared_lines,
            self.shape.effects, self.file.revised, self.file.file, bool(self.shape.history),
        )  # fmt: skip
        levels = {v.measure.code: v.level for v in self.variants if v.measure and v.level != Level()}
        figures = Figures(scope, self.inputs.seed.measures | levels, self.inputs.seed.sizes)
        return figures, {line: n for n, line in enumerate([*lines, *(totals or total)])}

    # ------------------------------------------------------------------ labels

    def _columns(self) -> dict[str, list[str]]:
        """Return every column of the file as text."""
        layout, places = self.layout, [place for place, _ in self.locations]
        lines = self.lines if self.line_column else self.lines[:1]
        shape = (len(self.periods), len(self.variants), len(places), len(lines), len(self.groups))
        when, what, where, which, who = (index.ravel() for index in np.indices(shape))
        labels: dict[str, Texts] = {}

        def add(entries: list[Labels], index: Ints) -> None:
            for column in dict.fromkeys(name for entry in entries for name in entry):
                new = np.array([entry.get(column) for entry in entries], dtype=object)[index]
                old = labels.get(column, np.full(len(index), "", dtype=object))
                labels[column] = np.where(pd.notna(new), new, old)

        constants = {
            n: t if isinstance(t, dict) else {p.level: t for p in places} for n, t in self.shape.constants.items()
        }
        add([{n: t.get(p.level, "").format_map(vars(p)) for n, t in constants.items()} for p in places], where)
        add([group.labels for group in self.groups], who)
        add([variant.labels for variant in self.variants], what)
        add([{self.line_column: line} if self.line_column else {} for line in lines], which)
        add([{column: wanted[0] for column, wanted in layout.rows.keep.items()}], np.zeros_like(when))
        if column := layout.period.column:
            periods = [{column: label(v.level.label)} for _, label in self.periods for v in self.variants]
            add(periods, when * len(self.variants) + what)
        all_people = np.array([not any(group.at) for group in self.groups])[who]
        many = len(self.groups) > 25 and any(place.level in LARGER for place in places)
        levels = self.shape.groups_at or (LARGER if many else ())
        kept = all_people | np.array([not levels or place.level in levels for place in places])[where]
        # If the labels of a location include a group or a line, other groups and lines do not apply.
        for name in {name for _, own in self.locations for name in own}:
            others = ~np.array([name in own for _, own in self.locations])[where]
            if name == self.line_column:
                kept &= others | (which == 0)
            elif any(each.column == name and each.total for each in layout.characteristics):
                kept &= others | all_people
        add([own for _, own in self.locations], where)
        at = np.array([self._at[place.key] for place in places])[where]
        self._index = (when, what, at, np.array([self._line_at.get(line, 0) for line in lines])[which], who)
        figures = self._figure_columns(labels, kept)
        names = [n for n, each in layout.columns.items() if n in labels or n in figures or each.required]
        names += [name for name in (*labels, *figures) if name not in layout.columns]
        blank = np.full(len(when), "", dtype=object)
        return {
            name: figures[name] if name in figures else labels.get(name, blank)[self._kept].tolist()
            for name in dict.fromkeys(names)
        }

    def _figure_columns(self, labels: dict[str, Texts], kept: Flags) -> dict[str, list[str]]:
        """Return the columns of figures, each filled by the rules that select a row; counts come first."""
        coded = {name: pd.factorize(values) for name, values in labels.items()}

        def matches(when: dict[str, list[str]]) -> Flags:
            result = np.ones(len(kept), dtype=bool)
            for column, wanted in when.items():
                codes, values = coded.get(column, (np.zeros(len(kept), np.int64), [""]))
                result &= np.array([plain(str(text)) in map(plain, wanted) for text in values])[codes]
            return result

        rules = self.layout.cells
        selections = [kept & matches(rule.when) & ~(matches(rule.unless) & bool(rule.unless)) for rule in rules]
        self._kept = np.logical_or.reduce(selections)
        if not self._kept.any():
            raise self.error("no cell rule selects any of its rows")
        # Other columns may be calculated from counts.
        for rule, selection in sorted(zip(rules, selections, strict=True), key=lambda pair: not self._counts(pair[0])):
            fill = self._fill_wide if rule.columns else self._fill_words if rule.scores else self._fill
            fill(rule, selection)
        marker = next((m for m, s in {**self.layout.markers, **self.contract.markers}.items() if s == "z"), "")
        columns = {name: words[self._kept].tolist() for name, words in self._words.items()}
        for name, values in self._filled.items():
            figures = values[self._kept]
            columns[name] = [
                marker if missing else text
                for text, missing in zip(texts(figures, self._decimals.get(name)), np.isneginf(figures), strict=True)
            ]
        return columns | {rule.status: [""] * int(self._kept.sum()) for rule in rules if rule.status}

    # ------------------------------------------------------------------ figures

    def _counts(self, rule: CellRule) -> bool:
        """Return True if a rule reads a count, from which other columns may be calculated."""
        measure = self.contract.measure(rule.measure or "")
        return bool(rule.value and not rule.numerator and not rule.denominator and measure and is_count(measure))

    def _source(self, column: str | None, sets: dict[str, str]) -> Source:
        """Return the source of a column: a count of the contract, or a population of its own."""
        for rule in self.layout.cells:
            if column and rule.value == column and self._counts(rule) and rule.sets.items() <= sets.items():
                return self.contract.measure(str(rule.measure))
        return column

    def _cube(self, measure: Measure, number: int, rule: CellRule) -> tuple[Cube, tuple[int, ...]]:
        """Return a measure's figures for a group and the fixed categories of a rule, and their position."""
        group = self.groups[number]
        have = {breakdown.code for breakdown in group.by}
        fixed = [c for c in self.layout.characteristics if c.code in rule.sets and c.code not in have]
        more = tuple(self.breakdown(characteristic) for characteristic in fixed)
        at = (*group.at, *(breakdown.categories.index(rule.sets[breakdown.code]) + 1 for breakdown in more))
        above, below = self._source(rule.numerator, rule.sets), self._source(rule.denominator, rule.sets)
        sources = (above, below) if above and below else (None, below or rule.numerator)
        bottom_up = bool(group.by) and group.by == self.groups[0].by and not more
        return self._figures.cube(measure, (*group.by, *more), bottom_up, sources), at

    def _fill(self, rule: CellRule, selection: Flags) -> None:
        """Fill the columns of one rule in the rows that it selects."""
        when, what, where, which, who = self._index
        named = [v.measure for v in self.variants] if rule.measure_from else [self.contract.measure(str(rule.measure))]
        for n, measure in enumerate(named):
            if measure is None:
                continue
            selected = selection & (what == n) if rule.measure_from else selection
            for number in np.unique(who[selected]).tolist():
                rows = np.flatnonzero(selected & (who == number))
                cube, at = self._cube(measure, number, rule)
                spot = (when[rows], where[rows], which[rows], *at)
                missing = np.full(len(rows), np.nan)
                parts = [c[spot] if c.size > 1 else missing for c in (cube.value, cube.numerator, cube.denominator)]
                self._put(rule, measure, rows, *parts)

    def _put(self, rule: CellRule, measure: Measure, rows: Ints, value: Floats, above: Floats, below: Floats) -> None:
        """Write the figures of some rows to the columns of a rule, except where they have a count already."""
        when, where = self._index[0][rows], self._index[2][rows]
        if step := measure.counts_rounded_to:
            # Sums are rounded to ten even if the figures of a location are not.
            rounds = (where >= len(self._figures.scope.base)) | (step < 10)
            above = np.where(rounds, np.floor(above / step + 0.5) * step, above)
            above = np.minimum(above, below) if measure.value_type == "proportion" else above
            if any(control.total == measure.code for control in self.contract.controls):
                with np.errstate(invalid="ignore"):
                    value = measure.multiplier * above / below
        sent = {"value": value, "denominator": below,
                "numerator": below - above if rule.numerator_is_complement else above}  # fmt: skip
        error = standard_error(measure, value, above, below)
        for name, width in (("95", 1.96), ("99_8", 3.09)):
            for side, sign in (("lower", -1), ("upper", 1)):
                sent[f"{side}_{name}"] = np.clip(value + sign * width * error, measure.minimum, measure.maximum)
        decimals = self._figures.level(measure).decimals
        if measure.rounded_to:
            decimals = max(0, round(-log10(measure.rounded_to)))
        elif decimals is None and (is_count(measure) or not (rule.numerator and rule.denominator)):
            decimals = 0 if is_count(measure) else 2 if (measure.maximum or 100) > 1 else 4
        absent = self._ended(measure)[when] | ~self._figures.scope.alive[when, where]
        for role, column in rule.figures().items():
            if role == "status":
                continue
            filled = self._filled.setdefault(column, np.full(len(self._kept), np.nan))
            empty = np.isnan(filled[rows])
            filled[rows[empty]] = np.where(absent, -np.inf, sent[role])[empty]
            if role not in ("numerator", "denominator") and decimals is not None:
                self._decimals[column] = decimals

    def _ended(self, measure: Measure) -> Flags:
        """Return by period whether the definition of a measure has ended."""
        if measure.valid_to is None or measure.period is None:
            return np.zeros(len(self.periods), dtype=bool)
        periods = [parse_period(label(None), measure.period) for _, label in self.periods]
        return np.array([period is not None and period.end > measure.valid_to for period in periods])

    def _fill_words(self, rule: CellRule, selection: Flags) -> None:
        """Fill columns of words that stand for scores, with better ones where a location performs well."""
        when, _, where, which, _ = self._index
        for column in {rule.figures()[role] for role in rule.scores} - self._words.keys():
            scored = [r.scores[role] for r in self.layout.cells for role in r.scores if r.figures()[role] == column]
            ranked = max(scored, key=lambda scores: len({*scores.values()}))
            words = np.array(sorted(ranked, key=lambda word: ranked[word]), dtype=object)
            steps = np.linspace(-1.9, 1.8, max(len(words) - 1, 1))[: len(words) - 1]
            chosen = words[np.searchsorted(steps, self._figures.performance(when, where, which))]
            self._words[column] = np.where(selection, chosen, "")

    def _fill_wide(self, rule: CellRule, selection: Flags) -> None:
        """Fill a column for each item and service line of a wide rule."""
        pattern, rows = str(rule.columns), np.flatnonzero(selection)
        default = (choices(pattern, "service_line") or self.lines) if "<service_line>" in pattern else [""]
        for item, code in (rule.items or {"": str(rule.measure)}).items():
            measure = self.contract.measure(code)
            assert measure is not None, "contracts list the measures that they read"
            form = self.shape.wide.get(item or code)
            for line in self.shape.only.get(item or code, default):
                named = {"service_line": line, "item": item}
                header = form.format(line=line, item=item) if form else text_for(pattern, named)
                if re.fullmatch(pattern, header, re.IGNORECASE) is None:
                    raise self.error(f"column '{header}' does not match {pattern}; correct `wide` in its seed")
                values = self._controlled(measure)[:, :, self._wide_at.get(line, 0)]
                self._filled[header] = np.full(len(self._kept), np.nan)
                self._filled[header][rows] = values[self._index[0][rows], self._index[2][rows]]
                self._decimals[header] = 1 if measure.value_type in ("proportion", "mean", "rate") else 0

    def _controlled(self, measure: Measure) -> Floats:
        """Return a measure's figures; totals are added up from their parts, as the contract's controls require."""
        for control in self.contract.controls:
            if control.kind == "sum" and control.total == measure.code:
                parts = [
                    (self.contract.measure(part.lstrip("-")), -1 if part[0] == "-" else 1) for part in control.parts
                ]
                return np.asarray(sum(sign * self._controlled(part) for part, sign in parts if part))
        return self._wide.cube(measure, (), False, (None, "people")).value

    def _unpivoted(self, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        """Return the columns with a column for each label that the layout unpivots, if any."""
        unfold = self.layout.unfold
        if unfold is None:
            return columns
        labels = [*dict.fromkeys(columns[unfold.label])]
        if unmatched := [label for label in labels if not re.fullmatch(unfold.columns, label)]:
            raise self.error(f"label '{unmatched[0]}' does not match {unfold.columns}; correct the seed")
        names = [name for name in columns if name not in (unfold.label, unfold.figure)]
        wide = pd.DataFrame(columns).pivot(index=names, columns=unfold.label, values=unfold.figure).fillna("")
        wide = wide.reset_index()
        return {str(name): wide[name].tolist() for name in [*names, *labels]}


def _edit(columns: dict[str, list[str]], edit: Edit, error: Callable[[str], OversightError]) -> None:
    """Apply an edit of a seed to the rows that it selects."""
    if missing := [name for name in (*edit.where, *edit.below) if name not in columns]:
        raise error(f"an edit names column '{missing[0]}', which the file does not have; correct the seed")
    size = len(next(iter(columns.values())))
    selected = np.ones(size, dtype=bool)
    for name, wanted in edit.where.items():
        selected &= pd.Series(columns[name]).isin(wanted).to_numpy()
    for name, limit in edit.below.items():
        numbers = pd.to_numeric(pd.Series(columns[name]), errors="coerce").to_numpy()
        selected &= (numbers > 0) & (numbers < limit)
    rows = np.flatnonzero(selected)[:: edit.every][: edit.at_most].tolist()
    if not rows:
        raise error(f"an edit that sets {', '.join(edit.set) or 'nothing'} matches no row; correct the seed")
    if edit.repeat:
        for values in columns.values():
            values.extend([values[row] for row in rows])
        rows = list(range(size, size + len(rows)))
    for name, text in edit.set.items():
        values = columns.setdefault(name, [""] * len(next(iter(columns.values()))))
        for row in rows:
            values[row] = text
