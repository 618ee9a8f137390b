"""Years lived in good health, in two vintages that tell the same with other headers.

Belongs here: expectancies with limits, and the two files of `ons.healthy_life_expectancy`. Does not belong
here: other statistics of health.

The reissue renames every column, drops midnight from the period and adds notes, but changes no value. It
fills in three pairs of limits that were missing: three new versions, and no other.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import Floats, half_up, stream
from orchestration.sample.delimited import repeat, shortest, trimmed, write_csv
from orchestration.sample.facts import ENGLAND, REGIONS
from orchestration.sample.geography import Geography
from orchestration.sample.submissions import Sent

RETURN = "ons.healthy_life_expectancy"
FIRST = "health/ons_healthy_life_expectancy_v2024-12-19.csv"
REISSUE = "health/ons_healthy_life_expectancy_v2026-01-12.csv"
_FIRST_YEARS = tuple(range(2014, 2022))
_MISSING_LIMITS = 3
_SEXES = {"Male": (62.6, -3.1), "Female": (63.1, -3.3)}
_WALES, _HEALTH_BOARD = "W92000004", "W11000901"


def _places(land: Geography) -> tuple[list[tuple[str, str, str]], Floats, Floats]:
    """Places with name and level, their deprivation, and half the width of their limits in years."""
    listed = [(ENGLAND, "England", "Nation", 0.0, 0.2), (_WALES, "Wales", "Nation", 0.2, 0.6)]
    for code, name in REGIONS.items():
        inside = [a for a in land.upper if a.region == code]
        latent = float(np.average([a.deprivation for a in inside], weights=[a.people for a in inside]))
        listed.append((code, name, "Region", latent, 0.7))
    for area in (*land.upper, land.renamed_county, *land.welsh):
        single = area.kind in ("UA", "SC")
        level = "County or Unitary Authority" if single else "Local Authority District"
        listed.append((area.code, area.name, level, area.deprivation, 2.4))
    name = f"{land.welsh[0].name} University Health Board"
    listed.append((_HEALTH_BOARD, name, "Welsh Health Board", 0.3, 1.4))
    latent_all = np.array([latent for *_, latent, _ in listed])
    return [place[:3] for place in listed], latent_all, np.array([half for *_, half in listed])


def write_healthy_life_expectancy(folder: Path, land: Geography, seed: int) -> list[Sent]:
    """Write both vintages below `folder`."""
    chance = stream(seed, RETURN)
    listed, latent, half_width = _places(land)
    years = len(_FIRST_YEARS)
    shape = (len(_SEXES), len(listed), years)
    level = np.array([base for base, _ in _SEXES.values()])[:, None, None]
    slope = np.array([slope for _, slope in _SEXES.values()])[:, None, None]
    own = 0.8 * chance.standard_normal((len(listed), 1)) * np.minimum(half_width[:, None], 1)
    years_lived = level + slope * latent[:, None] + own - 0.15 * np.arange(years)
    value = half_up(years_lived + 0.25 * half_width[:, None] * chance.standard_normal(shape), 2)
    half = half_width[:, None] * np.exp(0.08 * chance.standard_normal(shape))
    lower, upper = half_up(value - half, 2), half_up(value + half, 2)
    order = np.argsort(chance.random(shape), axis=2)
    boroughs = [nth for nth, (code, *_) in enumerate(listed) if code.startswith("E09")]
    gaps = [nth * years + 5 for nth in chance.choice(boroughs, _MISSING_LIMITS, replace=False).tolist()]
    places = [repeat((place[part] for place in listed), years) * len(_SEXES) for part in range(3)]
    count = value.size
    indicator = repeat((f"{sex} healthy life expectancy" for sex in _SEXES), count // len(_SEXES))
    first_limits = [
        ["" if nth in gaps else text for nth, text in enumerate(trimmed(limit.ravel()))] for limit in (lower, upper)
    ]
    first = {
        "indicator": indicator,
        "areacd": places[0],
        "areanm": places[1],
        "geography": places[2],
        "observation": trimmed(value.ravel()),
        "unit": ["yrs"] * count,
        "measure": ["Years"] * count,
        "period": [f"{year}-01-01T00:00:00/P3Y" for year in _FIRST_YEARS] * (count // years),
        "lower_confidence_interval_95": first_limits[0],
        "upper_confidence_interval_95": first_limits[1],
        "observation_status": [""] * count,
    }
    write_csv(folder / FIRST, first, newline="\r\n")
    old = land.renamed_county
    new = next(a for a in land.upper if a.short == old.successors[0])
    note = f"Obsolete code since 2023 (replaced by {new.code} {new.name})"
    again = {
        "areacd": places[0],
        "areanm": places[1],
        "geography": places[2],
        "indicator": indicator,
        "period": [f"{_FIRST_YEARS[year]}-01-01/P3Y" for year in order.ravel().tolist()],
        "observation": shortest(np.take_along_axis(value, order, 2).ravel()),
        "measure": ["Years"] * count,
        "unit": ["yrs"] * count,
        "lci_95": shortest(np.take_along_axis(lower, order, 2).ravel()),
        "uci_95": shortest(np.take_along_axis(upper, order, 2).ravel()),
        "status": [""] * count,
        "notes": [note if code == old.code else "" for code in places[0]],
    }
    write_csv(folder / REISSUE, again, newline="\r\n")
    return [Sent(FIRST, RETURN, "2024-12-19T09:30:00Z"), Sent(REISSUE, RETURN, "2026-01-12T09:30:00Z")]
