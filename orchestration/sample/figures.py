"""Contains the figures of a sample: what each measure is at each place, period, service line and group of people.
Not here: in which rows and columns they stand (`rows`).

Every measure has a level, from which places differ by themselves and by their deprivation. Years trend, winters count
where a seed says so, each place drifts its own way, and gaps between groups narrow or widen. Counts are made for the
smallest places, lines and groups, and added up from them, so that totals agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from orchestration.contracts.measures import Measure
from orchestration.sample.chance import Floats, keys, normal, one
from orchestration.sample.places import Place
from orchestration.sample.seeds import Level, Revision

Places = NDArray[np.int64]
_MIDDLE_YEAR = 2022


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
    """What figures are made for. `sums` are the larger places as positions of those in `base`, `line_sums` lines that
    add up others, `shared` says that each line has all people instead of a part of them."""

    salt: str
    years: Floats
    base: Sequence[Place]
    sums: Sequence[NDArray[np.int64]]
    lines: Sequence[str]
    line_weights: Sequence[float]
    line_sums: Sequence[Sequence[int]]
    shared: bool
    effects: dict[str, float]
    revised: Revision | None = None
    release: str = ""
    history: bool = False

    @cached_property
    def place_keys(self) -> NDArray[np.uint64]:
        """A number for each place."""
        return keys([place.like or place.code for place in self.base])

    @cached_property
    def alive(self) -> NDArray[np.bool_]:
        """By period and place: whether the place was there."""
        year = np.floor(self.years)[:, None]
        ended = np.array([bool(place.ends) for place in self.base])
        begun = np.array([bool(place.starts) and self.history for place in self.base])
        return ~((ended & (year > 2023)) | (begun & (year <= 2023)))

    def size(self, of: str) -> Floats:
        """Those whom a count is of, by period and place."""
        count = {
            "people": [p.people for p in self.base], "children": [p.children for p in self.base],
            "adults": [p.people - p.children for p in self.base], "one": [1] * len(self.base),
        }[of]  # fmt: skip
        growth = np.array([place.growth for place in self.base])
        grown = np.ones_like(growth) if of == "one" else 1 + growth
        return np.asarray(np.array(count) * grown ** (self.years[:, None] - 2024))


def shared_out(total: Floats, weights: Floats) -> Floats:
    """Whole numbers by weight along the last axis of `weights`, which add up to the total."""
    upto = np.cumsum(weights, axis=-1) / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-12)
    edges = np.floor(total[..., None] * upto + 0.5)
    return np.diff(edges, axis=-1, prepend=0)


def is_count(measure: Measure) -> bool:
    """Whether a measure is a number of people, events or pounds, which add up."""
    return measure.value_type in ("count", "currency")


def own_level(measure: Measure, told: Level) -> Level:
    """The level of a measure with what its contract tells, where the seed says nothing."""
    chance = one("level", measure.code)
    worse = {"low": 0.8, "high": -0.8, "none": 0.3}[measure.polarity]
    low, high = bounds(measure)
    if high is not None:
        level = low + (high - low) * ({"low": 0.1, "high": 0.68, "none": 0.3}[measure.polarity] + 0.12 * chance)
        spread = 0.35
    elif low < 0:
        level, spread = 0.0, 1.0
    else:
        level = {"rate": measure.multiplier * (0.004 + 0.02 * chance), "ratio": measure.multiplier * (0.1 + 0.2 * chance)}.get(
            measure.value_type, 10 + 60 * chance
        )
        spread = 0.2
    filled = {"per_head": 0.002 + 0.02 * chance, "level": level, "spread": spread, "deprivation": worse}
    return told.model_copy(update={name: value for name, value in filled.items() if getattr(told, name) is None})


def bounds(measure: Measure) -> tuple[float, float | None]:
    """The least a value may be, and the most where there is a most."""
    if measure.value_type == "proportion":
        return 0.0, measure.maximum or measure.multiplier
    unbounded = measure.minimum is None and measure.value_type in ("score", "mean") and measure.multiplier == 1
    low = -1.0 if unbounded else (measure.minimum or 0.0)
    return low, None if is_count(measure) or measure.value_type == "rate" else measure.maximum


class Figures:
    """The figures of one file, each cube made once."""

    def __init__(self, scope: Scope, levels: dict[str, Level], sizes: dict[str, Level]) -> None:
        self._scope, self._levels, self._sizes = scope, levels, sizes
        self._made: dict[object, Cube] = {}

    def level(self, measure: Measure) -> Level:
        """The level of a measure, from seed and contract."""
        return own_level(measure, self._levels.get(measure.code, Level()))

    def there(self, when: Places, where: Places) -> NDArray[np.bool_]:
        """Whether the place of a row was there in its period."""
        alive = np.concatenate([self._scope.alive, np.ones((len(self._scope.years), len(self._scope.sums)), bool)], axis=1)
        return np.asarray(alive[when, where])

    def larger(self, where: Places) -> NDArray[np.bool_]:
        """Whether the place of a row is the sum of others."""
        return np.asarray(where >= len(self._scope.base))

    def well(self, where: Places, which: Places, when: Places) -> Floats:
        """How well the place of a row does in its service line, around 0."""
        place, nth = self._scope.place_keys[where], which.astype(np.uint64)
        deprivation = np.array([p.deprivation for p in self._scope.base])[where]
        return np.asarray(0.8 * normal(self._scope.salt, "well", place) + 0.5 * normal(self._scope.salt, "line", place, nth) - 0.4 * deprivation + 0.6)

    def cube(
        self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool, parts: tuple["Part", "Part"]
    ) -> Cube:
        """Figures of a measure, divided by `splits`: apart from the start (`bottom_up`), or shared out from totals, so
        that the total is the same however it is divided. `parts` say what numerator and denominator are."""
        name = (measure.code, splits, bottom_up, *((part.column, part.measure and part.measure.code) for part in parts))
        if name not in self._made:
            self._made[name] = self._cube(measure, splits, bottom_up, *parts)
        return self._made[name]

    def _cube(
        self, measure: Measure, splits: tuple[Split, ...], bottom_up: bool, numerator: "Part", denominator: "Part"
    ) -> Cube:
        level = own_level(measure, self._levels.get(measure.code, Level()))
        z = self._latent(measure, level, splits, bottom_up)
        scope, dims = self._scope, tuple(range(3, 3 + len(splits)))
        if is_count(measure):
            fine = self._counted(level, z, splits, bottom_up)
            nothing = np.full((1,) * fine.ndim, np.nan)
            return Cube(self._added(fine), nothing, nothing)
        people = self._denominator(denominator, measure, splits, bottom_up)
        value = self._linked(measure, level, z)
        if numerator.measure is not None:
            events = self.cube(numerator.measure, splits, bottom_up, NO_PARTS).value
        else:
            count = np.floor(np.clip(value / measure.multiplier, None, self._most(measure)) * people + 0.5)
            if not bottom_up and splits:
                ratio = self._linked(measure, level, z.mean(axis=dims)) / measure.multiplier
                whole = np.floor(np.clip(ratio, None, self._most(measure)) * people.sum(axis=dims) + 0.5)
                count = np.minimum(self._shared(whole, count + 0.01, len(splits)), people)
            events = self._added(count)
        if numerator.column or numerator.measure:
            added = self._added(people)
            with np.errstate(divide="ignore", invalid="ignore"):
                return Cube(measure.multiplier * events / added, events, added)
        weights = people + 1e-9
        mean = self._added(value * weights) / self._added(weights)
        if measure.value_type == "index" and scope.line_sums:
            mean = self._added(value, places=weights)
        return Cube(mean, events, self._added(people))

    @staticmethod
    def _most(measure: Measure) -> float | None:
        return 0.995 if measure.value_type == "proportion" or measure.above_denominator == "refuse" else None

    def _counted(self, level: Level, z: Floats, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """A count by the finest of everything."""
        size = self._finest(float(level.per_head or 0) * self._scope.size(level.of), splits, whole=False)
        if bottom_up or not splits:
            return np.floor(size * np.exp(z) + 0.5)
        dims = tuple(range(3, 3 + len(splits)))
        whole = np.floor(size.sum(axis=dims) * np.exp(z.mean(axis=dims)) + 0.5)
        return self._shared(whole, size * np.exp(z), len(splits))

    def _denominator(self, part: "Part", measure: Measure, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """Those whom a rate is of, by the finest of everything."""
        scope = self._scope
        if part.measure is not None:
            level = own_level(part.measure, self._levels.get(part.measure.code, Level()))
            return self._counted(level, self._latent(part.measure, level, splits, bottom_up), splits, bottom_up)
        told = self._sizes.get(part.column, Level())
        default = 1.0 if measure.multiplier >= 10_000 else 0.02
        per_head = told.per_head if told.per_head is not None else default
        own = np.exp(0.05 * normal(scope.salt, "size", part.column, scope.place_keys))
        return self._finest(np.floor(per_head * scope.size(told.of) * (1 if per_head == 1 else own) + 0.5), splits)

    def _finest(self, total: Floats, splits: tuple[Split, ...], whole: bool = True) -> Floats:
        """A total by period and place (and line) shared out among lines and categories."""
        scope = self._scope
        weights = np.array(scope.line_weights, dtype=np.float64)
        if total.ndim == 2:
            if scope.shared:
                total = np.repeat(total[:, :, None], len(weights), axis=2)
            else:
                total = shared_out(total, weights) if whole else total[:, :, None] * weights / weights.sum()
        for split in splits:
            share = np.array(split.weights) * np.exp(0.15 * normal(scope.salt, split.code, scope.place_keys[:, None], keys(list(split.categories))))
            if split.code.split(":")[0] == "age":
                older = np.linspace(-1, 1, len(split.categories))
                share = share * np.exp(-0.35 * np.array([place.deprivation for place in scope.base])[:, None] * older)
            share = share.reshape(1, len(scope.base), *[1] * (total.ndim - 2), -1)
            total = shared_out(total, share) if whole else total[..., None] * share / share.sum(axis=-1, keepdims=True)
        return total

    @staticmethod
    def _shared(total: Floats, weights: Floats, splits: int) -> Floats:
        """A total shared out along the last axes of `weights`, as many as there are splits."""
        flat = weights.reshape(*weights.shape[: weights.ndim - splits], -1)
        return shared_out(total, flat).reshape(weights.shape)

    def _latent(self, measure: Measure, level: Level, splits: tuple[Split, ...], bottom_up: bool) -> Floats:
        """How far above its level a measure is, by period, place, line and category."""
        scope, spread, salt = self._scope, float(level.spread or 0), f"{self._scope.salt} {level.like or measure.code}"
        places = scope.place_keys[None, :]
        moment = np.round(scope.years[:, None] * 12).astype(np.uint64)
        passed = scope.years[:, None] - _MIDDLE_YEAR
        deprivation = np.array([place.deprivation for place in scope.base])[None, :]
        z = (
            float(level.deprivation or 0) * deprivation + 0.5 * normal(salt, "place", places)
            + (level.trend + 0.14 * normal(salt, "drift", places)) * passed
            + 0.15 * normal(salt, "year", np.floor(scope.years[:, None]).astype(np.uint64))
            + 0.12 * normal(salt, "period", places, moment)
        )  # fmt: skip
        z = z + level.season * np.cos(2 * np.pi * (scope.years[:, None] % 1 - 0.04))
        lines = [scope.effects.get(line, 0.5 * float(normal(salt, "line", line)[0])) for line in scope.lines]
        z = z[:, :, None] + (np.array(lines) if len(lines) > 1 else np.zeros(1))
        if len(lines) > 1:
            z = z + 0.2 * normal(salt, "line", places[0][:, None], keys(list(scope.lines)))
        for nth, split in enumerate(splits):
            effects = np.array(split.effects)
            if not bottom_up:
                effects = effects - np.average(effects, weights=split.weights)
            closer = 1 - level.narrows * passed * (1 if one(salt, split.code) < 0.65 else -1)
            own = 1 + 0.3 * normal(salt, split.code, places)
            gap = (closer * own).reshape(*z.shape[:2], *[1] * (1 + nth), 1) * effects * (-1 if measure.polarity == "high" else 1)
            z = z[..., None] + gap
        if scope.revised:
            chosen = normal(salt, scope.release, places, moment) if scope.revised.share < 1 else np.zeros((1, 1))
            moved = (np.abs(chosen) < 2 * scope.revised.share) * scope.revised.by * normal(salt, "revised", scope.release, places)
            z = z + moved.reshape(*moved.shape, *[1] * (z.ndim - 2)) / max(spread, 0.01)
        return np.asarray(spread * z)

    @staticmethod
    def _linked(measure: Measure, level: Level, z: Floats) -> Floats:
        """Values around the level of a measure, within what it may be."""
        low, high = bounds(measure)
        middle = float(level.level or 0)
        if high is not None:
            share = min(max((middle - low) / (high - low), 1e-4), 1 - 1e-4)
            return np.asarray(low + (high - low) / (1 + (1 - share) / share * np.exp(-z)))
        return np.asarray(middle + z if low < 0 else middle * np.exp(z))

    def _added(self, fine: Floats, places: Floats | None = None) -> Floats:
        """The finest figures with their sums: over categories (first), over lines, and over places of larger ones;
        `places` are weights, where larger places have a mean."""
        for axis in range(3, fine.ndim):
            fine = np.concatenate([fine.sum(axis=axis, keepdims=True), fine], axis=axis)
            if places is not None:
                places = np.concatenate([places.sum(axis=axis, keepdims=True), places], axis=axis)
        lines = [fine[:, :, list(part)].sum(axis=2, keepdims=True) for part in self._scope.line_sums]
        fine = np.concatenate([fine, *lines], axis=2)
        there = self._scope.alive.reshape(*self._scope.alive.shape, *[1] * (fine.ndim - 2))
        if places is None:
            sums = [(fine * there)[:, part].sum(axis=1, keepdims=True) for part in self._scope.sums]
        else:
            first = places[:, :, :1] * there
            sums = [
                (fine * first)[:, part].sum(axis=1, keepdims=True) / first[:, part].sum(axis=1, keepdims=True)
                for part in self._scope.sums
            ]
        return np.concatenate([fine, *sums], axis=1)


@dataclass(frozen=True)
class Part:
    """What a numerator or denominator is: another measure's figure, or the people of a column of its own."""

    column: str = ""
    measure: Measure | None = None


NO_PARTS = (Part(), Part())
