"""The England of the sample: locations that do not exist, with their codes, size, deprivation and history.

Contains the locations. Not here: figures of a return (`figures`), or the format of references (`references`).

Codes keep the prefixes of the Office for National Statistics, in ranges that it does not use (`E06000901`). The history
has two mergers, both on 1 April 2023: a county became a unitary authority of the same name, and two unitary authorities
became one.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import exp

from orchestration.contracts.codes import Codes
from orchestration.contracts.samples import Body, GeographySeed, Kind, Organisations
from orchestration.sample.chance import draw, draw_normal

MERGED_ON = "2023-04-01"
ENGLAND, LONDON = "E92000001", "E12000007"
_WITHIN = {"E": ("K03000001", "K04000001", ENGLAND), "W": ("K03000001", "K04000001"), "S": ("K03000001",), "N": ()}


@dataclass(frozen=True)
class Location:
    """One location. `deprivation` is around 0, and higher in more deprived areas; `children` are under 18; `number` is
    the number of the Department for Education. `successor` holds the letters of its successor, `like` the code of the
    location with the same figures, and `within` the codes of its parent locations."""

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

    @property
    def key(self) -> tuple[str, str]:
        """Level and code, because locations of different levels may share a code."""
        return self.level, self.code


@dataclass(frozen=True)
class Land:
    """All locations: current ones by level, abolished ones in `history`, and sets for references."""

    levels: dict[str, list[Location]]
    history: list[Location]
    sets: dict[str, list[Location]]
    kinds: dict[str, Kind]

    @cached_property
    def by_code(self) -> dict[str, Location]:
        """Every location by its code; if two share one, the larger."""
        return {place.code: place for places in (self.history, *reversed(self.levels.values())) for place in places}

    @cached_property
    def by_short(self) -> dict[str, Location]:
        """Authorities by the letters that the register gives them."""
        return {place.short: place for place in self.by_code.values() if place.short}

    def name_of(self, code: str) -> str:
        """Return the name of the location with that code, or nothing."""
        return self.by_code[code].name if code in self.by_code else ""


def make_land(seed: GeographySeed, codes: Codes, salt: str) -> Land:
    """Return the locations that a seed describes; another salt gives other names, sizes and deprivation."""
    upper, ended, districts, old_districts, combined = _Authorities(seed, salt).tiers()
    england = [place for place in upper if place.region.startswith("E12")]
    beyond = [place for place in upper if place not in england]
    lower = sorted([p for p in england if p.kind != "SC"] + districts, key=lambda p: p.code)
    welsh = [place for place in beyond if place.kind == "WPA"]
    boards = [
        _named(a.code, str(a.name), "icb") for a in codes.aliases if a.level == "icb" and str(a.name)[:3] != "NHS"
    ]
    nations = seed.countries | {code: region.name for code, region in seed.regions.items() if code[1:3] == "92"}
    # A file of schools may be about one authority.
    schooled = [place for place in england if place.region == "E12000008" and place.kind == "SC"][:1]
    levels = {
        "country": [_named(code, name, "country") for code, name in nations.items()],
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
            _named(a.code, str(a.name), "nhs_region", people=8_000_000, children=1_700_000,
                   deprivation=draw_normal(salt, a.code) / 2)
            for a in codes.aliases if a.level == "nhs_region" and not str(a.name).endswith("NHS Region")
        ],
        **{level: list(_organisations(level, seed.organisations[level], schooled if level == "school" else england,
                                      boards, salt)) for level in seed.organisations},
        **{level: list(_bodies(level, seed.bodies[level], england)) for level in seed.bodies},
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


def _named(code: str, name: str, level: str, **known: object) -> Location:
    within = frozenset() if level == "country" else frozenset({ENGLAND})
    return replace(Location(code, name, level, within=within), **known)  # type: ignore[arg-type]


class _Authorities:
    """Authorities of both tiers, today's and abolished ones, which draw their names and letters from one list."""

    def __init__(self, seed: GeographySeed, salt: str) -> None:
        heads, letters = seed.names["heads"], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        self._seed, self._salt = seed, salt
        self._names = self._shuffled([head + tail for head in heads for tail in seed.names["tails"]])
        self._counties = self._shuffled([f"{head}shire" for head in heads])
        self._shorts = (f"Q{a}{b}" for a in letters for b in letters)

    def _shuffled(self, names: list[str]) -> Iterator[str]:
        return iter(sorted(names, key=lambda name: draw(self._salt, name)))

    def tiers(self) -> tuple[list[Location], list[Location], list[Location], list[Location], list[Location]]:
        """Return upper-tier authorities, abolished ones, districts, abolished districts, and combined authorities."""
        upper = self._with_odd_ones(list(self._upper()))
        combined = [
            Location(f"E47{900 + n:06d}", f"{next(self._names)} and {next(self._names)}", "combined_authority", "COMB",
                     region, short=f"QZ{n}", ecode=f"E89{n:02d}", within=frozenset({ENGLAND}))
            for n, region in enumerate(("E12000001", "E12000002", "E12000005"), start=1)
        ]  # fmt: skip
        home = {place.region: place.short for place in combined}
        upper = [replace(p, combined=home[p.region]) if p.kind == "MD" and p.region in home else p for p in upper]
        counties = [place for place in upper if place.kind == "SC"]
        districts = [district for n, county in enumerate(counties) for district in self._districts(county, 2 * n)]
        unitary = [place for place in upper if place.kind == "UA"]
        renamed, joined = [p for p in unitary if p.region == "E12000003"][-1], unitary[-1]
        county = replace(
            renamed, code=f"E10{900 + len(counties) + 1:06d}", kind="SC", short=next(self._shorts),
            ecode=f"E84{len(counties) + 1:02d}", successor=renamed.short, like=renamed.code, ends=MERGED_ON,
        )  # fmt: skip
        old = [replace(district, successor=renamed.short, number="", ends=MERGED_ON)
               for district in self._districts(county, 2 * len(counties))]  # fmt: skip
        first = int(joined.people * 0.55)
        pair = [
            replace(joined, code=f"E06{900 + len(unitary) + n:06d}", name=next(self._names), short=next(self._shorts),
                    ecode=f"E81{len(unitary) + n:02d}", number=str(989 + n), people=people,
                    children=int(joined.children * people / joined.people), successor=joined.short, ends=MERGED_ON)
            for n, people in enumerate((first, joined.people - first), start=1)
        ]  # fmt: skip
        upper = [replace(p, starts=MERGED_ON) if p in (renamed, joined) else p for p in upper]
        return sorted(upper, key=lambda p: (p.code[0], p.code)), [county, *pair], districts, old, combined

    def _upper(self) -> Iterator[Location]:
        """Yield today's upper tier, each authority in a police force of its region."""
        count: Counter[str] = Counter()
        numbers = iter(range(430, 999))
        for code, region in self._seed.regions.items():
            forces = list(region.forces) or [""]
            kinds = [kind for kind, number in region.authorities.items() for _ in range(number)]
            within = frozenset({code, "K02000001", *_WITHIN[code[0]]})
            for at, kind in enumerate(kinds):
                count[kind] += 1
                what, nth = self._seed.kinds[kind], count[kind]
                name = next(self._counties if kind == "SC" else self._names)
                size, odds, growth = (
                    draw_normal(self._salt, kind, str(nth), part) for part in ("people", "deprivation", "growth")
                )
                people = int(what.people * exp(0.3 * size))
                deprivation = round(region.deprivation + what.deprivation + 0.6 * odds, 4)
                force = forces[at * len(forces) // len(kinds)]
                if code == LONDON:
                    force = "E23000001" if at else "E23000034"
                yield Location(
                    f"{what.prefix}{900 + nth:06d}", name, "local_authority", kind, code, people,
                    int(people * (0.205 + 0.008 * deprivation)), deprivation, 0.002 + 0.004 * growth,
                    str(next(numbers)) if code[0] == "E" else "", next(self._shorts),
                    f"{what.ecode}{nth:02d}" if what.ecode else "", force=force, within=within,
                )  # fmt: skip

    def _with_odd_ones(self, upper: list[Location]) -> list[Location]:
        """Return the authorities with two tiny ones, and with names that have commas, hyphens or full stops."""
        at = {kind: [n for n, place in enumerate(upper) if place.kind == kind] for kind in ("UA", "MD", "LB")}
        for n, people in ((at["LB"][0], 9_100), (at["UA"][-2], 2_300)):
            upper[n] = replace(upper[n], people=people, children=people // 7)
        other = upper[at["UA"][3]].name[:4]
        for kind, forms in self._seed.odd_names.items():
            for n, form in zip(at[kind], forms, strict=False):
                upper[n] = replace(upper[n], name=form.format(name=upper[n].name, other=other))
        return upper

    def _districts(self, county: Location, before: int) -> list[Location]:
        """Return the two districts of a county; `before` is the number of earlier ones."""
        share = 0.35 + 0.3 * draw(self._salt, county.code)
        ecode = self._seed.kinds["SD"].ecode
        return [
            replace(county, code=f"E07{900 + before + n:06d}", name=next(self._names), level="district", kind="SD",
                    short=next(self._shorts), ecode=f"{ecode}{before + n:02d}", people=int(county.people * part),
                    children=int(county.children * part), number="", parent=county.code,
                    deprivation=round(county.deprivation + (0.4 if n == 1 else -0.4) * (1 - part), 4))
            for n, part in enumerate((share, 1 - share), start=1)
        ]  # fmt: skip


def _forces(seed: GeographySeed, salt: str) -> Iterator[Location]:
    for region, content in seed.regions.items():
        for code, name in content.forces.items():
            people = int(1_300_000 * exp(0.4 * draw_normal(salt, code))) * (6 if code == "E23000001" else 1)
            deprivation = content.deprivation + 0.3 * draw_normal(salt, code, "deprivation")
            nation = region if region[0] == "W" else ENGLAND
            yield Location(code, name, "police_force", "PFA", region, people, people // 5, round(deprivation, 4),
                           within=frozenset({region, nation, "K04000001"}))  # fmt: skip


def _organisations(
    level: str, seed: Organisations, towns: list[Location], boards: list[Location], salt: str
) -> Iterator[Location]:
    """Yield trusts, practices or schools, each in a town that largely determines its deprivation."""
    codes = [f"{prefix}{n}" for prefix in seed.prefixes for n in range(seed.first, seed.last + 1)]
    for n, code in enumerate(codes):
        town = towns[int(draw(salt, code) * len(towns))]
        size = int(seed.people * exp(0.4 * draw_normal(salt, code, "size")))
        deprivation = round(town.deprivation + 0.5 * draw_normal(salt, code, "deprivation"), 4)
        name = seed.names[n % len(seed.names)].format(town=town.name, TOWN=town.name.upper())
        yield Location(code, name, level, region=town.region, people=size, children=size // 5, deprivation=deprivation,
                       number=town.number, parent=town.code,
                       board=boards[int(draw(salt, code, level) * len(boards))].code,
                       within=frozenset({ENGLAND}))  # fmt: skip


def _bodies(level: str, seed: Body, towns: list[Location]) -> Iterator[Location]:
    """Yield bodies that share the name of a county."""
    counties = [place for place in towns if place.kind == "SC"]
    for n in range(1, seed.count + 1):
        county = counties[(n * 3 + len(level)) % len(counties)].name.removesuffix("shire")
        name, ecode = seed.name.format(county=county), f"{seed.ecode}{n:02d}"
        yield _named(f"{seed.prefix}{900 + n:06d}", name, level, ecode=ecode, people=20_000)
