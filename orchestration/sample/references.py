"""The reference files that returns need, generated from locations and seeds.

Contains the rows of references. Not here: locations (`places`), or figures of returns (`figures`).
"""

from math import exp, log

from orchestration.contracts.references import ReferenceContract
from orchestration.contracts.samples import ReferenceSeed
from orchestration.foundation.errors import OversightError
from orchestration.sample.chance import draw
from orchestration.sample.files import Row
from orchestration.sample.places import ENGLAND, Land, Location

_COUNTRIES = {"ew": "K04000001", "gb": "K03000001", "uk": "K02000001"}


class _Number(float):
    """A number whose format is a factor: `{people:0.5}` is half of the people, rounded."""

    def __format__(self, factor: str) -> str:
        return str(round(self * float(factor or 1)))


class _Fields(dict[str, str]):
    """Fields that a format may name: those of the location, those of the seed, and fields calculated on demand."""

    def __init__(self, place: Location, land: Land, more: dict[str, str]) -> None:
        super().__init__({**vars(place), **more})
        self._place, self._land = place, land

    def __missing__(self, name: str) -> object:
        place, land = self._place, self._land
        english = place.region.startswith("E12")
        nation = ENGLAND if english else place.region
        if name == "score" or name.startswith("imd"):
            return f"{_imd(place, self.get('edition', name[3:])):.3f}"
        if name == "rank_of_score":
            return str(1 + sum(_imd(other, "2025") > _imd(place, "2025") for other in land.sets["lower"]))
        if name.startswith("neighbour"):
            return _neighbours(place, land)[int(name[9:]) - 1]
        if name.removesuffix("_name") in _COUNTRIES:
            code = _COUNTRIES[name[:2]]
            return "" if code not in place.within else land.name_of(code) if name.endswith("_name") else code
        now = land.by_short[place.successor] if place.ends else place
        tier, home, parent = land.by_code.get(now.parent, now), land.by_short.get(place.combined), place.parent
        score, kind, growth = _imd(place, "2019"), land.kinds.get(place.kind), 1 + place.growth
        years, share = int(self.get("year", "2024")) - 2024, draw(place.code, self.get("nth", ""))
        fields = {
            "now": now.code, "now_name": now.name, "tier": tier.code, "tier_name": tier.name,
            "is_current": str(not place.ends).upper(), "home": home.code if home else "",
            "home_name": home.name if home else "", "nation": nation, "nation_name": land.name_of(nation),
            "english_region": land.name_of(place.region) if english else "", "region_name": land.name_of(place.region),
            "region_code": place.region if english else "", "force_name": land.name_of(place.force),
            "letters_above": land.by_code[parent].short if parent in land.by_code else "",
            "partnership": ("E22" if english else "W14") + place.code[3:],
            "type": kind.type if kind else "COMB", "type_name": kind.type_name if kind else "Combined authority",
            "style": kind.style if kind else "Combined Authority", "extent": f"{max(0.0, (score - 12) / 60):.4f}",
            "most_deprived": f"{max(0.0, (score - 18) / 60):.4f}", "rank": f"{16_500 + 500 * (score - 21.7):.2f}",
            "residents": _Number(place.people * growth**years), "minors": _Number(place.children * growth**years),
            "part": _Number(place.people * float(self.get("share", "1")) * (0.6 + 0.8 * share)),
        }  # fmt: skip
        return fields[name]


def reference_rows(
    seed: ReferenceSeed, contract: ReferenceContract, land: Land, described: list[dict[str, str]]
) -> list[Row]:
    """Return the rows of a reference with its header; `described` holds the measures that files name themselves.

    Raise OversightError if the seed leaves out a required column, or names an unknown set of locations.
    """
    for name, column in contract.columns.items():
        if column.required and not {name, *column.aliases} & seed.columns.keys():
            raise OversightError(f"The seed of {seed.reference} has no column '{name}'; add it to its columns.")
    rows: list[Row] = [tuple(row) for row in seed.table]
    fields: list[dict[str, str]] = described if seed.rows == "described" else []
    if seed.rows and seed.rows != "described":
        if seed.rows not in land.sets:
            sets = ", ".join(land.sets)
            raise OversightError(f"The seed of {seed.reference} has unknown rows '{seed.rows}'; use one of {sets}.")
        fields = [_Fields(place, land, more) for place in land.sets[seed.rows] for more in seed.over]
    rows += [tuple(form.format_map(each) for form in seed.columns.values()) for each in fields]
    return [*map(tuple, seed.above), tuple(seed.columns), *rows]


def _imd(place: Location, edition: str) -> float:
    """Return the average score of the Index of Multiple Deprivation, which differs slightly between editions."""
    drift = 0.15 * (draw(place.code, edition) - 0.5) if edition != "2019" else 0.0
    return 21.7 * exp(0.33 * (place.deprivation + drift))


def _neighbours(place: Location, land: Land) -> list[str]:
    """Return the numbers of the ten authorities most like this one in deprivation, size and being in London."""

    def distance(other: Location) -> float:
        size, london = 0.4 * (log(other.people) - log(place.people)), (other.kind == "LB") != (place.kind == "LB")
        return (other.deprivation - place.deprivation) ** 2 + size**2 + 0.6 * london

    others = [other for other in land.levels["local_authority"] if other.code != place.code]
    return [other.number for other in sorted(others, key=distance)[:10]]
