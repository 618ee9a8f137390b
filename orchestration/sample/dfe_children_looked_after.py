"""Children looked after, in two vintages that do not agree.

Belongs here: the counts, and the two files of `dfe.children_looked_after`. Does not belong here: what
looking after a child costs (`dfe_lait`).

The later file renames two columns, changes a category's wording, revises counts and populations, starts a
year later, and knows the authorities merged in 2023 only under their new codes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.chance import Ints, half_up, stream, to_nearest
from orchestration.sample.delimited import write_csv
from orchestration.sample.facts import ENGLAND, PARTS_OF_LONDON, REGIONS
from orchestration.sample.geography import LAST_OLD_YEAR, Authority, Geography, children_in, part_of_london
from orchestration.sample.submissions import Sent

RETURN = "dfe.children_looked_after"
EARLIER = "education/cla_number_and_rate_v2024-11-14.csv"
LATER = "education/cla_number_and_rate_v2025-11-27.csv"
LATER_AGAIN = "education/cla_number_and_rate_v2025-11-27_resent.csv"
YEARS = tuple(range(2020, 2026))
_EARLIER_YEARS = YEARS[:5]
_LATER_YEARS = YEARS[1:]
_STARTING, _ON_DAY, _CEASING = "starting", "on", "ceasing"
_TYPES = {
    _CEASING: "Children ceasing to be looked after each year",
    _ON_DAY: "Children looked after {} 31 March each year",
    _STARTING: "Children starting to be looked after each year",
}
_SUPPRESSED_BELOW = 5
_AGGREGATE_ROUNDING = 10


@dataclass(frozen=True)
class Counts:
    """Counts by vintage, shaped (2, years, areas); `areas` are the 150 of today, then the three of the past.

    `population` has the same shape. The first vintage knows 2020 to 2024, the second 2021 to 2025.
    """

    areas: tuple[Authority, ...]
    population: Ints
    children: dict[str, Ints]

    def known(self, vintage: int, year: int, area: Authority) -> bool:
        """Whether that vintage files this year under this area's code."""
        if area.ends:
            return vintage == 0 and year <= LAST_OLD_YEAR
        return vintage == 1 or not area.starts or year > LAST_OLD_YEAR

    def on_31_march(self, year: int) -> dict[str, int | None]:
        """Children looked after by code, region and nation as published, first known; None where withheld."""
        vintage = 1 if year == YEARS[-1] else 0
        column = YEARS.index(year)
        figures = self.children[_ON_DAY][vintage, column]
        published: dict[str, int | None] = {}
        for place, area in enumerate(self.areas):
            count = int(figures[place])
            withheld = 0 < count < _SUPPRESSED_BELOW or not self.known(vintage, year, area)
            published[area.code] = None if withheld else count
        members = self.aggregates(vintage, year)
        published.update({code: _rounded(figures[inside]) for code, inside in members.items()})
        return published

    def aggregates(self, vintage: int, year: int) -> dict[str, Ints]:
        """Positions of the areas that make up England, each region and both parts of London in that year."""
        inside: dict[str, list[int]] = {code: [] for code in (ENGLAND, *REGIONS, *PARTS_OF_LONDON)}
        for place, area in enumerate(self.areas):
            if self.known(vintage, year, area):
                inside[ENGLAND].append(place)
                inside[area.region].append(place)
                if part := part_of_london(area):
                    inside[part].append(place)
        return {code: np.array(places) for code, places in inside.items()}


def _rounded(figures: Ints) -> int:
    return int(to_nearest(np.array([figures.sum()]), _AGGREGATE_ROUNDING)[0])


def make_counts(land: Geography, seed: int) -> Counts:
    """Counts of both vintages under `seed`."""
    chance = stream(seed, RETURN)
    areas = (*land.upper, *land.ended)
    first = np.array([children_in(areas, year) for year in YEARS])
    shape = first.shape
    latent = np.array([area.deprivation for area in areas])
    rate = 68 * np.exp(0.33 * latent + 0.18 * chance.standard_normal(shape[1]))
    drift = 1 + 0.012 * np.arange(shape[0])[:, None] + 0.02 * chance.standard_normal(shape)
    on_day = np.round(first * rate / 10_000 * drift)
    flows = {
        _STARTING: np.round(on_day * (0.40 + 0.03 * chance.standard_normal(shape))),
        _CEASING: np.round(on_day * (0.39 + 0.03 * chance.standard_normal(shape))),
    }
    children = {}
    for name, base in {_ON_DAY: on_day, **flows}.items():
        base = _make_the_pair_add_up(base.astype(np.int64), land)
        moved = chance.random(shape) < 0.25
        revised = np.maximum(base + moved * chance.integers(-4, 5, shape), 0)
        children[name] = np.array([base, _make_the_pair_add_up(revised, land)])
    recounted = (np.array(YEARS)[:, None] >= 2022) & (chance.random(shape) < 0.6)
    second = first + np.round(first * recounted * 0.004 * chance.standard_normal(shape)).astype(np.int64)
    population = np.array([_make_the_pair_add_up(first, land), _make_the_pair_add_up(second, land)])
    return Counts(areas, population, children)


def _make_the_pair_add_up(figures: Ints, land: Geography) -> Ints:
    """The renamed county has its successor's figures; the merged authority those of the pair together."""
    figures = figures.copy()
    county, larger, smaller = (len(land.upper) + nth for nth in range(3))
    renamed = next(i for i, a in enumerate(land.upper) if a.short == land.renamed_county.successors[0])
    joined = next(i for i, a in enumerate(land.upper) if a.short == land.merged_pair[0].successors[0])
    figures[:, county] = figures[:, renamed]
    figures[:, joined] = figures[:, larger] + figures[:, smaller]
    return figures


def write_children_looked_after(folder: Path, land: Geography, counts: Counts) -> list[Sent]:
    """Write both vintages below `folder`, and the later one once more as it was sent again a week after."""
    _write(folder / EARLIER, land, counts, 0, _EARLIER_YEARS, "at", ("population_count", "number"))
    _write(folder / LATER, land, counts, 1, _LATER_YEARS, "on", ("population_type", "children_count"))
    (folder / LATER_AGAIN).write_bytes((folder / LATER).read_bytes())
    return [
        Sent(EARLIER, RETURN, "2024-11-14T09:30:00Z"),
        Sent(LATER, RETURN, "2025-11-27T09:30:00Z"),
        Sent(LATER_AGAIN, RETURN, "2025-12-04T09:30:00Z"),
    ]


def _rate(count: int, population: int) -> str:
    return str(int(half_up(np.array([count / population * 10_000]))[0]))


def _figures(count: int, population: int) -> tuple[str, str, str]:
    """Population, count and rate as text; a small count and its rate are confidential (`c`)."""
    if 0 < count < _SUPPRESSED_BELOW:
        return str(population), "c", "c"
    return str(population), str(count), _rate(count, population)


def _area_figures(
    counts: Counts, land: Geography, vintage: int, year: int, place: int, kind: str
) -> tuple[str, str, str]:
    """The three figures of one authority, with `z` where its code does not apply in that year."""
    area = counts.areas[place]
    column = YEARS.index(year)
    population = int(counts.population[vintage, column, place])
    count = int(counts.children[kind][vintage, column, place])
    if not counts.known(vintage, year, area):
        return ("z", "z", "z") if vintage == 0 else ("x", "z", "z")
    if vintage == 1 and area == land.tiny[1]:
        return str(population), "z", "z"
    if area in land.merged_pair and year == YEARS[0]:
        return "x", str(count), "x"
    return _figures(count, population)


def _write(
    path: Path,
    land: Geography,
    counts: Counts,
    vintage: int,
    years: Sequence[int],
    wording: str,
    renamed: tuple[str, str],
) -> None:
    """One vintage: nation, regions and authorities, newest year first."""
    type_column, count_column = renamed
    header = (
        "time_period", "time_identifier", "geographic_level", "country_code", "country_name", "region_code",
        "region_name", "old_la_code", "la_name", "new_la_code", type_column, "population_estimate",
        count_column, "rate_per_10000",
    )  # fmt: skip
    listed = [place for place, area in enumerate(counts.areas) if vintage == 0 or not area.ends]
    rows: list[tuple[str, ...]] = []
    for year in sorted(years, reverse=True):
        column = YEARS.index(year)
        labels = {kind: label.format(wording) for kind, label in _TYPES.items()}
        for code, inside in counts.aggregates(vintage, year).items():
            region = ("", "") if code == ENGLAND else (code, {**REGIONS, **PARTS_OF_LONDON}[code])
            level = "National" if code == ENGLAND else "Regional"
            people = int(counts.population[vintage, column, inside].sum())
            for kind, label in labels.items():
                total = _rounded(counts.children[kind][vintage, column, inside])
                rows.append((
                    str(year), "Reporting year", level, ENGLAND, "England", *region, "", "", "", label,
                    str(people), str(total), _rate(total, people),
                ))  # fmt: skip
        for place in listed:
            area = counts.areas[place]
            code = part_of_london(area) or area.region
            for kind, label in labels.items():
                rows.append((
                    str(year), "Reporting year", "Local authority", ENGLAND, "England", code,
                    {**REGIONS, **PARTS_OF_LONDON}[code], str(area.number), area.name, area.code, label,
                    *_area_figures(counts, land, vintage, year, place, kind),
                ))  # fmt: skip
    columns = dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
    write_csv(path, columns, bom=True)
