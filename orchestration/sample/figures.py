"""The figures of a sample: each measure by location, period, service line and population group.

Contains the figures. Not here: their rows and columns (`rows`).

Locations vary around the level of a measure, at random and with their deprivation. Seeds add trends and winter effects,
each location drifts at random, and gaps between groups narrow or widen. Counts are generated for the smallest
locations, lines and groups and added up, so that totals agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestration.contracts.measures import Measure
from orchestration.contracts.samples import Level, Revision
from orchestration.sample.chance import Floats, draw, draw_normal, hashes, normal, uniform
from orchestration.sample.places import MERGED_ON, Location

Ints = NDArray[np.int64]
Source = Measure | str | None
"""Source of a numerator or denominator: another measure, or a column of population."""

_MIDDLE_YEAR, _MERGER = 2022, int(MERGED_ON[:4]) + 1


@dataclass(frozen=True)
class Breakdown:
    """A characteristic that divides figures: its categories with their weights and effects."""

    code: str
    categories: tuple[str, ...]
    weights: tuple[float, ...]
    effects: tuple[float, ...]


Breakdowns = tuple[Breakdown, ...]


@dataclass(frozen=True)
class Cube:
    """Figures of a measure by period, location, line and breakdown; the first category of a breakdown is the total."""

    value: Floats
    numerator: Floats
    denominator: Floats


@dataclass(frozen=True)
class Scope:
    """Dimensions of the figures: points in time, the smallest locations in `base`, and the `sums` of larger ones; lines
    with their weights, and lines that are sums of others. If `shared`, each line has the whole population, not a part.
    """

    salt: str
    years: Floats
    base: Sequence[Location]
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
        """A number for each location."""
        return hashes([place.like or place.code for place in self.base])

    @cached_property
    def deprivation(self) -> Floats:
        """The deprivation of each location."""
        return np.array([place.deprivation for place in self.base])

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """By period and location, larger ones last: whether the location exists."""
        merged = np.floor(self.years)[:, None] >= _MERGER
        larger = [False] * len(self.sums)
        ended = np.array([bool(place.ends) for place in self.base] + larger)
        new = np.array([bool(place.starts) and self.history for place in self.base] + larger)
        return ~((ended & merged) | (new & ~merged))

    def size(self, of: str) -> Floats:
        """Return the population `of` a count, by period and location."""
        count = np.array([place.children if of == "children" else place.people for place in self.base])
        growth = np.array([place.growth for place in self.base])
        return np.asarray(count * (1 + growth) ** (self.years[:, None] - 2024))


def is_count(measure: Measure) -> bool:
    """Return True if a measure is a number of people, events or pounds, which add up."""
    return measure.value_type in ("count", "currency")


def shared_out(total: Floats, weights: Floats) -> Floats:
    """Return whole numbers that add up to the total, in proportion to the last axis of `weights`."""
    upto = np.cumsum(weights, axis=-1) / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-12)
    return np.diff(np.floor(total[..., None] * upto + 0.5), axis=-1, prepend=0)


def _shared_out_from(total: Floats, weights: Floats) -> Floats:
    """Return a total shared out along the axes of `weights` that it lacks."""
    return shared_out(total, weights.reshape(*total.shape, -1)).reshape(weights.shape)


def bounds(measure: Measure) -> tuple[float, float | None]:
    """Return the lowest value allowed, and the highest, if there is one."""
    if measure.value_type == "proportion":
        return 0.0, measure.maximum or measure.multiplier
    unbounded = measure.minimum is None and measure.value_type in ("score", "mean") and measure.multiplier == 1
    return -1.0 if unbounded else (measure.minimum or 0.0), None if measure.value_type == "rate" else measure.maximum


def with_defaults(measure: Measure, seed: Level) -> Level:
    """Return the level in a seed, with defaults that suit the measure for what it leaves out."""
    chance, (low, high) = draw("level", measure.code), bounds(measure)
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
    defaults = {"per_head": 0.002 + 0.02 * chance, "level": level, "spread": spread, "deprivation": worse}
    return seed.model_copy(update={name: value for name, value in defaults.items() if getattr(seed, name) is None})


class Figures:
    """The figures of one file; each cube is calculated once."""

    def __init__(self, scope: Scope, levels: dict[str, Level], sizes: dict[str, Level]) -> None:
        self.scope, self._levels, self._sizes = scope, levels, sizes
        self._cubes: dict[object, Cube] = {}

    def level(self, measure: Measure) -> Level:
        """Return the level of a measure, from seed and contract."""
        return with_defaults(measure, self._levels.get(measure.code, Level()))

    def performance(self, when: Ints, where: Ints, which: Ints) -> Floats:
        """Return how well the location of each row performs on its service line, around 0."""
        salt, place = self.scope.salt, self.scope.places[where]
        lines = 0.5 * normal(salt, "well", place, which.astype(np.uint64), when.astype(np.uint64))
        return np.asarray(0.8 * normal(salt, "well", place) + lines - 0.4 * self.scope.deprivation[where] + 0.6)

    def cube(self, measure: Measure, by: Breakdowns, bottom_up: bool, of: tuple[Source, Source]) -> Cube:
        """Return the figures of a measure by some breakdowns. They are generated for the categories (`bottom_up`), or
        shared out from totals, which are then the same for every breakdown. `of` holds numerator and denominator."""
        name = (measure.code, by, bottom_up, *(part.code if isinstance(part, Measure) else part for part in of))
        if name not in self._cubes:
            self._cubes[name] = self._cube(measure, by, bottom_up, *of)
        return self._cubes[name]

    def _cube(self, measure: Measure, by: Breakdowns, bottom_up: bool, above: Source, below: Source) -> Cube:
        if is_count(measure):
            missing = np.full((1,) * (3 + len(by)), np.nan)
            return Cube(self._with_sums(self._count(measure, by, bottom_up)), missing, missing)
        level, z = self.level(measure), self._latent(measure, by, bottom_up)
        people = self._people(below, measure, by, bottom_up)
        value = self._value(measure, level, z)
        most = 0.995 if measure.above_denominator == "refuse" else np.inf
        if isinstance(above, Measure):
            events = self.cube(above, by, bottom_up, (None, None)).value
        else:
            count = np.floor(np.minimum(value / measure.multiplier, most) * people + 0.5)
            if by and not bottom_up:
                dims = tuple(range(3, z.ndim))
                ratio = self._value(measure, level, z.mean(axis=dims)) / measure.multiplier
                total = np.floor(np.minimum(ratio, most) * people.sum(axis=dims) + 0.5)
                count = np.minimum(_shared_out_from(total, count + 0.01), people)
            events = self._with_sums(count)
        population = self._with_sums(people)
        with np.errstate(divide="ignore", invalid="ignore"):
            if above is not None:
                return Cube(measure.multiplier * events / population, events, population)
            weights = people + 1e-9
            if measure.value_type == "index" and self.scope.line_sums:
                return Cube(self._with_sums(value, weights), events, population)
            return Cube(self._with_sums(value * weights) / self._with_sums(weights), events, population)

    def _count(self, measure: Measure, by: Breakdowns, bottom_up: bool) -> Floats:
        """Return a count by the smallest locations, lines and groups."""
        level, z = self.level(measure), self._latent(measure, by, bottom_up)
        size = self._parts(float(level.per_head or 0) * self.scope.size(level.of), by, whole=False)
        if bottom_up or not by:
            return np.floor(size * np.exp(z) + 0.5)
        dims = tuple(range(3, z.ndim))
        total = np.floor(size.sum(axis=dims) * np.exp(z.mean(axis=dims)) + 0.5)
        return _shared_out_from(total, size * np.exp(z))

    def _people(self, of: Source, measure: Measure, by: Breakdowns, bottom_up: bool) -> Floats:
        """Return the denominator of a rate by the smallest locations, lines and groups."""
        if isinstance(of, Measure):
            return self._count(of, by, bottom_up)
        size = self._sizes.get(of or "", Level())
        per_head = size.per_head or (1.0 if measure.multiplier >= 10_000 else 0.02)
        chance = np.exp(0.05 * normal(self.scope.salt, "size", of or "", self.scope.places)) if per_head != 1 else 1
        return self._parts(np.floor(per_head * self.scope.size(size.of) * chance + 0.5), by)

    def _parts(self, total: Floats, by: Breakdowns, whole: bool = True) -> Floats:
        """Return a total by period and location, shared out among lines and categories."""

        def divide(total: Floats, share: Floats) -> Floats:
            return shared_out(total, share) if whole else total[..., None] * share / share.sum(axis=-1, keepdims=True)

        scope, weights = self.scope, np.array(self.scope.line_weights)
        # Lines are parts of a count, but a denominator may be the same population for each line.
        repeated = whole and scope.shared
        total = np.repeat(total[:, :, None], len(weights), axis=2) if repeated else divide(total, weights)
        for breakdown in by:
            categories = hashes(list(breakdown.categories))
            chance = 0.15 * normal(scope.salt, breakdown.code, scope.places[:, None], categories)
            if breakdown.code.split(":")[0] == "age":
                chance = chance - 0.35 * scope.deprivation[:, None] * np.linspace(-1, 1, len(categories))
            share = np.array(breakdown.weights) * np.exp(chance)
            total = divide(total, share.reshape(1, len(scope.base), *[1] * (total.ndim - 2), -1))
        return total

    def _latent(self, measure: Measure, by: Breakdowns, bottom_up: bool) -> Floats:
        """Return how far a measure is from its level, by period, location, line and category."""
        scope, level = self.scope, self.level(measure)
        salt, spread = f"{scope.salt} {level.like or measure.code}", float(level.spread or 0)
        places = scope.places[None, :]
        year, moment = np.floor(scope.years[:, None]), np.round(scope.years[:, None] * 12).astype(np.uint64)
        passed = scope.years[:, None] - _MIDDLE_YEAR
        z = (
            float(level.deprivation or 0) * scope.deprivation[None, :] + 0.5 * normal(salt, "place", places)
            + (level.trend + 0.2 * normal(salt, "drift", places)) * passed
            + 0.15 * normal(salt, "year", year.astype(np.uint64)) + 0.08 * normal(salt, "period", places, moment)
            + level.season * np.cos(2 * np.pi * (scope.years[:, None] % 1 - 0.04))
        )[:, :, None]  # fmt: skip
        if len(scope.lines) > 1:
            lines = [scope.effects.get(line, 0.5 * draw_normal(salt, "line", line)) for line in scope.lines]
            z = z + np.array(lines) + 0.2 * normal(salt, "line", places[0][:, None], hashes(list(scope.lines)))
        for breakdown in by:
            effects = np.array(breakdown.effects) * (-1 if measure.polarity == "high" else 1)
            if not bottom_up:
                effects = effects - np.average(effects, weights=breakdown.weights)
            narrowing = 1 - level.narrows * passed * (1 if draw(salt, breakdown.code) < 0.65 else -1)
            others = [1] * (z.ndim - 1)
            chance = 0.3 * normal(salt, breakdown.code, places).reshape(1, -1, *others) * np.clip(effects, -1, 1)
            z = z[..., None] + narrowing.reshape(-1, 1, *others) * effects + chance
        if scope.revised:
            chosen = uniform(salt, scope.release, places, moment) < scope.revised.share
            shift = chosen * scope.revised.by * normal(salt, "revised", scope.release, places) / max(spread, 0.01)
            z = z + shift.reshape(*shift.shape, *[1] * (z.ndim - 2))
        return np.asarray(spread * z)

    @staticmethod
    def _value(measure: Measure, level: Level, z: Floats) -> Floats:
        """Return values around the level of a measure, within its bounds."""
        (low, high), middle = bounds(measure), float(level.level or 0)
        if high is None:
            return np.asarray(middle + z if low < 0 else middle * np.exp(z))
        share = min(max((middle - low) / (high - low), 1e-4), 1 - 1e-4)
        return np.asarray(low + (high - low) / (1 + (1 - share) / share * np.exp(-z)))

    def _with_sums(self, fine: Floats, weights: Floats | None = None) -> Floats:
        """Return the smallest figures with their sums over categories (put first), over lines, and over the locations
        of larger ones; with `weights`, larger locations have the mean."""
        for axis in range(3, fine.ndim):
            fine = np.concatenate([fine.sum(axis=axis, keepdims=True), fine], axis=axis)
        lines = [fine[:, :, list(part)].sum(axis=2, keepdims=True) for part in self.scope.line_sums]
        fine = np.concatenate([fine, *lines], axis=2)
        shape = (*fine.shape[:2], *[1] * (fine.ndim - 2))
        weight = self.scope.alive[:, : len(self.scope.base)].reshape(shape).astype(np.float64)
        if weights is not None:
            weight = weight * weights.reshape(*fine.shape[:2], -1)[:, :, 0].reshape(shape)

        def larger(figures: Floats) -> list[Floats]:
            return [figures[:, list(part)].sum(axis=1, keepdims=True) for part in self.scope.sums]

        sums = larger(fine * weight)
        if weights is not None:
            sums = [total / weight for total, weight in zip(sums, larger(weight), strict=True)]
        return np.concatenate([fine, *sums], axis=1)


def standard_error(measure: Measure, value: Floats, numerator: Floats, people: Floats) -> Floats:
    """Return a plausible standard error of a value, as if it were counted among its denominator."""
    people = np.maximum(people, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        if measure.value_type == "proportion":
            most = measure.maximum or measure.multiplier
            share = np.clip(value / most, 0.001, 0.999)
            return np.asarray(most * np.sqrt(share * (1 - share) / np.maximum(people / 50, 20)))
        if measure.value_type == "rate":
            return np.asarray(value / np.sqrt(np.maximum(numerator, 1)))
        return np.asarray((0.05 * np.abs(value) + 0.2) / np.sqrt(np.maximum(people / 1500, 1)))
