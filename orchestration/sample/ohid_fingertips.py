"""Hospital admissions of children, as an export of the public health profiles: by sex, area and deprivation.

Belongs here: counts, limits and the file of `ohid.fingertips_export`. Does not belong here: indices of
deprivation (`references`), by which its deciles are cut.

The whole England block stands twice, deciles are pseudo-areas of England, counts are rounded to five from
2012/13 although limits were worked out before rounding, and two tiny authorities are counted with a
neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.sample.chance import Floats, Ints, half_up, stream, to_nearest
from orchestration.sample.delimited import trimmed, write_csv
from orchestration.sample.facts import ENGLAND
from orchestration.sample.geography import Geography, children_in, imd_score
from orchestration.sample.submissions import Sent

RETURN = "ohid.fingertips_export"
FILE = "health/fingertips_child_injury_admissions_la.csv"
HEADER = (
    "Indicator ID", "Indicator Name", "Parent Code", "Parent Name", "Area Code", "Area Name", "Area Type",
    "Sex", "Age", "Category Type", "Category", "Time period", "Value", "Lower CI 95.0 limit",
    "Upper CI 95.0 limit", "Lower CI 99.8 limit", "Upper CI 99.8 limit", "Count", "Denominator", "Value note",
    "Recent Trend", "Compared to England value or percentiles", "Compared to percentiles",
    "Time period Sortable", "New data", "Compared to goal", "Time period range",
)  # fmt: skip
DECILES = (
    "Most deprived decile (IMD2019)", "Second most deprived decile (IMD2019)",
    "Third more deprived decile (IMD2019)", "Fourth more deprived decile (IMD2019)",
    "Fifth more deprived decile (IMD2019)", "Fifth less deprived decile (IMD2019)",
    "Fourth less deprived decile (IMD2019)", "Third less deprived decile (IMD2019)",
    "Second least deprived decile (IMD2019)", "Least deprived decile (IMD2019)",
)  # fmt: skip
COUNTY_EDITION = "County & UA deprivation deciles in England (IMD2019, 4/23 geography)"
DISTRICT_EDITION = "District & UA deprivation deciles in England (IMD2019, 4/23 geography)"
OLD_EDITION = "County & UA deprivation deciles in England (IMD2019, 4/21 geography)"
_INDICATOR = (
    "90284",
    "Hospital admissions caused by unintentional and deliberate injuries in children (aged 0 to 14 years)",
)
_YEARS = range(2011, 2024)
_ROUNDED_FROM, _DECILES_FROM = 2012, 2016
_SEXES = ("Male", "Female", "Persons")
_Z_95, _Z_998 = 1.959963984540054, 3.0902323061678132
_CAUTION = (
    "Should be treated with caution, as it contains areas for which values have not been presented due to "
    "Northmoor Hospitals Trust coding over 30% of records without valid geography of residence in 2016/17"
)
_SUPPRESSED = "Value suppressed for disclosure control due to small count"
_SUPPRESSED_CELL = ("Female", 2021)
_TRENDS = ("No significant change", "Increasing and getting worse", "Decreasing and getting better")
_Figures = tuple[Floats, Floats]


@dataclass(frozen=True)
class _Admissions:
    """Admissions and children by sex, shaped (years, places), of upper-tier and of lower-tier authorities."""

    upper: dict[str, tuple[Ints, Ints]]
    lower: dict[str, tuple[Ints, Ints]]


def byar(count: Floats, z: float) -> _Figures:
    """Byar's limits of a count."""
    more = count + 1
    safe = np.maximum(count, 1e-9)
    lower = np.where(count > 0, count * (1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe))) ** 3, 0)
    return lower, more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3


def deciles(scores: Floats) -> Ints:
    """Tenth of each place by its score, 0 the most deprived."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return ranks * 10 // len(scores)


def upper_scores(land: Geography) -> Floats:
    """IMD 2019 score of each upper-tier authority; a county has the average of its districts, by people."""
    scores = []
    for authority in land.upper:
        parts = [district for district in land.districts if district.parent == authority.code] or [authority]
        weights = [part.people for part in parts]
        scores.append(float(np.average([imd_score(part, 2019) for part in parts], weights=weights)))
    return np.array(scores)


def _admissions(land: Geography, seed: int) -> _Admissions:
    chance = stream(seed, RETURN)
    index = land.position
    home = np.array([index[place.parent] if place.parent else index[place.code] for place in land.lower])
    children = np.array([children_in(land.lower, year) for year in _YEARS]) * 0.82
    latent = np.array([place.deprivation for place in land.lower])
    steady = 0.12 * latent + 0.15 * chance.standard_normal(len(home))
    fall = np.linspace(np.log(112), np.log(72), len(_YEARS))[:, None]
    lower: dict[str, tuple[Ints, Ints]] = {}
    for sex, share, factor in (("Male", 0.512, 1.13), ("Female", 0.488, 0.87)):
        people = np.round(children * share).astype(np.int64)
        counts = chance.poisson(people * np.exp(steady + fall) * factor / 10_000)
        lower[sex] = (counts.astype(np.int64), people)
    lower["Persons"] = (lower["Male"][0] + lower["Female"][0], lower["Male"][1] + lower["Female"][1])
    upper = {sex: (_gather(counts, home), _gather(people, home)) for sex, (counts, people) in lower.items()}
    return _Admissions(upper, lower)


def _gather(figures: Ints, groups: Ints) -> Ints:
    """Figures (years, places) added up over places of one group."""
    inside = groups[:, None] == np.arange(int(groups.max()) + 1)
    gathered: Ints = figures @ inside.astype(np.int64)
    return gathered


class _Rows:
    """Rows of the file, gathered a block of places at a time."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._england: dict[str, float] = {}

    def add_england(
        self,
        year: int,
        sex: str,
        place: tuple[str, ...],
        count: Ints,
        people: Ints,
        trend: list[str],
        *,
        compared: bool,
    ) -> None:
        """Add the row of England, whose count is not rounded and with which the next rows are compared."""
        self._england[sex] = float(count[0] / people[0] * 10_000)
        self.add(year, sex, [place], count, people, [""], trend, rounded=False, compared=compared)

    def add(
        self,
        year: int,
        sex: str,
        places: Sequence[tuple[str, ...]],
        counts: Ints,
        people: Ints,
        notes: list[str],
        trends: list[str],
        *,
        blank: frozenset[int] = frozenset(),
        rounded: bool = True,
        compared: bool = True,
    ) -> None:
        """Add one row a place. `places` are parent and area (five cells), then category type and category."""
        digits = 5 if year >= _ROUNDED_FROM else 7
        shown = to_nearest(counts, 5) if rounded and year >= _ROUNDED_FROM else counts
        rate = half_up(shown / people * 10_000, digits)
        limits = [
            half_up(limit / people * 10_000, digits)
            for z in (_Z_95, _Z_998)
            for limit in byar(counts.astype(np.float64), z)
        ]
        england = self._england[sex]
        texts = [trimmed(figures) for figures in (rate, *limits, shown.astype(np.float64), people.astype(np.float64))]
        if year < _ROUNDED_FROM:
            texts[3] = texts[4] = [""] * len(places)
        for nth, place in enumerate(places):
            figures = [""] * 7 if nth in blank else [text[nth] for text in texts]
            verdict = _verdict(limits[0][nth], limits[1][nth], england)
            if nth in blank or not compared:
                verdict = "Not compared"
            label = f"{year}/{(year + 1) % 100:02d}"
            self._rows.append((
                *_INDICATOR, *place[:5], sex, "<15 yrs", *place[5:], label, *figures, notes[nth], trends[nth],
                verdict, "Not compared", f"{year}0000", "", "", "1y",
            ))  # fmt: skip

    def columns(self) -> dict[str, list[str]]:
        """The rows as columns."""
        return dict(zip(HEADER, map(list, zip(*self._rows, strict=True)), strict=True))


def _verdict(lower: float, upper: float, england: float) -> str:
    if lower > england:
        return "Worse"
    return "Better" if upper < england else "Similar"


def write_fingertips(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write the export below `folder`."""
    admissions = _admissions(land, seed)
    by_county = deciles(upper_scores(land))
    by_district = deciles(np.array([imd_score(place, 2019) for place in land.lower]))
    chance = stream(seed, f"{RETURN} trends")
    rows = _Rows()
    for at, year in enumerate(_YEARS):
        sexes = _SEXES if year >= _ROUNDED_FROM else ("Persons",)
        for parent in (("", ""), (ENGLAND, "England")):
            for sex in sexes:
                _england_block(rows, admissions, at, year, sex, parent, by_county, by_district)
        for sex in sexes:
            _area_block(rows, land, admissions, at, year, sex, chance)
    write_csv(folder / FILE, rows.columns())
    return [Sent(FILE, RETURN, "2025-02-04T09:30:00Z")]


def _trend(year: int, count: int, label: str) -> list[str]:
    return [label if year == _YEARS[-1] else ""] * count


def _england_block(
    rows: _Rows,
    admissions: _Admissions,
    at: int,
    year: int,
    sex: str,
    parent: tuple[str, str],
    by_county: Ints,
    by_district: Ints,
) -> None:
    """England, and its deprivation deciles in three editions, of which the oldest has no values."""
    england = (*parent, ENGLAND, "England", "England")
    counts, people = admissions.upper[sex]
    total = (counts[at : at + 1].sum(axis=1), people[at : at + 1].sum(axis=1))
    # In some years the first copy says of England that it was not compared, the second that it is similar.
    unlike = not parent[0] and at % 2 == 1
    rows.add_england(year, sex, (*england, "", ""), *total, _trend(year, 1, _TRENDS[1]), compared=not unlike)
    if sex == "Persons":
        places = [(*england, OLD_EDITION, DECILES[decile]) for decile in (0, 2, 4, 6)]
        empty = np.ones(4, dtype=np.int64)
        rows.add(
            year, sex, places, empty, empty, [_CAUTION] * 4, _trend(year, 4, "Cannot be calculated"),
            blank=frozenset(range(4)),
        )  # fmt: skip
    if year < _DECILES_FROM:
        return
    for edition, groups, (counts, people) in (
        (COUNTY_EDITION, by_county, admissions.upper[sex]),
        (DISTRICT_EDITION, by_district, admissions.lower[sex]),
    ):
        places = [(*england, edition, decile) for decile in DECILES]
        notes = [_CAUTION if nth in (0, 6) else "" for nth in range(10)]
        sums = [_gather(figures[at : at + 1], groups)[0] for figures in (counts, people)]
        rows.add(year, sex, places, sums[0], sums[1], notes, _trend(year, 10, _TRENDS[1]))


def _area_block(
    rows: _Rows,
    land: Geography,
    admissions: _Admissions,
    at: int,
    year: int,
    sex: str,
    chance: np.random.Generator,
) -> None:
    """Every upper-tier authority; a tiny one is blank and counted with its neighbour."""
    counts, people = (figures[at].copy() for figures in admissions.upper[sex])
    notes, blank = [""] * len(land.upper), set()
    for tiny in land.tiny:
        alone = land.position[tiny.code]
        other = alone + 1
        counts[other] += counts[alone]
        people[other] += people[alone]
        notes[alone] = notes[other] = f"Value for {land.upper[other].name} and {tiny.name} combined"
        blank.add(alone)
    if (sex, year) == _SUPPRESSED_CELL:
        smallest = int(np.argmin([9_999_999 if note else size for note, size in zip(notes, people, strict=True)]))
        notes[smallest] = _SUPPRESSED
        blank.add(smallest)
    names = [f"{a.name} UA" if a.name == land.renamed_county.name else a.name for a in land.upper]
    kind = "Counties & UAs (from Apr 2023)"
    places = [(ENGLAND, "England", a.code, name, kind, "", "") for a, name in zip(land.upper, names, strict=True)]
    drawn = chance.choice(_TRENDS, len(places), p=[0.65, 0.33, 0.02]).tolist()
    trends = ["Cannot be calculated" if nth in blank else label for nth, label in enumerate(drawn)]
    if year != _YEARS[-1]:
        trends = [""] * len(places)
    rows.add(year, sex, places, counts, people, notes, trends, blank=frozenset(blank))
