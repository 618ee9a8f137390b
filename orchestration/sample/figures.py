"""Contains the figures of a sample: what each measure is at each place, period, service line and group of people.
Not here: in which rows and columns they stand (`rows`).

Every measure has a level, from which places differ by themselves and by their deprivation. Years trend, winters count
where a seed says so, each place drifts its own way, and gaps between groups narrow or widen. Counts are made for the
smallest places, lines and groups and added up from them, so that totals agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestration.contracts.measures import Measure
from orchestration.contracts.samples import Level, Revision
from orchestration.sample.chance import Floats, keys, normal, one, uniform
from orchestration.sample.places import MERGED_ON, Place

Ints = NDArray[np.int64]
Source = Measure | str | None
"""What a numerator or denominator is: another measure's figure, or people who are counted in a column of their own."""

_MIDDLE_YEAR, _MERGER = 2022, int(MERGED_ON[:4]) + 1


@dataclass(frozen=True)
class Split:
    """A characteristic by which figures are divided: its categories with their weight and effect."""

    code: str
    categories: tuple[str, ...]
    weights: tuple[float, ...]
    effects: tuple[float, ...]


@dataclass(frozen=True)
class Cube:
    """Figures of a measure by period, place, line and the categories of each split, of which the first is the total."""

    value: Floats
    numerator: Floats
    denominator: Floats


@dataclass(frozen=True)
class Scope:
    """What figures are made for: points in time, the smallest places in `base`, and the `sums` of larger ones; lines
    with their weights, and lines that are sums of others. `shared` says that each line has all people, not its part."""

    salt: str
    years: Floats
    base: Sequence[Place]
    sums: Sequence[Sequence[int]]
    lines: Sequence[str]
    line_weights: Sequence[float]
    line_sums: Sequence[Sequence[int]]
    shared: bool
    effects: dict[str, float]
    revised: Revision | None
    release: str
    history: bool

    @cached_property
    def places(self) -> NDArray[np.uint64]:
        """A number for each place."""
        return keys([place.like or place.code for place in self.base])

    @cached_property
    def deprivation(self) -> Floats:
        """The deprivation of each place."""
        return np.array([place.deprivation for place in self.base])

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """By period and place, larger ones last: whether the place was there."""
        year = np.floor(self.years)[:, None]
        ended = np.array([bool(place.ends) for place in self.base] + [False] * len(self.sums))
        begun = np.array([bool(place.starts) and self.history for place in self.base] + [False] * len(self.sums))
        return ~((ended & (year >= _MERGER)) | (begun & (year < _MERGER)))

    def size(self, of: str) -> Floats:
        """Those whom a count is of, by period and place."""
        count = np.array([place.children if of == "children" else place.people for place in self.base])
        growth = np.array([place.growth for place in self.base])
        return np.asarray(count * (1 + growth) ** (self.years[:, None] - 2024))


def is_count(measure: Measure) -> bool:
    """Whether a measure is a number of people, events or pounds, which add up."""
    return measure.value_type in ("count", "currency")


def shared_out(total: Floats, weights: Floats) -> Floats:
    """Whole numbers by weight along the last axis of `weights`, which add up to the total."""
    upto = np.cumsum(weights, axis=-1) / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-12)
    return np.diff(np.floor(total[..., None] * upto + 0.5), axis=-1, prepend=0)


def bounds(measure: Measure) -> tuple[float, float | None]:
    """The least that a value may be, and the most where there is a most."""
    if measure.value_type == "proportion":
        return 0.0, measure.maximum or measure.multiplier
    unbounded = measure.minimum is None and measure.value_type in ("score", "mean") and measure.multiplier == 1
    return -1.0 if unbounded else (measure.minimum or 0.0), None if measure.value_type == "rate" else measure.maximum


def with_defaults(measure: Measure, told: Level) -> Level:
    """What a seed tells of a measure, and what its contract does where the seed tells nothing."""
    chance, (low, high) = one("level", measure.code), bounds(measure)
    level, spread = 10 + 60 * chance, 0.2
    if high is not None:
        good = {"low": 0.1, "high": 0.68, "none": 0.3}[measure.polarity]
        level, spread = low + (high - low) * (good + 0.12 * chance), 0.35
    elif low < 0:
        level, spread = 0.0, 1.0
    elif measure.value_type in ("rate", "ratio"):
        least, more = (0.004, 0.02) if measure.value_type == "rate" else (0.1, 0.2)
        level = measure.multiplier * (least + more * chance)
    worse = {"low": 0.8, "high": -0.8, "none": 0.3}[measure.polarity]
    usual = {"per_head": 0.002 + 0.02 * chance, "level": level, "spread": spread, "deprivation": worse}
    return told.model_copy(update={name: value for name, value in usual.items() if getattr(told, name) is None})


class Figures:
    """The figures of one file, each cube made once."""

    def __init__(self, scope: Scope, levels: dict[str, Level], sizes: dict[str, Level]) -> None:
        self.scope, self._levels, self._sizes = scope, levels, sizes
        self._made: dict[object, Cube] = {}

    def level(self, measure: Measure) -> Level:
        """The level of a measure, from seed and contract."""
        return with_defaults(measure, self._levels.get(measure.code, Level()))

    def well(self, when: Ints, where: Ints, which: Ints) -> Floats:
        """How well the place of a row does in its service line, around 0."""
        salt, place = self.scope.salt, self.scope.places[where]
        lines = 0.5 * normal(salt, "well", place, which.astype(np.uint64), when.astype(np.uint64))
        return np.asarray(0.8 * normal(salt, "well", place) + lines - 0.4 * self.scope.deprivation[where] + 0.6)

    def cube(self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool, of: tuple[Source, Source]) -> Cube:
        """Figures of a measure divided by `splits`: apart from the start (`bottom_up`), or shared out from totals, so
        that the total is the same however it is divided. `of` says what numerator and denominator are."""
        name = (measure.code, splits, bottom_up, *(part.code if isinstance(part, Measure) else part for part in of))
        if name not in self._made:
            self._made[name] = self._cube(measure, splits, bottom_up, *of)
        return self._made[name]

    def _cube(self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool, above: Source, below: Source) -> Cube:
        if is_count(measure):
            nothing = np.full((1,) * (3 + len(splits)), np.nan)
            return Cube(self._added(self._counted(measure, splits, bottom_up)), nothing, nothing)
        level, z = self.level(measure), self._latent(measure, splits, bottom_up)
        people = self._people(below, measure, splits, bottom_up)
        value = self._linked(measure, level, z)
        most = 0.995 if measure.above_denominator == "refuse" else np.inf
        if isinstance(above, Measure):
            events = self.cube(above, splits, bottom_up, (None, None)).value
        else:
            count = np.floor(np.minimum(value / measure.multiplier, most) * people + 0.5)
            if splits and not bottom_up:
                dims = tuple(range(3, z.ndim))
                ratio = self._linked(measure, level, z.mean(axis=dims)) / measure.multiplier
                whole = np.floor(np.minimum(ratio, most) * people.sum(axis=dims) + 0.5)
                count = np.minimum(self._shared(whole, count + 0.01, len(splits)), people)
            events = self._added(count)
        added = self._added(people)
        with np.errstate(divide="ignore", invalid="ignore"):
            if above is not None:
                return Cube(measure.multiplier * events / added, events, added)
            weights = people + 1e-9
            if measure.value_type == "index" and self.scope.line_sums:
                return Cube(self._added(value, weights), events, added)
            return Cube(self._added(value * weights) / self._added(weights), events, added)

    def _counted(self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """A count by the finest of everything."""
        level, z = self.level(measure), self._latent(measure, splits, bottom_up)
        size = self._parts(float(level.per_head or 0) * self.scope.size(level.of), splits, whole=False)
        if bottom_up or not splits:
            return np.floor(size * np.exp(z) + 0.5)
        dims = tuple(range(3, z.ndim))
        whole = np.floor(size.sum(axis=dims) * np.exp(z.mean(axis=dims)) + 0.5)
        return self._shared(whole, size * np.exp(z), len(splits))

    def _people(self, of: Source, measure: Measure, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """Those whom a rate is of, by the finest of everything."""
        if isinstance(of, Measure):
            return self._counted(of, splits, bottom_up)
        told = self._sizes.get(of or "", Level())
        per_head = told.per_head or (1.0 if measure.multiplier >= 10_000 else 0.02)
        own = np.exp(0.05 * normal(self.scope.salt, "size", of or "", self.scope.places)) if per_head != 1 else 1
        return self._parts(np.floor(per_head * self.scope.size(told.of) * own + 0.5), splits)

    def _parts(self, total: Floats, splits: tuple[Split, ...], whole: bool = True) -> Floats:
        """A total by period and place shared out among lines and categories."""

        def divide(total: Floats, share: Floats) -> Floats:
            return shared_out(total, share) if whole else total[..., None] * share / share.sum(axis=-1, keepdims=True)

        scope, weights = self.scope, np.array(self.scope.line_weights)
        # Lines share out what is counted; those whom a rate is of may be the same people for each.
        whole_each = whole and scope.shared
        total = np.repeat(total[:, :, None], len(weights), axis=2) if whole_each else divide(total, weights)
        for split in splits:
            own = 0.15 * normal(scope.salt, split.code, scope.places[:, None], keys(list(split.categories)))
            if split.code.split(":")[0] == "age":
                own = own - 0.35 * scope.deprivation[:, None] * np.linspace(-1, 1, len(split.categories))
            share = np.array(split.weights) * np.exp(own)
            total = divide(total, share.reshape(1, len(scope.base), *[1] * (total.ndim - 2), -1))
        return total

    @staticmethod
    def _shared(total: Floats, weights: Floats, splits: int) -> Floats:
        """A total shared out along the last axes of `weights`, as many as there are splits."""
        flat = weights.reshape(*weights.shape[: weights.ndim - splits], -1)
        return shared_out(total, flat).reshape(weights.shape)

    def _latent(self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """How far from its level a measure is, by period, place, line and category."""
        scope, level = self.scope, self.level(measure)
        salt, spread, places = (
            f"{scope.salt} {level.like or measure.code}",
            float(level.spread or 0),
            scope.places[None, :],
        )
        year, moment = np.floor(scope.years[:, None]), np.round(scope.years[:, None] * 12).astype(np.uint64)
        passed = scope.years[:, None] - _MIDDLE_YEAR
        z = (
            float(level.deprivation or 0) * scope.deprivation[None, :] + 0.5 * normal(salt, "place", places)
            + (level.trend + 0.2 * normal(salt, "drift", places)) * passed
            + 0.15 * normal(salt, "year", year.astype(np.uint64)) + 0.08 * normal(salt, "period", places, moment)
            + level.season * np.cos(2 * np.pi * (scope.years[:, None] % 1 - 0.04))
        )[:, :, None]  # fmt: skip
        if len(scope.lines) > 1:
            lines = [scope.effects.get(line, 0.5 * float(normal(salt, "line", line)[0])) for line in scope.lines]
            z = z + np.array(lines) + 0.2 * normal(salt, "line", places[0][:, None], keys(list(scope.lines)))
        for nth, split in enumerate(splits):
            effects = np.array(split.effects) * (-1 if measure.polarity == "high" else 1)
            if not bottom_up:
                effects = effects - np.average(effects, weights=split.weights)
            closer = 1 - level.narrows * passed * (1 if one(salt, split.code) < 0.65 else -1)
            one_each = (-1, *[1] * (1 + nth), 1)
            own = 0.3 * normal(salt, split.code, places).reshape(1, *one_each) * np.clip(effects, -1, 1)
            z = z[..., None] + closer.reshape(*one_each[:1], 1, *one_each[1:]) * effects + own
        if scope.revised:
            chosen = uniform(salt, scope.release, places, moment) < scope.revised.share
            moved = chosen * scope.revised.by * normal(salt, "revised", scope.release, places) / max(spread, 0.01)
            z = z + moved.reshape(*moved.shape, *[1] * (z.ndim - 2))
        return np.asarray(spread * z)

    @staticmethod
    def _linked(measure: Measure, level: Level, z: Floats) -> Floats:
        """Values around the level of a measure, within what it may be."""
        (low, high), middle = bounds(measure), float(level.level or 0)
        if high is None:
            return np.asarray(middle + z if low < 0 else middle * np.exp(z))
        share = min(max((middle - low) / (high - low), 1e-4), 1 - 1e-4)
        return np.asarray(low + (high - low) / (1 + (1 - share) / share * np.exp(-z)))

    def _added(self, fine: Floats, weights: Floats | None = None) -> Floats:
        """The finest figures with their sums: over categories (first), over lines, and over the places of larger ones;
        with `weights`, larger places have the mean."""
        for axis in range(3, fine.ndim):
            fine = np.concatenate([fine.sum(axis=axis, keepdims=True), fine], axis=axis)
        lines = [fine[:, :, list(part)].sum(axis=2, keepdims=True) for part in self.scope.line_sums]
        fine = np.concatenate([fine, *lines], axis=2)
        shape = (*fine.shape[:2], *[1] * (fine.ndim - 2))
        there = self.scope.alive[:, : len(self.scope.base)].reshape(shape).astype(np.float64)
        if weights is not None:
            there = there * weights.reshape(*fine.shape[:2], -1)[:, :, 0].reshape(shape)
        larger = [(fine * there)[:, list(part)].sum(axis=1, keepdims=True) for part in self.scope.sums]
        if weights is not None:
            whole = [there[:, list(part)].sum(axis=1, keepdims=True) for part in self.scope.sums]
            larger = [of / weight for of, weight in zip(larger, whole, strict=True)]
        return np.concatenate([fine, *larger], axis=1)


def half_width(measure: Measure, value: Floats, numerator: Floats, people: Floats) -> Floats:
    """About half of a 95% interval, in standard errors of 1: as if each value were counted among those it is of."""
    people = np.maximum(people, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if measure.value_type == "proportion":
            most = measure.maximum or measure.multiplier
            share = np.clip(value / most, 0.001, 0.999)
            return np.asarray(most * np.sqrt(share * (1 - share) / np.maximum(people / 50, 20)))
        if measure.value_type == "rate":
            return np.asarray(value / np.sqrt(np.maximum(numerator, 1)))
        return np.asarray((0.05 * np.abs(value) + 0.2) / np.sqrt(np.maximum(people / 1500, 1)))
