"""Contains the rows and columns of a file from which screening would read the figures of a sample.
Not here: what rows are about (`axes`), or what the figures are (`figures`).

A row stands for a place, a period, what its labels say of the measure, a service line and a group of people. Each cell
rule fills its columns in the rows whose labels it takes.
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
from orchestration.sample.axes import LARGER, Axes, Kind, Labels
from orchestration.sample.chance import Floats
from orchestration.sample.figures import Cube, Figures, Ints, Scope, Source, half_width, is_count
from orchestration.sample.files import Row, texts
from orchestration.sample.patterns import choices, text_for

Flags = NDArray[np.bool_]
Texts = NDArray[np.object_]


class File(Axes):
    """One file of a return."""

    def __init__(self, kind: Kind, file: FileSeed) -> None:
        super().__init__(kind, file)
        self._figures, self._line_at = self._scoped(self.lines if self.line_column else [""])
        self._wide, self._wide_at = self._scoped(self.lines)
        self._done: dict[str, Floats] = {}
        self._words: dict[str, Texts] = {}
        self._decimals: dict[str, int] = {}

    def rows(self) -> list[Row]:
        """The rows of the file, its header among them."""
        columns = self._columns()
        for edit in self.file.edits:
            _edit(columns, edit, self.error)
        if self.layout.unfold:
            columns = self._unfolded(columns)
        header = [self.file.headers.get(name, name) for name in columns]
        blank = [""] * (len(header) - 1)
        above = [(text, *blank) for text in [f"Sample of {self.contract.name}", *[""] * self.layout.file.header_row]]
        # Below the row that closes the table stands another table.
        below = [tuple("Total by class" if n in self.layout.rows.until else "" for n in header)] * bool(
            self.layout.rows.until
        )
        return [*above[: self.layout.file.header_row - 1], tuple(header), *zip(*columns.values(), strict=True), *below]

    def _scoped(self, listed: list[str]) -> tuple[Figures, dict[str, int]]:
        """The figures of the file for its places, periods and these lines, and where each line stands in them."""
        places = [place for place, _ in self.places]
        base = next(filter(None, ([p for p in places if p.level not in levels] for levels in (LARGER, LARGER[:1], ()))))
        inside = {
            p.code: [n for n, other in enumerate(base) if p.code in other.within] for p in places if p.level in LARGER
        }
        base += [p for p in places if p.level in LARGER and not inside[p.code] and not any(p is b for b in base)]
        smallest = {f"{p.level} {p.code}" for p in base}
        larger = [p for p in places if f"{p.level} {p.code}" not in smallest]
        self._at = {f"{p.level} {p.code}": n for n, p in enumerate([*base, *larger])}
        totals = self.shape.line_totals if len(listed) > 1 else {}
        whole = [t for t in listed[-1:] if len(listed) > 1 and plain(t) in map(plain, self.layout.service_line.total)]
        lines = [line for line in listed if line not in totals and line not in whole]
        sums = [[lines.index(name) for name in parts] for parts in totals.values()] or [
            [*range(len(lines))] for _ in whole
        ]
        adds_up = bool(sums) or any(measure.service_lines_add_up for measure in self.contract.measures)
        scope = Scope(
            self.kind.salt, np.array([moment for moment, _ in self.periods]), base, [inside[p.code] for p in larger],
            lines, [self.shape.lines.get(line, 1.0) for line in lines], sums,
            not adds_up if self.shape.shared_lines is None else self.shape.shared_lines,
            self.shape.effects, self.file.revised, self.file.file, bool(self.shape.history),
        )  # fmt: skip
        levels = self.kind.seed.measures | {
            v.measure.code: v.level for v in self.variants if v.measure and v.level != Level()
        }
        figures = Figures(scope, levels, self.kind.seed.sizes)
        return figures, {line: n for n, line in enumerate([*lines, *(totals or whole)])}

    # ------------------------------------------------------------------ labels

    def _columns(self) -> dict[str, list[str]]:
        """Every column of the file as text."""
        layout, places = self.layout, [place for place, _ in self.places]
        lines = self.lines if self.line_column else self.lines[:1]
        shape = (len(self.periods), len(self.variants), len(places), len(lines), len(self.groups))
        when, what, where, which, who = (index.ravel() for index in np.indices(shape))
        labels: dict[str, Texts] = {}

        def lay(listed: list[Labels], index: Ints) -> None:
            for column in dict.fromkeys(name for each in listed for name in each):
                there = np.array([each.get(column) for each in listed], dtype=object)[index]
                labels[column] = np.where(
                    pd.notna(there), there, labels.get(column, np.full(len(index), "", dtype=object))
                )

        constants = {
            n: t if isinstance(t, dict) else {p.level: t for p in places} for n, t in self.shape.constants.items()
        }
        lay([{n: t.get(p.level, "").format_map(vars(p)) for n, t in constants.items()} for p in places], where)
        lay([group.labels for group in self.groups], who)
        lay([variant.labels for variant in self.variants], what)
        lay([{self.line_column: line} if self.line_column else {} for line in lines], which)
        lay([{column: wanted[0] for column, wanted in layout.rows.keep.items()}], np.zeros_like(when))
        if layout.period.column:
            written = [{layout.period.column: text(v.level.label)} for _, text in self.periods for v in self.variants]
            lay(written, when * len(self.variants) + what)
        everyone = np.array([not any(group.at) for group in self.groups])[who]
        sent_at = self.shape.groups_at or (
            {*LARGER} if len(self.groups) > 25 and {p.level for p in places} & {*LARGER} else ()
        )
        kept = everyone | np.array([not sent_at or place.level in sent_at for place in places])[where]
        # Where the row of a place says itself what the group or the line is, others do not apply.
        for column in {c for _, own in self.places for c in own}:
            says = np.array([column in own for _, own in self.places])[where]
            if column == self.line_column:
                kept &= ~says | (which == 0)
            elif any(split.column == column and split.total for split in layout.characteristics):
                kept &= ~says | everyone
        lay([own for _, own in self.places], where)
        at = np.array([self._at[f"{place.level} {place.code}"] for place in places])[where]
        self._index = (when, what, at, np.array([self._line_at.get(line, 0) for line in lines])[which], who)
        figures = self._filled(labels, kept)
        names = [
            name for name, column in layout.columns.items() if name in labels or name in figures or column.required
        ]
        names += [name for name in (*labels, *figures) if name not in layout.columns]
        blank = np.full(len(when), "", dtype=object)
        return {
            n: figures[n] if n in figures else labels.get(n, blank)[self._kept].tolist() for n in dict.fromkeys(names)
        }

    def _filled(self, labels: dict[str, Texts], kept: Flags) -> dict[str, list[str]]:
        """The columns of figures, each filled by the rules that take a row, counts before what is made of them."""
        coded = {name: pd.factorize(values) for name, values in labels.items()}

        def meets(when: dict[str, list[str]]) -> Flags:
            good = np.ones(len(kept), dtype=bool)
            for column, wanted in when.items():
                codes, there = coded.get(column, (np.zeros(len(kept), np.int64), [""]))
                good &= np.array([plain(str(text)) in map(plain, wanted) for text in there])[codes]
            return good

        rules = self.layout.cells
        takes = [kept & meets(rule.when) & ~(meets(rule.unless) & bool(rule.unless)) for rule in rules]
        self._kept = np.logical_or.reduce(takes)
        if not self._kept.any():
            raise self.error("no cell rule takes any of its rows")
        for rule, taken in sorted(zip(rules, takes, strict=True), key=lambda pair: not self._counts(pair[0])):
            fill = self._fill_wide if rule.columns else self._fill_words if rule.scores else self._fill
            fill(rule, taken)
        marker = next((m for m, s in {**self.layout.markers, **self.contract.markers}.items() if s == "z"), "")
        out = {name: values[self._kept].tolist() for name, values in self._words.items()}
        for name, values in self._done.items():
            written, gone = (
                texts(values[self._kept], self._decimals.get(name)),
                np.isneginf(values[self._kept]).tolist(),
            )
            out[name] = [marker if missing else text for text, missing in zip(written, gone, strict=True)]
        return out | {rule.status: [""] * int(self._kept.sum()) for rule in rules if rule.status}

    # ------------------------------------------------------------------ figures

    def _counts(self, rule: CellRule) -> bool:
        """Whether a rule takes a count, of which other columns may be made."""
        measure = self.contract.measure(rule.measure or "")
        return bool(rule.value and not rule.numerator and not rule.denominator and measure and is_count(measure))

    def _source(self, column: str | None, sets: dict[str, str]) -> Source:
        """What a column is: a count of the contract, or people of its own."""
        rules = [
            r
            for r in self.layout.cells
            if column and r.value == column and self._counts(r) and r.sets.items() <= sets.items()
        ]
        return self.contract.measure(str(rules[0].measure)) if rules else column

    def _cube(self, measure: Measure, number: int, rule: CellRule) -> tuple[Cube, tuple[int, ...]]:
        """A measure's figures for a group and the fixed categories of a rule, and where they stand."""
        group = self.groups[number]
        have = {split.code for split in group.splits}
        more = tuple(self.split(s) for s in self.layout.characteristics if s.code in rule.sets and s.code not in have)
        at = (*group.at, *(split.categories.index(rule.sets[split.code]) + 1 for split in more))
        above, below = self._source(rule.numerator, rule.sets), self._source(rule.denominator, rule.sets)
        sources = (above, below) if above and below else (None, below or rule.numerator)
        bottom_up = bool(group.splits) and group.splits == self.groups[0].splits and not more
        return self._figures.cube(measure, (*group.splits, *more), bottom_up, sources), at

    def _fill(self, rule: CellRule, taken: Flags) -> None:
        """Fill the columns of one rule in the rows that it takes."""
        when, what, where, which, who = self._index
        asked = [v.measure for v in self.variants] if rule.measure_from else [self.contract.measure(str(rule.measure))]
        for n, measure in enumerate(asked):
            if measure is None:
                continue
            here = taken & (what == n) if rule.measure_from else taken
            for number in np.unique(who[here]).tolist():
                rows = np.flatnonzero(here & (who == number))
                cube, at = self._cube(measure, number, rule)
                spot = (when[rows], where[rows], which[rows], *at)
                nothing = np.full(len(rows), np.nan)
                parts = [c[spot] if c.size > 1 else nothing for c in (cube.value, cube.numerator, cube.denominator)]
                self._put(rule, measure, rows, *parts)

    def _put(self, rule: CellRule, measure: Measure, rows: Ints, value: Floats, above: Floats, below: Floats) -> None:
        """Put the figures of some rows into the columns of a rule, unless a count stands there already."""
        if step := measure.counts_rounded_to:
            # Sums are rounded to ten where the figures of a place are not.
            rounds = (self._index[2][rows] >= len(self._figures.scope.base)) | (step < 10)
            above = np.where(rounds, np.floor(above / step + 0.5) * step, above)
            above = np.minimum(above, below) if measure.value_type == "proportion" else above
            if any(control.total == measure.code for control in self.contract.controls):
                with np.errstate(invalid="ignore"):
                    value = measure.multiplier * above / below
        error = half_width(measure, value, above, below)
        sent = {
            "value": value,
            "denominator": below,
            "numerator": below - above if rule.numerator_is_complement else above,
        }
        for name, width in (("95", 1.96), ("99_8", 3.09)):
            for side, sign in (("lower", -1), ("upper", 1)):
                sent[f"{side}_{name}"] = np.clip(value + sign * width * error, measure.minimum, measure.maximum)
        places = self._figures.level(measure).decimals
        if measure.rounded_to:
            places = max(0, round(-log10(measure.rounded_to)))
        elif places is None and (is_count(measure) or not (rule.numerator and rule.denominator)):
            places = 0 if is_count(measure) else 2 if (measure.maximum or 100) > 1 else 4
        gone = (
            self._ended(measure)[self._index[0][rows]]
            | ~self._figures.scope.alive[self._index[0][rows], self._index[2][rows]]
        )
        for role, column in rule.figures().items():
            if role == "status":
                continue
            filled = self._done.setdefault(column, np.full(len(self._kept), np.nan))
            empty = np.isnan(filled[rows])
            filled[rows[empty]] = np.where(gone, -np.inf, sent[role])[empty]
            if role not in ("numerator", "denominator") and places is not None:
                self._decimals[column] = places

    def _ended(self, measure: Measure) -> Flags:
        """By period: whether a measure was made no more."""
        if measure.valid_to is None or measure.period is None:
            return np.zeros(len(self.periods), dtype=bool)
        read = [parse_period(written(None), measure.period) for _, written in self.periods]
        return np.array([period is not None and period.end > measure.valid_to for period in read])

    def _fill_words(self, rule: CellRule, taken: Flags) -> None:
        """Fill columns of words that stand for scores, better ones where a place does well."""
        when, _, where, which, _ = self._index
        for column in {rule.figures()[role] for role in rule.scores} - self._words.keys():
            scored = [r.scores[role] for r in self.layout.cells for role in r.scores if r.figures()[role] == column]
            ranked = max(scored, key=lambda scores: len({*scores.values()}))
            words = np.array(sorted(ranked, key=lambda word: ranked[word]), dtype=object)
            steps = np.linspace(-1.9, 1.8, max(len(words) - 1, 1))[: len(words) - 1]
            self._words[column] = np.where(
                taken, words[np.searchsorted(steps, self._figures.well(when, where, which))], ""
            )

    def _fill_wide(self, rule: CellRule, taken: Flags) -> None:
        """Fill a column for each item and service line of a wide rule."""
        pattern, rows = str(rule.columns), np.flatnonzero(taken)
        usual = (choices(pattern, "service_line") or self.lines) if "<service_line>" in pattern else [""]
        for item, code in (rule.items or {"": str(rule.measure)}).items():
            measure = self.contract.measure(code)
            assert measure is not None, "a contract lists what it fills"
            for line in self.shape.only.get(item or code, usual):
                form = self.shape.wide.get(item or code)
                named = {"service_line": line, "item": item}
                header = form.format(line=line, item=item) if form else text_for(pattern, named)
                if re.fullmatch(pattern, header, re.IGNORECASE) is None:
                    raise self.error(f"column '{header}' is not what {pattern} takes; mend `wide` in its seed")
                values = self._controlled(measure)[:, :, self._wide_at.get(line, 0)]
                self._done[header] = np.full(len(self._kept), np.nan)
                self._done[header][rows] = values[self._index[0][rows], self._index[2][rows]]
                self._decimals[header] = 1 if measure.value_type in ("proportion", "mean", "rate") else 0

    def _controlled(self, measure: Measure) -> Floats:
        """A measure's figures; those of a total are made of its parts, as the contract's controls have it."""
        sums = [
            control for control in self.contract.controls if control.kind == "sum" and control.total == measure.code
        ]
        if not sums:
            return self._wide.cube(measure, (), False, (None, "people")).value
        parts = [(self.contract.measure(part.lstrip("-")), -1 if part[0] == "-" else 1) for part in sums[0].parts]
        return np.asarray(sum(sign * self._controlled(part) for part, sign in parts if part))

    def _unfolded(self, columns: dict[str, list[str]]) -> dict[str, list[str]]:
        """Rows turned into columns, one for each label that the layout unfolds."""
        unfold = self.layout.unfold
        assert unfold is not None, "only then is it asked"
        labels = [*dict.fromkeys(columns[unfold.label])]
        if strange := [label for label in labels if not re.fullmatch(unfold.columns, label)]:
            raise self.error(f"'{strange[0]}' is not like {unfold.columns}")
        names = [name for name in columns if name not in (unfold.label, unfold.figure)]
        wide = (
            pd.DataFrame(columns)
            .pivot(index=names, columns=unfold.label, values=unfold.figure)
            .fillna("")
            .reset_index()
        )
        return {str(name): wide[name].tolist() for name in [*names, *labels]}


def _edit(columns: dict[str, list[str]], edit: Edit, error: Callable[[str], OversightError]) -> None:
    """Make the quirk of a seed in some rows."""
    if missing := [name for name in (*edit.where, *edit.below) if name not in columns]:
        raise error(f"an edit asks for column '{missing[0]}', which the file has not")
    size = len(next(iter(columns.values())))
    good = np.ones(size, dtype=bool)
    for name, wanted in edit.where.items():
        good &= pd.Series(columns[name]).isin(wanted).to_numpy()
    for name, limit in edit.below.items():
        numbers = pd.to_numeric(pd.Series(columns[name]), errors="coerce").to_numpy()
        good &= (numbers > 0) & (numbers < limit)
    rows = np.flatnonzero(good)[:: edit.every][: edit.at_most].tolist()
    if not rows:
        raise error(f"an edit that sets {', '.join(edit.set) or 'nothing'} finds no row")
    if edit.repeat:
        for values in columns.values():
            values.extend([values[row] for row in rows])
        rows = list(range(size, size + len(rows)))
    for name, text in edit.set.items():
        values = columns.setdefault(name, [""] * len(next(iter(columns.values()))))
        for row in rows:
            values[row] = text
