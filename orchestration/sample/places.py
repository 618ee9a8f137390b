"""Contains the England of the sample: places that do not exist, their codes, size, deprivation and history.
Not here: any figure of a return (`figures`), or how references write places (`references`).

Codes keep the prefixes of the Office for National Statistics in ranges that it does not use (`E06000901`). Two mergers
stand in their history, both on 1 April 2023: a county that became a unitary authority of the same name, and two unitary
authorities that became one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp

from orchestration.contracts.codes import Codes
from orchestration.contracts.samples import GeographySeed, Kind
from orchestration.sample.chance import normal, one, uniform

MERGED_ON = "2023-04-01"
ENGLAND, LONDON = "E92000001", "E12000007"
_ALL = {
    "K02000001": "United Kingdom", "K03000001": "Great Britain", "K04000001": "England and Wales", ENGLAND: "England",
}  # fmt: skip
_TOWN_KINDS = ("UA", "MD", "LB", "SC")
_OTHERS = {
    "fire_authority": ("E31", "E86", 8, "{} Combined Fire and Rescue Authority"),
    "national_park": ("E26", "E87", 3, "{} Hills National Park Authority"),
    "waste_authority": ("E50", "E88", 2, "{} Waste Authority"),
}
_TRUSTS, _PRACTICES, _SCHOOLS = 90, 400, 200


@dataclass(frozen=True)
class Place:
    """One place. `deprivation` is around 0, higher where life is harder; `children` are under 18; `number` is that of
    the Department for Education. `successor` has the letters of what it became, `like` the code of the place whose
    figures it has, `within` codes of larger places.
    """

    code: str
    name: str
    level: str
    kind: str = ""
    region: str = ""
    people: int = 56_000_000
    children: int = 11_900_000
    deprivation: float = 0.0
    growth: float = 0.002
    number: str = ""
    short: str = ""
    ecode: str = ""
    parent: str = ""
    combined: str = ""
    force: str = ""
    board: str = ""
    starts: str = ""
    ends: str = ""
    successor: str = ""
    like: str = ""
    within: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Land:
    """All places: those that returns are about by level, those of `history` that ended, and sets for references."""

    levels: dict[str, list[Place]]
    history: list[Place]
    sets: dict[str, list[Place]]
    kinds: dict[str, Kind]

    @cached_property
    def by_code(self) -> dict[str, Place]:
        """Every place by its code; where two share one, the larger."""
        return {place.code: place for listed in (self.history, *reversed(self.levels.values())) for place in listed}

    @cached_property
    def by_short(self) -> dict[str, Place]:
        """Authorities by the letters that the register gives them."""
        return {place.short: place for place in self.by_code.values() if place.short}

    def name_of(self, code: str) -> str:
        """The name of a place, if there is one of that code."""
        return self.by_code[code].name if code in self.by_code else ""


def make_land(seed: GeographySeed, codes: Codes, salt: str) -> Land:
    """The places that a seed describes; another salt gives them other names, sizes and deprivation."""
    names = _names(seed, salt)
    counties = iter(sorted((f"{head}shire" for head in seed.names["heads"]), key=lambda name: one(salt, name)))
    shorts = (f"Q{a}{b}" for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    made = _with_odd_ones(list(_authorities(seed, salt, names, counties, shorts)))
    upper, ended, districts, old_districts, combined = _with_history(made, seed, salt, names, shorts)
    england = [place for place in upper if place.region.startswith("E12")]
    beyond = [place for place in upper if place not in england]
    lower = sorted([p for p in england if p.kind != "SC"] + districts, key=lambda p: p.code)
    welsh = [place for place in beyond if place.kind == "WPA"]
    boards = [_named(a.code, a.name or "", "icb") for a in codes.aliases if a.level == "icb" and a.name[:3] != "NHS"]  # type: ignore[index]
    # A file of schools may be about one authority.
    schooled = [place for place in england if place.region == "E12000008" and place.kind == "SC"][:1]
    levels = {
        "country": [_named(code, name, "country") for code, name in _nations(seed).items()],
        "region": [_named(c, r.name, "region") for c, r in seed.regions.items() if c.startswith("E12")],
        "local_authority": england,
        "welsh": welsh,
        "district": districts,
        "combined_authority": combined,
        "strategic_authority": [
            _named(LONDON, "Greater London Authority", "strategic_authority", ecode="E5100", people=20_000)
        ],
        "police_force": list(_forces(seed, salt)),
        "icb": boards,
        "nhs_region": [
            _named(a.code, a.name or "", "nhs_region", people=8_000_000, children=1_700_000,
                   deprivation=float(normal(salt, a.code)[0]) / 2)
            for a in codes.aliases if a.level == "nhs_region" and not str(a.name).endswith("NHS Region")
        ],
        "nhs_trust": list(_organisations("nhs_trust", _TRUSTS, 300_000, england, boards, salt)),
        "gp_practice": list(_organisations("gp_practice", _PRACTICES, 8_600, england, boards, salt)),
        "school": list(_organisations("school", _SCHOOLS, 300, schooled, boards, salt)),
        **{level: list(_others(level, england)) for level in _OTHERS},
    }  # fmt: skip
    by_code = sorted([*lower, *old_districts, *ended[1:]], key=lambda p: p.code)
    sets = {
        "lower": lower, "lower_of_england_and_wales": lower + welsh, "upper": england,
        "paths": [p for p in by_code if p.starts != MERGED_ON],
        "register": sorted([*upper, *ended, *districts, *old_districts, *combined], key=lambda p: p.short),
        "all_lower": [*by_code, *beyond], "numbered": sorted([*england, *ended[1:]], key=lambda p: p.name),
        **{level: levels[level] for level in ("nhs_trust", "gp_practice", "police_force")},
        "upper_of_england_and_wales": [*england, *welsh],
    }  # fmt: skip
    return Land(levels, ended, sets, seed.kinds)


def _named(code: str, name: str, level: str, **known: object) -> Place:
    england = frozenset() if code == ENGLAND or level == "country" else frozenset({ENGLAND})
    return replace(Place(code, name, level, within=england), **known)  # type: ignore[arg-type]


def _nations(seed: GeographySeed) -> dict[str, str]:
    return {**_ALL, **{code: region.name for code, region in seed.regions.items() if code[1:3] == "92"}}


def _names(seed: GeographySeed, salt: str) -> Iterator[str]:
    joined = (head + tail for head in seed.names["heads"] for tail in seed.names["tails"])
    return iter(sorted(joined, key=lambda name: one(salt, name)))


def _larger(region: str, kind: str) -> frozenset[str]:
    """Codes of the larger places that an authority lies in."""
    found = {region, "K02000001"}
    if kind != "NID":
        found.add("K03000001")
    if region[0] == "E" or kind == "WPA":
        found.add("K04000001")
    if region[0] == "E":
        found.add(ENGLAND)
    return frozenset(found)


def _authorities(
    seed: GeographySeed, salt: str, names: Iterator[str], counties: Iterator[str], shorts: Iterator[str]
) -> Iterator[Place]:
    """The upper tier of today, before history and districts, each in a force of its region."""
    count: Counter[str] = Counter()
    numbers = iter(range(430, 999))
    for code, region in seed.regions.items():
        forces = list(region.forces)
        total = sum(region.authorities.values())
        kinds = [kind for kind in region.authorities for _ in range(region.authorities[kind])]
        for at, kind in enumerate(kinds):
            count[kind] += 1
            what, nth = seed.kinds[kind], count[kind]
            name = next(counties) if kind == "SC" else next(names)
            draws = [float(normal(salt, kind, str(nth), part)[0]) for part in ("people", "deprivation", "growth")]
            people = int(what.people * exp(0.3 * draws[0]))
            deprivation = round(region.deprivation + what.deprivation + 0.6 * draws[1], 4)
            force = forces[at * len(forces) // total] if forces else ""
            if code == LONDON:
                force = "E23000034" if at == 0 else "E23000001"
            yield Place(
                f"{what.prefix}{900 + nth:06d}", name, "local_authority", kind, code, people,
                int(people * (0.205 + 0.008 * deprivation)), deprivation, 0.002 + 0.004 * draws[2],
                str(next(numbers)) if code[0] == "E" else "", next(shorts),
                f"{what.ecode}{nth:02d}" if what.ecode else "", force=force, within=_larger(code, kind),
            )  # fmt: skip


def _with_odd_ones(made: list[Place]) -> list[Place]:
    """Two tiny authorities, and names that need care: commas, hyphens, full stops."""
    at = {kind: [n for n, place in enumerate(made) if place.kind == kind] for kind in _TOWN_KINDS}
    for n, people in ((at["LB"][0], 9_100), (at["UA"][-2], 2_300)):
        made[n] = replace(made[n], people=people, children=people // 7)
    second = made[at["UA"][3]].name[:4]
    for n, form in (
        (at["UA"][0], "{}, City of"), (at["UA"][1], "{}-on-Sea"), (at["UA"][2], f"{{}} and {second}field"),
        (at["MD"][0], "St. {}"),
    ):  # fmt: skip
        made[n] = replace(made[n], name=form.format(made[n].name))
    return made


def _with_history(
    made: list[Place], seed: GeographySeed, salt: str, names: Iterator[str], shorts: Iterator[str]
) -> tuple[list[Place], list[Place], list[Place], list[Place], list[Place]]:
    """Today's authorities, those that ended, districts of today and of before, and combined authorities."""
    combined = [
        Place(f"E47{900 + n:06d}", f"{next(names)} and {next(names)}", "combined_authority", "COMB", region,
              short=f"QZ{n}", ecode=f"E89{n:02d}", within=frozenset({ENGLAND}))
        for n, region in enumerate(("E12000001", "E12000002", "E12000005"), start=1)
    ]  # fmt: skip
    home = {place.region: place.short for place in combined}
    made = [replace(p, combined=home[p.region]) if p.kind == "MD" and p.region in home else p for p in made]
    counties = [place for place in made if place.kind == "SC"]
    districts = [d for n, county in enumerate(counties) for d in _districts(county, 2 * n, seed, salt, names, shorts)]
    unitary = [place for place in made if place.kind == "UA"]
    renamed, joined = [p for p in unitary if p.region == "E12000003"][-1], unitary[-1]
    county = replace(
        renamed, code=f"E10{900 + len(counties) + 1:06d}", kind="SC", short=next(shorts),
        ecode=f"E84{len(counties) + 1:02d}", successor=renamed.short, like=renamed.code,
        ends=MERGED_ON,
    )  # fmt: skip
    old = [replace(d, successor=renamed.short, number="", ends=MERGED_ON)
           for d in _districts(county, 2 * len(counties), seed, salt, names, shorts)]  # fmt: skip
    first = int(joined.people * 0.55)
    pair = [
        replace(joined, code=f"E06{900 + len(unitary) + n:06d}", name=next(names), short=next(shorts),
                ecode=f"E81{len(unitary) + n:02d}", number=str(989 + n), people=people,
                children=int(joined.children * people / joined.people), successor=joined.short, ends=MERGED_ON)
        for n, people in enumerate((first, joined.people - first), start=1)
    ]  # fmt: skip
    made = [replace(p, starts=MERGED_ON) if p in (renamed, joined) else p for p in made]
    return sorted(made, key=lambda p: (p.code[0], p.code)), [county, *pair], districts, old, combined


def _districts(
    county: Place, before: int, seed: GeographySeed, salt: str, names: Iterator[str], shorts: Iterator[str]
) -> list[Place]:
    """The two districts of a county."""
    share = 0.35 + 0.3 * one(salt, county.code)
    return [
        replace(county, code=f"E07{900 + before + n:06d}", name=next(names), level="district", kind="SD",
                short=next(shorts), ecode=f"{seed.kinds['SD'].ecode}{before + n:02d}", people=int(county.people * part),
                children=int(county.children * part), number="", parent=county.code,
                deprivation=round(county.deprivation + (0.4 if n == 1 else -0.4) * (1 - part), 4))
        for n, part in enumerate((share, 1 - share), start=1)
    ]  # fmt: skip


def _forces(seed: GeographySeed, salt: str) -> Iterator[Place]:
    for region, about in seed.regions.items():
        for code, name in about.forces.items():
            people = int(1_300_000 * exp(0.4 * float(normal(salt, code)[0]))) * (6 if code == "E23000001" else 1)
            deprivation = about.deprivation + 0.3 * float(normal(salt, code, "deprivation")[0])
            nation = region if region[0] == "W" else ENGLAND
            yield Place(code, name, "police_force", "PFA", region, people, people // 5, round(deprivation, 4),
                        within=frozenset({region, nation, "K04000001"}))  # fmt: skip


def _organisations(
    level: str, count: int, people: int, towns: list[Place], boards: list[Place], salt: str
) -> Iterator[Place]:
    """Trusts, practices or schools, each in a town whose deprivation it mostly shares."""
    trusts = [f"RZ{n}" for n in range(1, 10)] + [f"Z{letter}{n}" for letter in "ABCDEFGHJK" for n in range(1, 10)]
    codes = {"nhs_trust": trusts, "gp_practice": [f"Z8{n:04d}" for n in range(1001, 1001 + count)],
             "school": [str(n) for n in range(990001, 990001 + count)]}[level]  # fmt: skip
    styles = {"nhs_trust": ["HOSPITALS NHS TRUST", "NHS FOUNDATION TRUST"],
              "school": ["Primary School", "Junior School"],
              "gp_practice": ["SURGERY", "MEDICAL CENTRE", "HEALTH CENTRE", "MEDICAL PRACTICE"]}[level]  # fmt: skip
    for n, code in enumerate(codes[:count]):
        town = towns[int(uniform(salt, code)[0] * len(towns))]
        size = int(people * exp(0.4 * float(normal(salt, code, "size")[0])))
        deprivation = round(town.deprivation + 0.5 * float(normal(salt, code, "deprivation")[0]), 4)
        where = town.name if level == "school" else town.name.upper()
        yield Place(code, f"{where} {styles[n % len(styles)]}", level, region=town.region, people=size,
                    children=size // 5, deprivation=deprivation, number=town.number, parent=town.code,
                    board=boards[int(one(salt, code, level) * len(boards))].code,
                    within=frozenset({ENGLAND}))  # fmt: skip


def _others(level: str, towns: list[Place]) -> Iterator[Place]:
    """Bodies that share the name of a county."""
    prefix, ecode, count, form = _OTHERS[level]
    counties = [place for place in towns if place.kind == "SC"]
    for n in range(1, count + 1):
        name = counties[(n * 3 + len(level)) % len(counties)].name.removesuffix("shire")
        yield _named(f"{prefix}{900 + n:06d}", form.format(name), level, ecode=f"{ecode}{n:02d}", people=20_000)
