"""The reference files that the sample returns need, in the shapes in which they are published.

Belongs here: codes, names and history of places, and indices of deprivation. Does not belong here: people and
neighbours (`peers`), prices (`prices`), the dictionary of the interactive tool (`dfe_lait_dictionary`), or any figure
of a return.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import Floats, half_up, stream
from orchestration.sample.delimited import trimmed, write_csv
from orchestration.sample.facts import ENGLAND, FORCES, NATIONS, REGIONS
from orchestration.sample.geography import MERGED_ON, Authority, Geography, imd_score, part_of_london
from orchestration.sample.packages import Row, Sheet, write_xlsx
from orchestration.sample.peers import write_neighbours, write_population
from orchestration.sample.prices import write_deflator
from orchestration.sample.submissions import Sent

_REGISTER_COLUMNS = (
    "local-authority-code", "official-name", "nice-name", "gss-code", "start-date", "end-date", "replaced-by",
    "nation", "region", "local-authority-type", "local-authority-type-name", "county-la",
    "combined-authority", "alt-names", "former-gss-codes", "notes", "current-authority", "BS-6879", "ecode",
    "even-older-register-and-code", "gov-uk-slug", "area", "pop-2020", "x", "y", "lat", "long", "powers",
    "lower-or-unitary", "mapit-area-code", "ofcom", "old-ons-la-code", "old-register-and-code",
    "open-council-data-id", "os-file", "os", "snac", "wdtk-id",
)  # fmt: skip
_KIND = {
    "UA": ("UA", "Unitary authority", "Council", "unitary"),
    "MD": ("MD", "Metropolitan district", "Metropolitan Borough Council", "unitary"),
    "LB": ("LBO", "London borough", "London Borough Council", "unitary"),
    "SC": ("CTY", "County", "County Council", "upper tier"),
    "SD": ("NMD", "Non-metropolitan district", "District Council", "lower tier"),
    "WPA": ("WPA", "Welsh unitary authority", "Council", "unitary"),
    "SCO": ("SCO", "Scottish unitary authority", "Council", "unitary"),
    "NID": ("NID", "NI district", "Council", "ni district"),
}
_GREATER_LONDON = {
    "local-authority-code": "GLA",
    "official-name": "Greater London Authority",
    "nice-name": "Greater London",
    "gss-code": "E61000001",
    "start-date": "2005-06-22",
    "nation": "England",
    "region": "London",
    "local-authority-type": "SRA",
    "local-authority-type-name": "Strategic Regional Authority",
    "alt-names": "Greater London,greater london",
    "current-authority": "True",
    "BS-6879": "GLA",
    "ecode": "E5100",
    "powers": "combined",
    "lower-or-unitary": "False",
}
_CODES_COLUMNS = (
    "LADCD", "LADNM", "LADCD_ACTIVE", "LADNM_ACTIVE", "UTLACD", "UTLANM", "CAUTHCD", "CAUTHNM", "RGNCD",
    "RGNNM", "CTRYCD", "CTRYNM", "EWCD", "EWNM", "GBCD", "GBNM", "UKCD", "UKNM", "Current", "LAD20CD",
    "LAD20NM",
)  # fmt: skip
_YEARS = range(16, 25)
_DOMAINS_2019 = ("Income", "Employment", "Education", "Health", "Crime", "Housing_and_Access", "Environment")
_DOMAINS_2025 = {
    "income": True,
    "employment": True,
    "education_skills_and_training": False,
    "health_deprivation_and_disability": False,
    "crime": False,
    "barriers_to_housing_and_services": False,
    "living_environment": False,
}
_LIST_TYPES = {"UA": "UA", "MD": "MD", "SC": "SC"}
AGGREGATE_NUMBERS = {
    970: "England", 980: "North East", 981: "North West", 982: "Yorkshire and the Humber",
    983: "East Midlands", 984: "West Midlands", 985: "East of England", 986: "London", 987: "London (Inner)",
    988: "London (Outer)", 989: "South East", 990: "South West",
}  # fmt: skip


def _region_label(authority: Authority) -> str:
    """The region under which the Department for Education files an authority: London is split in two."""
    part = part_of_london(authority)
    return {"E13000001": "Inner London", "E13000002": "Outer London"}.get(part) or REGIONS[authority.region]


def write_references(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write all references but the dictionary below `folder`, and say when each arrived."""
    _local_authorities(folder / "geography" / "uk_local_authorities_mysociety.csv", land)
    _all_codes(folder / "geography" / "la_all_codes.csv", land)
    _regions(folder / "geography" / "lookup_ltla24_region24.csv", land)
    _upper_tiers(folder / "geography" / "lookup_ltla23_utla23.csv", land)
    _changes(folder / "geography" / "lookup_ltla_ltla_changes.csv", land)
    _police_areas(folder / "geography" / "lookup_ltla24_csp24_pfa24.csv", land)
    _imd2019(folder / "geography" / "imd2019_england_ltla23.csv", land, seed)
    _imd2025(folder / "geography" / "imd2025_england_ltla24.csv", land, seed)
    _lait_codes(folder / "education" / "lait_la_code_list.xlsx", land)
    write_population(folder / "denominators" / "la_population_2001_2024.csv", land)
    write_neighbours(folder / "education" / "lait_statistical_neighbours_2025-05.xlsx", land)
    write_deflator(folder / "denominators" / "ons_gdp_deflator_ybgb_v2025-06-30.csv")
    sent = (
        ("geography/uk_local_authorities_mysociety.csv", "ref.local_authorities", "2024-05-01", "", "mhclg"),
        ("geography/la_all_codes.csv", "ref.la_codes", "2023-05-01", "", "ons"),
        ("geography/lookup_ltla24_region24.csv", "ref.ltla_region", "2024-05-01", "", "ons"),
        ("geography/lookup_ltla23_utla23.csv", "ref.ltla_utla", "2023-05-01", "", "ons"),
        ("geography/lookup_ltla_ltla_changes.csv", "ref.ltla_changes", "2024-05-01", "", "ons"),
        ("geography/lookup_ltla24_csp24_pfa24.csv", "ref.ltla_pfa", "2024-05-01", "", "ons"),
        ("geography/imd2019_england_ltla23.csv", "ref.imd2019", "2019-09-26", "2019", "mhclg"),
        ("geography/imd2025_england_ltla24.csv", "ref.imd2025", "2025-10-30", "2025", "mhclg"),
        ("education/lait_la_code_list.xlsx", "ref.lait_la_codes", "2025-12-22", "", "dfe"),
        ("education/lait_statistical_neighbours_2025-05.xlsx", "ref.statistical_neighbours", "2025-05-01", "", "dfe"),
        ("denominators/la_population_2001_2024.csv", "ref.population", "2025-07-30", "", "ons"),
        ("denominators/ons_gdp_deflator_ybgb_v2025-06-30.csv", "ref.gdp_deflator", "2025-06-30", "", "ons"),
    )
    return [
        Sent(file, code, f"{day}T09:30:00Z", hint, department, "reference")
        for file, code, day, hint, department in sent
    ]


def _rows_to_columns(names: tuple[str, ...], rows: list[dict[str, str]]) -> dict[str, list[str]]:
    """Rows of named cells as columns; a cell that a row does not name is blank."""
    return {name: [row.get(name, "") for row in rows] for name in names}


def _register_row(authority: Authority) -> dict[str, str]:
    short_type, type_name, style, powers = _KIND[authority.kind]
    nation = NATIONS.get(authority.region, "England")
    plain = authority.name.lower()
    nth = int(authority.code[-3:])
    return {
        "local-authority-code": authority.short,
        "official-name": f"{authority.name} {style}",
        "nice-name": authority.name,
        "gss-code": authority.code,
        "start-date": authority.starts,
        "end-date": authority.ends,
        "replaced-by": ",".join(authority.successors),
        "nation": nation,
        "region": REGIONS.get(authority.region, nation),
        "local-authority-type": short_type,
        "local-authority-type-name": type_name,
        "combined-authority": "GLA" if authority.kind == "LB" else authority.combined,
        "alt-names": f"{authority.name},{plain},{plain} {style.lower()}",
        "current-authority": str(not authority.ends),
        "BS-6879": authority.short,
        "ecode": authority.ecode,
        "gov-uk-slug": "-".join(plain.replace(",", "").replace(".", "").split()),
        "area": f"{nth * 7 % 900 + 30}.0",
        "pop-2020": f"{authority.people}.0",
        "x": f"{400_000 + nth * 317}.0",
        "y": f"{300_000 + nth * 211}.0",
        "powers": powers,
        "lower-or-unitary": str(authority.kind != "SC"),
        "old-ons-la-code": str(authority.number or ""),
    }


def _local_authorities(path: Path, land: Geography) -> None:
    """The register of authorities with their first and last days and successors."""
    shorts = {authority.code: authority.short for authority in (*land.upper, *land.ended)}
    authorities = (
        *land.upper, *land.ended, *land.districts, *land.ended_districts, *land.welsh, *land.scottish,
        *land.irish,
    )  # fmt: skip
    rows = [_register_row(a) | {"county-la": shorts.get(a.parent, "")} for a in authorities]
    rows += [
        {
            "local-authority-code": combined.short,
            "official-name": f"{combined.name} Combined Authority",
            "nice-name": combined.name,
            "gss-code": combined.code,
            "start-date": "2014-04-01",
            "nation": "England",
            "region": REGIONS[combined.region],
            "local-authority-type": "COMB",
            "local-authority-type-name": "Combined authority",
            "alt-names": f"{combined.name} CA",
            "current-authority": "True",
            "powers": "combined",
            "lower-or-unitary": "False",
        }
        for combined in land.combined
    ]
    rows.append(_GREATER_LONDON)
    rows.sort(key=lambda row: row["local-authority-code"])
    write_csv(path, _rows_to_columns(_REGISTER_COLUMNS, rows))


def _all_codes(path: Path, land: Geography) -> None:
    """Every lower-tier code there has been, with the code in force and what it lies in."""
    upper = {a.code: a for a in (*land.upper, *land.ended)}
    combined = {c.short: c for c in land.combined}
    now = {a.short: a for a in land.upper}
    england = (*land.lower, *land.ended_districts, *land.merged_pair)
    rows = []
    for authority in (*sorted(england, key=lambda a: a.code), *land.welsh, *land.scottish, *land.irish):
        in_england = authority.region in REGIONS
        active = now[authority.successors[0]] if authority.ends else authority
        tier = upper[active.parent] if active.parent else active
        home = combined.get(authority.combined)
        nation = ENGLAND if in_england else authority.region
        in_wales = authority.kind == "WPA"
        in_britain = authority.kind != "NID"
        rows.append({
            "LADCD": authority.code, "LADNM": authority.name,
            "LADCD_ACTIVE": active.code, "LADNM_ACTIVE": active.name,
            "UTLACD": tier.code, "UTLANM": tier.name,
            "CAUTHCD": home.code if home else "", "CAUTHNM": home.name if home else "",
            "RGNCD": authority.region if in_england else "", "RGNNM": REGIONS.get(authority.region, ""),
            "CTRYCD": nation, "CTRYNM": NATIONS[nation],
            "EWCD": "K04000001" if in_england or in_wales else "",
            "EWNM": "England and Wales" if in_england or in_wales else "",
            "GBCD": "K03000001" if in_britain else "", "GBNM": "Great Britain" if in_britain else "",
            "UKCD": "K02000001", "UKNM": "United Kingdom",
            "Current": str(not authority.ends).upper(), "LAD20CD": active.code, "LAD20NM": active.name,
        })  # fmt: skip
    write_csv(path, _rows_to_columns(_CODES_COLUMNS, rows))


def _regions(path: Path, land: Geography) -> None:
    columns = {
        "ltla24_name": [a.name for a in land.lower],
        "ltla24_code": [a.code for a in land.lower],
        "region24_name": [REGIONS[a.region] for a in land.lower],
        "region24_code": [a.region for a in land.lower],
    }
    write_csv(path, columns, quoted=columns.keys(), quote_header=True)


def _upper_tiers(path: Path, land: Geography) -> None:
    upper = {a.code: a for a in land.upper}
    lower = (*land.lower, *land.welsh)
    tiers = [upper[a.parent] if a.parent else a for a in lower]
    columns = {
        "LTLA23CD": [a.code for a in lower],
        "LTLA23NM": [a.name for a in lower],
        "LTLA23NMW": [""] * len(lower),
        "UTLA23CD": [a.code for a in tiers],
        "UTLA23NM": [a.name for a in tiers],
        "UTLA23NMW": [""] * len(lower),
        "ObjectId": [str(nth) for nth in range(1, len(lower) + 1)],
    }
    write_csv(path, columns, bom=True)


def _changes(path: Path, land: Geography) -> None:
    """Lower-tier codes year by year from 2016: who had become whom by each year."""
    now = {a.short: a for a in land.upper}
    joined = {successor for a in (*land.ended_districts, *land.merged_pair) for successor in a.successors}
    start = [a for a in land.lower if a.short not in joined]
    start += [*land.ended_districts, *land.merged_pair]
    start.sort(key=lambda a: a.code)
    merged_year = int(MERGED_ON[2:4])
    columns: dict[str, list[str]] = {}
    for year in _YEARS:
        here = [now[a.successors[0]] if a.ends and year >= merged_year else a for a in start]
        columns[f"ltla{year}_code"] = [a.code for a in here]
        columns[f"ltla{year}_name"] = [a.name for a in here]
    write_csv(path, columns, quoted=columns.keys(), quote_header=True)


def _police_areas(path: Path, land: Geography) -> None:
    forces = {force.code: force.in_lookup for force in FORCES}
    lower = (*land.lower, *land.welsh)
    columns = {
        "ltla24_code": [a.code for a in lower],
        "ltla24_name": [a.name for a in lower],
        "csp24_code": [f"{'W14' if a.kind == 'WPA' else 'E22'}{900 + nth:06d}" for nth, a in enumerate(lower, 1)],
        "csp24_name": [a.name for a in lower],
        "pfa24_code": [a.force for a in lower],
        "pfa24_name": [forces[a.force] for a in lower],
    }
    write_csv(path, columns, quoted=columns.keys(), quote_header=True)


def _spread(scores: Floats) -> tuple[Floats, Floats]:
    """Shares of small areas among the most deprived tenth and three tenths, that go with a score."""
    excess = np.clip((scores - 12) / 60, 0, 0.95)
    return np.where(scores > 18, excess**1.4, 0.0), excess


def _imd2019(path: Path, land: Geography, seed: int) -> None:
    chance = stream(seed, "ref.imd2019")
    scores = np.array([imd_score(a, 2019) for a in land.lower])
    columns: dict[str, list[str]] = {"ltla23_code": [a.code for a in land.lower]}
    for prefix in ("", *(f"{domain}_" for domain in _DOMAINS_2019)):
        noisy = scores if not prefix else scores * np.exp(0.1 * chance.standard_normal(len(scores)))
        proportion, extent = _spread(noisy)
        columns[f"{prefix}Score"] = trimmed(half_up(noisy if not prefix else noisy / 100, 12))
        columns[f"{prefix}Proportion"] = trimmed(half_up(proportion, 12))
        columns[f"{prefix}Extent"] = trimmed(half_up(extent, 12))
    write_csv(path, columns, quoted=("ltla23_code",), quote_header=True)


def _rank(figures: Floats) -> list[str]:
    """Rank of each figure, 1 the highest."""
    places = np.empty(len(figures), dtype=np.int64)
    places[np.argsort(-figures, kind="stable")] = np.arange(1, len(figures) + 1)
    return list(map(str, places.tolist()))


def _imd2025(path: Path, land: Geography, seed: int) -> None:
    chance = stream(seed, "ref.imd2025")
    scores = half_up(np.array([imd_score(a, 2025) for a in land.lower]), 3)
    columns: dict[str, list[str]] = {
        "ltla24_code": [a.code for a in land.lower],
        "ltla24_name": [a.name for a in land.lower],
    }
    tenth = "proportion_of_lso_as_in_most_deprived_10_percent_nationally"

    def add(prefix: str, figures: Floats) -> None:
        ranks = half_up(16_500 + 9_000 * np.tanh((figures - 21.7) / 15), 2)
        proportion = half_up(_spread(figures)[0], 4)
        columns[f"{prefix}_average_rank"] = trimmed(ranks)
        columns[f"{prefix}_rank_of_average_rank"] = _rank(ranks)
        columns[f"{prefix}_average_score"] = trimmed(figures)
        columns[f"{prefix}_rank_of_average_score"] = _rank(figures)
        columns[f"{prefix}_{tenth}"] = trimmed(proportion)
        columns[f"{prefix}_rank_of_{tenth}"] = _rank(proportion)

    add("imd", scores)
    extent = half_up(_spread(scores)[1], 4)
    concentration = half_up(28_000 + 80 * scores, 2)
    columns["imd25_extent"], columns["imd25_rank_of_extent"] = trimmed(extent), _rank(extent)
    columns["imd25_local_concentration"] = trimmed(concentration)
    columns["imd25_rank_of_local_concentration"] = _rank(concentration)
    for domain, has_scale in _DOMAINS_2025.items():
        add(domain, half_up(scores * np.exp(0.1 * chance.standard_normal(len(scores))), 3))
        if has_scale:
            scale = np.array([a.people * 0.1 for a in land.lower]).round()
            columns[f"{domain}_scale"], columns[f"rank_of_{domain}_scale"] = trimmed(scale), _rank(scale)
    write_csv(path, columns, quoted=("ltla24_code", "ltla24_name"), quote_header=True)


def lait_areas(land: Geography) -> list[tuple[int, str, str, str]]:
    """Number, name, region and type of each area of the interactive tool: councils, then aggregates."""
    pair = land.merged_pair
    councils = sorted((*land.upper, *pair), key=lambda a: a.name)
    boroughs = {"E13000001": "ILB", "E13000002": "OLB"}
    listed = [
        (a.number, a.name, _region_label(a), boroughs.get(part_of_london(a)) or _LIST_TYPES[a.kind]) for a in councils
    ]
    return [*listed, *((number, name, "NA", "NA") for number, name in AGGREGATE_NUMBERS.items())]


def _lait_codes(path: Path, land: Geography) -> None:
    rows: list[Row] = [
        ("LA Number", "LA Name", "Region", "Type"),
        *lait_areas(land),
        (1000, "England (discontinued)", "NA", "NA"),
    ]
    write_xlsx(path, Sheet("Sheet1", rows))
