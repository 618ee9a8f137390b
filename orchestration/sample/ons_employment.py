"""Employment and inactivity of places in two vintages: first a wide file, then a long one.

Belongs here: rates with their limits, and the two files of `ons.employment`. Does not belong here: other
statistics of the labour market.

Both write a year as an interval that starts at midnight (`2022-01-01T00:00:00/P1Y`). Rates were worked out
before numerators were rounded to the hundred, and limits carry the noise of floating point.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.chance import Flags, Floats, half_up, stream
from orchestration.sample.delimited import repeat, shortest, write_csv
from orchestration.sample.facts import ENGLAND, KINGDOMS, NATIONS, PARTS_OF_LONDON, REGIONS
from orchestration.sample.geography import Authority, Geography, part_of_london
from orchestration.sample.submissions import Sent

RETURN = "ons.employment"
WIDE = "employment/ons_employment_rate_v2023-08-16_wide.csv"
LONG = "employment/ons_employment_rate_v2025-08-13.csv"
_YEARS = tuple(range(2015, 2025))
_WIDE_YEARS = _YEARS[:-2]
_INDICATORS = (
    "employment_rate",
    "economic_activity_rate",
    "unemployment_activity_rate",
    "economically_inactive",
)
_PARTS = ("", "_measure", "_numerator", "_denominator", "_lower_confidence_interval_95",
          "_upper_confidence_interval_95", "_observation_status")  # fmt: skip
_LONG_NAMES = {"employment_rate": "Employment rate", "economically_inactive": "Economically inactive"}
_UNRELIABLE = "Estimate and confidence interval unreliable since the group sample size is small (3-9)"
_PEOPLE_ELSEWHERE = {"W92000004": 3_100_000, "S92000003": 5_400_000, "N92000002": 1_900_000}
_COUNTY_OR_UNITARY, _DISTRICT = "County or Unitary Authority", "Local Authority District"
_LEVELS = {"UA": _COUNTY_OR_UNITARY, "SC": _COUNTY_OR_UNITARY}


@dataclass(frozen=True)
class _Places:
    """Places in the order of the files: code, name and level, with the authorities that make each up."""

    listed: list[tuple[str, str, str]]
    people: Floats
    deprivation: Floats
    tiny: Flags
    in_wide: Flags
    in_long: Flags


def _places(land: Geography) -> _Places:
    whole = [(ENGLAND, list(land.upper))]
    whole += [(code, [a for a in land.upper if a.region == code]) for code in REGIONS]
    whole += [(code, [a for a in land.upper if part_of_london(a) == code]) for code in PARTS_OF_LONDON]
    whole += [(c.code, [a for a in land.upper if a.combined == c.short]) for c in land.combined]
    members = dict(whole)
    names = {**KINGDOMS, **NATIONS, **REGIONS, **PARTS_OF_LONDON, **{c.code: c.name for c in land.combined}}
    levels = dict.fromkeys(KINGDOMS, "Country") | dict.fromkeys(NATIONS, "Nation") | dict.fromkeys(REGIONS, "Region")
    levels |= dict.fromkeys(PARTS_OF_LONDON, _COUNTY_OR_UNITARY)
    levels |= dict.fromkeys([c.code for c in land.combined], "Combined Authority or City Region")
    authorities = sorted((*land.upper, *land.districts, *land.welsh, *land.scottish), key=lambda a: a.code)
    english = sum(a.people for a in land.upper)
    elsewhere = _PEOPLE_ELSEWHERE
    beyond = {
        "K02000001": english + sum(elsewhere.values()),
        "K03000001": english + elsewhere["W92000004"] + elsewhere["S92000003"],
        "K04000001": english + elsewhere["W92000004"],
        **elsewhere,
    }
    people = [beyond.get(code) or sum(a.people for a in members[code]) for code in names]
    latent = [_average(members.get(code, list(land.upper))) for code in names]
    codes = [*names, *(a.code for a in authorities)]
    return _Places(
        listed=[(code, names[code], levels[code]) for code in names]
        + [(a.code, a.name, _LEVELS.get(a.kind, _DISTRICT)) for a in authorities],
        people=np.array([*people, *(a.people for a in authorities)], dtype=np.float64),
        deprivation=np.array([*latent, *(a.deprivation for a in authorities)]),
        tiny=np.array([False] * len(names) + [a in land.tiny for a in authorities]),
        in_wide=np.array([not code.startswith("E10") for code in codes]),
        in_long=np.array([code not in PARTS_OF_LONDON for code in codes]),
    )


def _average(members: list[Authority]) -> float:
    return float(np.average([a.deprivation for a in members], weights=[a.people for a in members]))


@dataclass(frozen=True)
class _Rates:
    """One indicator, each array shaped (places, years): percentages, and people to the hundred."""

    rate: Floats
    lower: Floats
    upper: Floats
    numerator: Floats
    denominator: Floats


def _rates(places: _Places, seed: int) -> dict[str, _Rates]:
    chance = stream(seed, RETURN)
    shape = (len(places.listed), len(_YEARS))
    adults = places.people[:, None] * 0.62 * (1 + 0.004 * (np.array(_YEARS) - 2020))
    sample = np.clip(places.people / 250, 60, 60_000)[:, None]
    shared = 0.3 * np.sin(np.arange(len(_YEARS)))
    noise = 60 / np.sqrt(sample) * chance.standard_normal(shape)
    active = (79.5 - 2.3 * places.deprivation[:, None] + shared + noise) / 100
    jobless = np.clip(4.6 + 1.0 * places.deprivation[:, None] - shared + 0.3 * noise, 1, 20) / 100
    active = np.clip(active, 0.5, 0.97)
    in_work = active * (1 - jobless)
    base = {
        "employment_rate": (in_work, adults),
        "economic_activity_rate": (active, adults),
        "unemployment_activity_rate": (jobless, adults * active),
        "economically_inactive": (1 - active, adults),
    }
    made = {}
    for name, (share, people) in base.items():
        rate = half_up(share * 100, 1)
        half = half_up(196 * np.sqrt(share * (1 - share) / sample), 1)
        made[name] = _Rates(rate, rate - half, rate + half, half_up(share * people, -2), half_up(people, -2))
    return made


def _labels(years: tuple[int, ...]) -> list[str]:
    return [f"{year}-01-01T00:00:00/P1Y" for year in years]


def _blanked(figures: Floats, out: Flags) -> list[str]:
    return ["" if gone else text for text, gone in zip(shortest(figures.ravel()), out.ravel(), strict=True)]


def _write_wide(path: Path, places: _Places, rates: dict[str, _Rates], seed: int) -> None:
    """Four indicators side by side, one row a place and year; small samples are `x`."""
    chance = stream(seed, f"{RETURN} wide gaps")
    keep = np.flatnonzero(places.in_wide)
    years = len(_WIDE_YEARS)
    order = np.argsort(chance.random((len(keep), years)), axis=1)
    cut = (keep[:, None], order)
    listed = [places.listed[place] for place in keep.tolist()]
    none = places.tiny[keep][:, None] & (chance.random(order.shape) < 0.6)
    district = np.array([level == _DISTRICT for _, _, level in listed])[:, None]
    few = none | (district & (chance.random(order.shape) < 0.18))
    labels = np.array(_labels(_WIDE_YEARS))
    columns: dict[str, list[str]] = {
        "areacd": repeat([code for code, _, _ in listed], years),
        "areanm": repeat([name for _, name, _ in listed], years),
        "geography": repeat([level for _, _, level in listed], years),
        "period": labels[order].ravel().tolist(),
        "unit": ["%"] * order.size,
    }
    for name in _INDICATORS:
        here, gone = rates[name], few if name == "unemployment_activity_rate" else none
        cells = (
            _blanked(here.rate[cut], gone),
            ["Percentage"] * order.size,
            _blanked(here.numerator[cut], gone),
            _blanked(here.denominator[cut], none),
            _blanked(here.lower[cut], gone),
            _blanked(here.upper[cut], gone),
            ["x" if out else "" for out in gone.ravel()],
        )
        columns.update({name + part: texts for part, texts in zip(_PARTS, cells, strict=True)})
    write_csv(path, columns, newline="\r\n")


def _write_long(path: Path, places: _Places, rates: dict[str, _Rates], seed: int) -> None:
    """Two indicators one under the other, to two years later, some corrected; few people are `x` or `u`."""
    chance = stream(seed, f"{RETURN} long gaps")
    keep = np.flatnonzero(places.in_long)
    years = len(_YEARS)
    listed = [places.listed[place] for place in keep.tolist()]
    columns: dict[str, list[str]] = {}
    for name, label in _LONG_NAMES.items():
        here = rates[name]
        order = np.argsort(chance.random((len(keep), years)), axis=1)
        cut = (keep[:, None], order)
        revised = np.where(chance.random(order.shape) < 0.05, 0.1, 0.0)
        none = places.tiny[keep][:, None] & (chance.random(order.shape) < 0.6)
        unreliable = ~none & (chance.random(order.shape) < 0.004)
        status = np.where(none, chance.choice(["x", "u"], order.shape, p=[0.8, 0.2]), "").ravel()
        cells = {
            "indicator": [label] * order.size,
            "areacd": repeat([code for code, _, _ in listed], years),
            "areanm": repeat([area for _, area, _ in listed], years),
            "geography": repeat([level for _, _, level in listed], years),
            "observation": _blanked(half_up(here.rate[cut] + revised, 1), none),
            "numerator": _blanked(here.numerator[cut], none),
            "denominator": _blanked(here.denominator[cut], none),
            "unit": ["%"] * order.size,
            "measure": ["Percentage"] * order.size,
            "period": np.array(_labels(_YEARS))[order].ravel().tolist(),
            "lower_confidence_interval_95": _blanked(here.lower[cut] + revised, none | unreliable),
            "upper_confidence_interval_95": _blanked(here.upper[cut] + revised, none | unreliable),
            "observation_status": status.tolist(),
            "notes": [_UNRELIABLE if few else "" for few in unreliable.ravel()],
        }
        for column, texts in cells.items():
            columns.setdefault(column, []).extend(texts)
    write_csv(path, columns, newline="\r\n")


def write_employment(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write both vintages below `folder`."""
    places = _places(land)
    rates = _rates(places, seed)
    _write_wide(folder / WIDE, places, rates, seed)
    _write_long(folder / LONG, places, rates, seed)
    return [Sent(WIDE, RETURN, "2023-08-16T09:30:00Z"), Sent(LONG, RETURN, "2025-08-13T09:30:00Z")]
