"""Contains the reference files that returns need, written from places as their seeds say.
Not here: places (`places`), or figures of returns (`figures`).
"""

from math import exp, log

from orchestration.contracts.references import ReferenceContract
from orchestration.contracts.samples import ReferenceSeed
from orchestration.foundation.errors import OversightError
from orchestration.sample.chance import one
from orchestration.sample.files import Row
from orchestration.sample.places import Land, Place

_LARGER = {"ew": "K04000001", "gb": "K03000001", "uk": "K02000001"}


class _Number(float):
    """A number whose format is a factor: `{people:0.5}` is half of the people, rounded."""

    def __format__(self, factor: str) -> str:
        return str(round(self * float(factor or 1)))


class _Fields(dict[str, str]):
    """What a format may name of a place: its own fields, those that a seed adds, and what is worked out when asked."""

    def __init__(self, place: Place, land: Land, more: dict[str, str]) -> None:
        super().__init__({**vars(place), **more})
        self._place, self._land = place, land
        self._now = land.by_short[place.successor] if place.ends else place
        self._tier = land.by_code.get(self._now.parent, self._now)

    def __missing__(self, name: str) -> object:
        place, land = self._place, self._land
        english = place.region.startswith("E12")
        nation = "E92000001" if english else place.region
        if name == "score" or name.startswith("imd"):
            return f"{_imd(place, self.get('edition', name[3:])):.3f}"
        if name == "rank_of_score":
            return str(1 + sum(_imd(other, "2025") > _imd(place, "2025") for other in land.sets["lower"]))
        if name.startswith("neighbour"):
            return _neighbours(place, land)[int(name[9:]) - 1]
        if name.removesuffix("_name") in _LARGER:
            code = _LARGER[name[:2]]
            return "" if code not in place.within else land.by_code[code].name if name.endswith("_name") else code
        score, home, kind = _imd(place, "2019"), land.by_short.get(place.combined), land.kinds.get(place.kind)
        year, share = int(self.get("year", "2024")), one(place.code, self.get("nth", ""))
        made = {
            "now": self._now.code, "now_name": self._now.name, "tier": self._tier.code, "tier_name": self._tier.name,
            "is_current": str(not place.ends).upper(), "home": home.code if home else "",
            "home_name": home.name if home else "", "nation": nation, "nation_name": land.name_of(nation),
            "english_region": land.name_of(place.region) if english else "", "region_name": land.name_of(place.region),
            "region_code": place.region if english else "", "force_name": land.name_of(place.force),
            "letters_above": land.by_code[place.parent].short if place.parent in land.by_code else "",
            "partnership": ("E22" if english else "W14") + place.code[3:],
            "type": kind.type if kind else "COMB", "type_name": kind.type_name if kind else "Combined authority",
            "style": kind.style if kind else "Combined Authority", "extent": f"{max(0.0, (score - 12) / 60):.4f}",
            "most_deprived": f"{max(0.0, (score - 18) / 60):.4f}", "rank": f"{16_500 + 500 * (score - 21.7):.2f}",
            "residents": _Number(place.people * (1 + place.growth) ** (year - 2024)),
            "minors": _Number(place.children * (1 + place.growth) ** (year - 2024)),
            "part": _Number(place.people * float(self.get("share", "1")) * (0.6 + 0.8 * share)),
        }  # fmt: skip
        return made[name]


def reference_rows(
    seed: ReferenceSeed, contract: ReferenceContract, land: Land, described: list[dict[str, str]]
) -> list[Row]:
    """The rows of a reference with its header; `described` are the measures that returns name themselves. Raises
    OversightError for a column that the contract requires and the seed leaves out, or a set of places unknown."""
    required = {name: column for name, column in contract.columns.items() if column.required}
    missing = [name for name, column in required.items() if not {name, *column.aliases} & seed.columns.keys()]
    if missing:
        raise OversightError(f"The seed of {seed.reference} has no column '{missing[0]}'; add it to its columns.")
    rows: list[Row] = [tuple(row) for row in seed.table]
    if seed.rows == "described":
        rows += [tuple(form.format_map(one) for form in seed.columns.values()) for one in described]
    elif seed.rows:
        if seed.rows not in land.sets:
            raise OversightError(f"The seed of {seed.reference} has rows of '{seed.rows}', which is no set of places.")
        fields = (_Fields(place, land, more) for place in land.sets[seed.rows] for more in seed.over)
        rows += [tuple(form.format_map(each) for form in seed.columns.values()) for each in fields]
    return [*map(tuple, seed.above), tuple(seed.columns), *rows]


def _imd(place: Place, edition: str) -> float:
    """The average score of the Index of Multiple Deprivation, which moves a little from edition to edition."""
    drift = 0.15 * (one(place.code, edition) - 0.5) if edition != "2019" else 0.0
    return 21.7 * exp(0.33 * (place.deprivation + drift))


def _neighbours(place: Place, land: Land) -> list[str]:
    """Numbers of the ten authorities most like one in deprivation, size and being in London."""

    def apart(other: Place) -> float:
        size, london = 0.4 * (log(other.people) - log(place.people)), (other.kind == "LB") != (place.kind == "LB")
        return (other.deprivation - place.deprivation) ** 2 + size**2 + 0.6 * london

    others = [other for other in land.levels["local_authority"] if other.code != place.code]
    return [other.number for other in sorted(others, key=apart)[:10]]
