"""The made-up England in which every sample return is set.

Belongs here: places, their codes, populations, deprivation and history, shared by all returns and
references. Does not belong here: any figure of a return.

Codes keep the prefixes of the Office for National Statistics in ranges it does not use (`E06000901` …).
150 authorities of today run children's services. Two mergers stand in their history, both on 1 April 2023: a
county that became a unitary authority of the same name, and two unitary authorities that became one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from orchestration.sample.chance import Floats, Ints, stream
from orchestration.sample.facts import FORCES, LONDON
from orchestration.sample.names import county_names, place_names

MERGED_ON = "2023-04-01"
LAST_OLD_YEAR = 2023
BASE_YEAR = 2024

# Unitary authorities, metropolitan districts, London boroughs and shire counties of each region.
_PLAN = {
    "E12000001": (6, 5, 0, 0),
    "E12000002": (7, 15, 0, 1),
    "E12000003": (6, 9, 0, 1),
    "E12000004": (6, 0, 0, 3),
    "E12000005": (5, 7, 0, 3),
    "E12000006": (6, 0, 0, 5),
    "E12000007": (0, 0, 33, 0),
    "E12000008": (12, 0, 0, 5),
    "E12000009": (12, 0, 0, 3),
}
_KINDS = ("UA", "MD", "LB", "SC")
_PREFIX = {"UA": "E06", "MD": "E08", "LB": "E09", "SC": "E10", "SD": "E07"}
_E_PREFIX = {"UA": "E81", "MD": "E82", "LB": "E83", "SC": "E84", "SD": "E85"}
_PEOPLE = {"UA": 210_000, "MD": 320_000, "LB": 270_000, "SC": 800_000}
_REGION_DEPRIVATION = {
    "E12000001": 0.5, "E12000002": 0.4, "E12000003": 0.3, "E12000004": 0.1, "E12000005": 0.4,
    "E12000006": -0.3, "E12000007": 0.2, "E12000008": -0.6, "E12000009": -0.3,
}  # fmt: skip
_KIND_DEPRIVATION = {"UA": 0.0, "MD": 0.4, "LB": 0.1, "SC": -0.3}
_INNER_BOROUGHS = 14
_DISTRICTS_OF_A_COUNTY = 2


@dataclass(frozen=True)
class Authority:
    """One council. `kind` is UA, MD, LB, SC (county), SD (district), or WPA, SCO and NID beyond England.

    `people` and `children` (under 18) are of mid-2024; `growth` is a share a year; `deprivation` is a latent
    score around 0, higher where life is harder. `number` is the three-digit DfE number, 0 for districts.
    """

    code: str
    name: str
    kind: str
    region: str
    short: str
    ecode: str = ""
    number: int = 0
    people: int = 0
    children: int = 0
    growth: float = 0.0
    deprivation: float = 0.0
    force: str = ""
    parent: str = ""
    combined: str = ""
    starts: str = ""
    ends: str = ""
    successors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Combined:
    """A combined authority."""

    code: str
    name: str
    region: str
    short: str
    ecode: str


@dataclass(frozen=True)
class Geography:
    """All places: `upper` are the 150 of today in order of code, `ended` the three that they replaced."""

    upper: tuple[Authority, ...]
    ended: tuple[Authority, ...]
    districts: tuple[Authority, ...]
    ended_districts: tuple[Authority, ...]
    welsh: tuple[Authority, ...]
    scottish: tuple[Authority, ...]
    irish: tuple[Authority, ...]
    combined: tuple[Combined, ...]

    @cached_property
    def lower(self) -> tuple[Authority, ...]:
        """Lower-tier and unitary authorities of England today, in order of code."""
        single = [authority for authority in self.upper if authority.kind != "SC"]
        return tuple(sorted((*single, *self.districts), key=lambda authority: authority.code))

    @cached_property
    def renamed_county(self) -> Authority:
        """The county that became a unitary authority of the same name."""
        return self.ended[0]

    @cached_property
    def merged_pair(self) -> tuple[Authority, Authority]:
        """The two unitary authorities that became one."""
        return self.ended[1], self.ended[2]

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of each upper-tier code in `upper`."""
        return {authority.code: index for index, authority in enumerate(self.upper)}

    @cached_property
    def region_of(self) -> list[str]:
        """Region code of each of `upper`."""
        return [authority.region for authority in self.upper]

    @cached_property
    def deprivation(self) -> Floats:
        """Latent deprivation of each of `upper`."""
        return np.array([authority.deprivation for authority in self.upper])

    @cached_property
    def tiny(self) -> tuple[Authority, Authority]:
        """The smallest borough and the smallest unitary authority: their counts are suppressed."""
        boroughs = [authority for authority in self.upper if authority.kind == "LB"]
        unitaries = [authority for authority in self.upper if authority.kind == "UA"]
        return min(boroughs, key=lambda a: a.people), min(unitaries, key=lambda a: a.people)


def part_of_london(authority: Authority) -> str:
    """Code of Inner or Outer London for a borough, '' elsewhere."""
    if authority.region != LONDON:
        return ""
    return "E13000001" if int(authority.code[-3:]) - 900 <= _INNER_BOROUGHS else "E13000002"


def people_in(authorities: Sequence[Authority], year: int) -> Ints:
    """Residents of each authority at the middle of `year`."""
    return _grown([authority.people for authority in authorities], authorities, year)


def children_in(authorities: Sequence[Authority], year: int) -> Ints:
    """Children under 18 of each authority at the middle of `year`."""
    return _grown([authority.children for authority in authorities], authorities, year)


def _grown(base: list[int], authorities: Sequence[Authority], year: int) -> Ints:
    """What `base`, of mid-2024, was at the middle of `year`."""
    growth = np.array([authority.growth for authority in authorities])
    return np.rint(np.array(base, dtype=np.float64) * (1 + growth) ** float(year - BASE_YEAR)).astype(np.int64)


def imd_score(authority: Authority, edition: int) -> float:
    """Average score of the Index of Multiple Deprivation of a lower-tier authority, 2019 or 2025 edition.

    The later edition moves each place a little, by an amount that only its code decides.
    """
    drift = 0.0 if edition == 2019 else (int(authority.code[-2:]) % 7 - 3) * 0.04
    return 21.7 * float(np.exp(0.33 * (authority.deprivation + drift)))


def make_geography(seed: int) -> Geography:
    """The places of the sample under `seed`."""
    chance = stream(seed, "geography")
    names = iter(place_names(chance))
    counties = iter(county_names(chance))
    shorts = (f"Q{a}{b}" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    made = _upper_tier(chance, names, counties, shorts)
    made, districts = _with_districts(chance, made, names, shorts)
    made = _with_forces(made)
    made, ended, ended_districts = _with_mergers(made, names, shorts)
    combined = _combined_authorities(names)
    made = [_member_of(authority, combined) for authority in made]
    force_of = {authority.code: authority.force for authority in made}
    districts = [replace(district, force=force_of[district.parent]) for district in districts]
    return Geography(
        upper=tuple(sorted(made, key=lambda authority: authority.code)),
        ended=tuple(ended),
        districts=tuple(districts),
        ended_districts=tuple(ended_districts),
        welsh=tuple(_beyond(chance, names, shorts, "WPA", "W06", "W92000004", 4)),
        scottish=tuple(_beyond(chance, names, shorts, "SCO", "S12", "S92000003", 2)),
        irish=tuple(_beyond(chance, names, shorts, "NID", "N09", "N92000002", 1)),
        combined=combined,
    )


def _upper_tier(
    chance: np.random.Generator, names: Iterator[str], counties: Iterator[str], shorts: Iterator[str]
) -> list[Authority]:
    """The 150 of today, before history, forces and districts."""
    made: list[Authority] = []
    count = dict.fromkeys(_KINDS, 0)
    for region, plan in _PLAN.items():
        for kind, wanted in zip(_KINDS, plan, strict=True):
            for _ in range(wanted):
                count[kind] += 1
                nth = count[kind]
                people = int(_PEOPLE[kind] * np.exp(0.3 * chance.standard_normal()))
                latent = _REGION_DEPRIVATION[region] + _KIND_DEPRIVATION[kind] + 0.7 * chance.standard_normal()
                made.append(
                    Authority(
                        code=f"{_PREFIX[kind]}{900 + nth:06d}",
                        name=next(counties) if kind == "SC" else next(names),
                        kind=kind,
                        region=region,
                        short=next(shorts),
                        ecode=f"{_E_PREFIX[kind]}{nth:02d}",
                        number=430 + len(made),
                        people=people,
                        children=int(people * (0.205 + 0.008 * latent)),
                        growth=float(0.002 + 0.004 * chance.standard_normal()),
                        deprivation=round(float(latent), 4),
                    )
                )
    return _with_odd_ones(made)


def _with_odd_ones(made: list[Authority]) -> list[Authority]:
    """Two tiny authorities, and names that need care: commas, hyphens, full stops."""
    first = {kind: next(i for i, a in enumerate(made) if a.kind == kind) for kind in _KINDS}
    last_unitary = max(i for i, a in enumerate(made) if a.kind == "UA")
    tiny_unitary = last_unitary - 1
    made[first["LB"]] = replace(made[first["LB"]], people=9_100, children=1_210)
    made[tiny_unitary] = replace(made[tiny_unitary], people=2_300, children=340)
    for position, pattern in (
        (first["UA"], "{}, City of"),
        (first["UA"] + 1, "{}-on-Sea"),
        (first["MD"], "St. {}"),
    ):
        made[position] = replace(made[position], name=pattern.format(made[position].name))
    paired = made[first["UA"] + 2]
    made[first["UA"] + 2] = replace(paired, name=f"{paired.name} and {made[first['UA'] + 3].name[:4]}field")
    return made


def _with_districts(
    chance: np.random.Generator, made: list[Authority], names: Iterator[str], shorts: Iterator[str]
) -> tuple[list[Authority], list[Authority]]:
    """Each county gets districts, and then the deprivation that its districts have on average."""
    districts: list[Authority] = []
    for index, county in enumerate(made):
        if county.kind != "SC":
            continue
        share = float(chance.uniform(0.35, 0.65))
        parts: list[Authority] = []
        for part in (share, 1 - share):
            nth = len(districts) + len(parts) + 1
            parts.append(
                Authority(
                    code=f"E07{900 + nth:06d}",
                    name=next(names),
                    kind="SD",
                    region=county.region,
                    short=next(shorts),
                    ecode=f"E85{nth:02d}",
                    people=int(county.people * part),
                    children=int(county.children * part),
                    growth=county.growth,
                    deprivation=round(county.deprivation + 0.5 * float(chance.standard_normal()), 4),
                    parent=county.code,
                )
            )
        weights = [part.people for part in parts]
        average = float(np.average([part.deprivation for part in parts], weights=weights))
        made[index] = replace(
            county,
            deprivation=round(average, 4),
            people=sum(weights),
            children=sum(part.children for part in parts),
        )
        districts += parts
    return made, districts


def _with_forces(made: list[Authority]) -> list[Authority]:
    """Each authority lies in a force of its region; the tiny borough has one of its own."""
    placed: list[Authority] = []
    for region in _PLAN:
        here = [authority for authority in made if authority.region == region]
        forces = [force.code for force in FORCES if force.region == region]
        if region == LONDON:
            forces = ["E23000034", *["E23000001"] * (len(here) - 1)]
        for nth, authority in enumerate(here):
            placed.append(replace(authority, force=forces[nth * len(forces) // len(here)]))
    return placed


def _with_mergers(
    made: list[Authority], names: Iterator[str], shorts: Iterator[str]
) -> tuple[list[Authority], list[Authority], list[Authority]]:
    """Two authorities of today get a past: a county of the same name, and a pair of unitary authorities."""
    unitaries = [authority for authority in made if authority.kind == "UA"]
    renamed = [authority for authority in unitaries if authority.region == "E12000003"][-1]
    joined = unitaries[-1]
    counties = sum(authority.kind == "SC" for authority in made)
    districts = counties * _DISTRICTS_OF_A_COUNTY
    county = replace(
        renamed,
        code=f"E10{900 + counties + 1:06d}",
        kind="SC",
        short=next(shorts),
        ecode=f"E84{counties + 1:02d}",
        ends=MERGED_ON,
        successors=(renamed.short,),
    )
    pair = []
    larger = (int(joined.people * 0.55), int(joined.children * 0.55))
    smaller = (joined.people - larger[0], joined.children - larger[1])
    for nth, (people, children) in enumerate((larger, smaller), start=1):
        pair.append(
            replace(
                joined,
                code=f"E06{900 + len(unitaries) + nth:06d}",
                name=next(names),
                short=next(shorts),
                ecode=f"E81{len(unitaries) + nth:02d}",
                number=430 + len(made) + nth,
                people=people,
                children=children,
                ends=MERGED_ON,
                successors=(joined.short,),
            )
        )
    old_districts = [
        replace(
            county,
            code=f"E07{900 + districts + nth:06d}",
            name=next(names),
            kind="SD",
            short=next(shorts),
            ecode=f"E85{districts + nth:02d}",
            number=0,
            people=county.people // 2,
            children=county.children // 2,
            parent=county.code,
        )
        for nth in (1, 2)
    ]
    today = [
        replace(authority, starts=MERGED_ON) if authority in (renamed, joined) else authority for authority in made
    ]
    return today, [county, *pair], old_districts


def _combined_authorities(names: Iterator[str]) -> tuple[Combined, ...]:
    """Three combined authorities, each of the metropolitan districts of a region."""
    regions = ("E12000001", "E12000002", "E12000005")
    return tuple(
        Combined(f"E47{900 + nth:06d}", f"{next(names)} and {next(names)}", region, f"QZ{nth}", f"E89{nth:02d}")
        for nth, region in enumerate(regions, start=1)
    )


def _member_of(authority: Authority, combined: Sequence[Combined]) -> Authority:
    """The authority with its combined authority, if the metropolitan districts of its region have one."""
    home = next((c.short for c in combined if c.region == authority.region), "")
    return replace(authority, combined=home) if authority.kind == "MD" and home else authority


def _beyond(
    chance: np.random.Generator,
    names: Iterator[str],
    shorts: Iterator[str],
    kind: str,
    prefix: str,
    nation: str,
    count: int,
) -> list[Authority]:
    """Authorities of another nation; each Welsh one lies in a force of its own."""
    forces = [force.code for force in FORCES if force.region == nation]
    made = []
    for nth in range(1, count + 1):
        people = int(140_000 * np.exp(0.3 * chance.standard_normal()))
        made.append(
            Authority(
                code=f"{prefix}{900 + nth:06d}",
                name=next(names),
                kind=kind,
                region=nation,
                short=next(shorts),
                people=people,
                children=int(people * 0.2),
                growth=0.001,
                deprivation=round(float(0.2 + 0.6 * chance.standard_normal()), 4),
                force=forces[nth - 1] if forces else "",
            )
        )
    return made
