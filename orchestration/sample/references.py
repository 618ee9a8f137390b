"""Contains the reference files that returns need, written from places as their seeds say.
Not here: places (`places`), or figures of returns (`figures`).
"""

from collections.abc import Iterator
from math import exp, log

from orchestration.contracts.references import ReferenceContract
from orchestration.errors import OversightError
from orchestration.sample.chance import one
from orchestration.sample.files import Row
from orchestration.sample.places import Land, Place
from orchestration.sample.seeds import GeographySeed, ReferenceSeed

_CLOSENESS = ("Extremely close", "Very close", "Close", "Somewhat close", "Not close")


class _Number(float):
    """A number whose format is a factor: `{people:0.5}` is half of the people, rounded."""

    def __format__(self, factor: str) -> str:
        return str(round(self * float(factor or 1)))


def reference_rows(seed: ReferenceSeed, contract: ReferenceContract, land: Land, geography: GeographySeed,
                   described: list[dict[str, str]]) -> list[Row]:  # fmt: skip
    """The rows of a reference with its header; raises OversightError for a column that the contract requires and the
    seed leaves out. `described` are the measures that returns name themselves."""
    missing = [
        name for name, column in contract.columns.items()
        if column.required and not {name, *column.aliases} & seed.columns.keys()
    ]  # fmt: skip
    if missing:
        raise OversightError(
            f"contracts/samples: the seed of {seed.reference} has no column '{missing[0]}'; add it to columns."
        )
    if seed.table:
        rows: list[Row] = [tuple(row) for row in seed.table]
    else:
        if seed.rows not in land.sets and seed.rows != "described":
            raise OversightError(f"contracts/samples: {seed.reference} has rows of '{seed.rows}', which is no set of places.")
        about = described if seed.rows == "described" else _fields(land, geography, land.sets[seed.rows])
        rows = [
            tuple(form.format_map(_in_year({**fields, **more})) for form in seed.columns.values())
            for fields in about for more in seed.over
        ]  # fmt: skip
    return [*(tuple(row) for row in seed.above), tuple(seed.columns), *rows]


def _in_year(fields: dict[str, object]) -> dict[str, object]:
    """The fields with people of the year, the score of the edition, or the share of people that a row is about."""
    if "edition" in fields:
        return {**fields, "score": fields[f"imd{fields['edition']}"]}
    if "share" in fields:
        own = float(str(fields["share"])) * (0.6 + 0.8 * one(str(fields["code"]), str(fields["group"])))
        return {**fields, "part": _Number(float(str(fields["people"])) * own).__format__("")}
    if (year := fields.get("year")) is None:
        return fields
    grown = (1 + float(str(fields["growth"]))) ** (int(str(year)) - 2024)
    people = {name: _Number(float(str(fields[name])) * grown) for name in ("people", "children")}
    return {**fields, **people}


def _fields(land: Land, geography: GeographySeed, places: list[Place]) -> Iterator[dict[str, object]]:
    """What a format may name of each place."""
    everywhere = [place for listed in (*land.levels.values(), land.history) for place in listed]
    by_code = {place.code: place for place in reversed(everywhere)}
    by_short = {place.short: place for place in everywhere if place.short}
    ranks = sorted((_imd(place, 2025) for place in land.sets["lower"]), reverse=True)
    for place in places:
        now = by_short[place.successor] if place.ends else place
        tier = by_code.get(now.parent, now)
        in_england = place.region.startswith("E12")
        nation = "E92000001" if in_england else place.region
        home = by_short.get(place.combined)
        kind = geography.kinds.get(place.kind)
        larger = {"ew": "K04000001", "gb": "K03000001", "uk": "K02000001"}
        score = {year: _imd(place, year) for year in (2010, 2015, 2019, 2025)}
        yield {
            **{name: getattr(place, name) for name in place.__dataclass_fields__},
            "people": _Number(place.people), "children": _Number(place.children),
            "region": place.region if in_england else "", "nation": nation,
            "region_name": by_code[place.region].name if place.region in by_code else "",
            "english_region": by_code[place.region].name if in_england else "",
            "nation_name": by_code[nation].name if nation in by_code else "",
            "now": now.code, "now_name": now.name, "tier": tier.code,
            "tier_name": tier.name, "is_current": str(not place.ends).upper(),
            "home": home.code if home else "", "home_name": home.name if home else "",
            "letters_above": by_code[place.parent].short if place.parent in by_code else "",
            "force_name": by_code[place.force].name if place.force in by_code else "", "partnership": ("E22" if in_england else "W14") + place.code[3:],
            **{short: code if code in place.within else "" for short, code in larger.items()},
            **{f"{short}_name": by_code[code].name if code in place.within else "" for short, code in larger.items()},
            **{f"imd{year}": f"{value:.3f}" for year, value in score.items()},
            "most_deprived": f"{max(0.0, (score[2019] - 18) / 60):.4f}", "extent": f"{max(0.0, (score[2019] - 12) / 60):.4f}",
            "rank": f"{16_500 + 500 * (score[2025] - 21.7):.2f}",
            "rank_of_score": str(1 + sum(score[2025] < other for other in ranks)),
            **({"type": kind.type, "type_name": kind.type_name, "style": f" {kind.style}"} if kind else
               {"type": "COMB", "type_name": "Combined authority", "style": " Combined Authority"}),
            **{f"neighbour{n}": number for n, number in enumerate(_neighbours(place, land), start=1)},
            "closeness": _CLOSENESS[int(one(place.code, "close") * 5)],
        }  # fmt: skip


def _imd(place: Place, edition: int) -> float:
    """The average score of the Index of Multiple Deprivation, which moves a little from edition to edition."""
    drift = 0.15 * (one(place.code, str(edition)) - 0.5) if edition != 2019 else 0.0
    return 21.7 * exp(0.33 * (place.deprivation + drift))


def _neighbours(place: Place, land: Land) -> list[str]:
    """Numbers of the ten authorities most like one in deprivation, size and being in London."""
    if not place.number or place.level != "local_authority":
        return []
    others = [other for other in land.levels["local_authority"] if other.code != place.code]

    def apart(other: Place) -> float:
        size = 0.4 * (log(other.people) - log(place.people))
        return float((other.deprivation - place.deprivation) ** 2 + size**2 + 0.6 * ((other.kind == "LB") != (place.kind == "LB")))

    return [other.number for other in sorted(others, key=apart)[:10]]
