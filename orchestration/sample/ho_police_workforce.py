"""The police workforce by force, sex, rank and kind of worker: one file on time, one seven months late.

Belongs here: the two files of `ho.police_workforce`. Does not belong here: other police returns.

The date says 1 March and means 31 March. Full-time equivalents carry the noise of floating point. The late
file adds totals of regions in the column of forces, where West Midlands is both: only the code tells them
apart.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import Floats, Ints, stream
from orchestration.sample.delimited import trimmed, whole, write_csv
from orchestration.sample.facts import FORCES, NATIONS, REGIONS
from orchestration.sample.submissions import Sent

RETURN = "ho.police_workforce"
ON_TIME = "justice/police_workforce_force_v2023-07-26.csv"
LATE = "justice/police_workforce_force_v2025-02-26.csv"
_TWO_SEXES = ("Female", "Male")
_FIVE_SEXES = ("Female", "Male", "Not stated", "Prefer not to say", "Prefer to self-describe")
_SHARE = {
    "Female": 0.41, "Male": 0.58, "Not stated": 0.004, "Prefer not to say": 0.003,
    "Prefer to self-describe": 0.001,
}  # fmt: skip
# Rank, kind of worker, how many of a hundred workers, and how much of a post each fills.
_RANKS = (
    ("Chief Inspector", "police officer", 0.9, 0.99),
    ("Chief Officer", "police officer", 0.1, 1.0),
    ("Chief Superintendent", "police officer", 0.2, 1.0),
    ("Community Support Officer", "police community support officer", 3.8, 0.94),
    ("Constable", "police officer", 47.0, 0.97),
    ("Designated Detention Officer (S.38)", "designated officer", 1.2, 0.95),
    ("Designated Detention Officer (S.39)", "designated officer", 0.1, 0.95),
    ("Designated Escort Officer (S.38)", "designated officer", 0.1, 0.95),
    ("Designated Escort Officer (S.39)", "designated officer", 0.0, 0.95),
    ("Designated Investigation Officer (S.38)", "designated officer", 0.9, 0.93),
    ("Inspector", "police officer", 2.6, 0.99),
    ("Police Staff", "police staff", 29.0, 0.91),
    ("Police Support Volunteer", "police support volunteer", 2.4, 0.0),
    ("Sergeant", "police officer", 8.6, 0.98),
    ("Special Constable", "special constable", 2.8, 0.0),
    ("Superintendent", "police officer", 0.4, 1.0),
)
_VOLUNTEERS = "Police Support Volunteer"
_REGION_LABELS = {
    **REGIONS, "E12000003": "Yorkshire and the Humber", "E12000006": "Eastern",
    "W92000004": NATIONS["W92000004"],
}  # fmt: skip
_Columns = dict[str, list[str]]


def _heads(sexes: tuple[str, ...], nth_year: int, seed: int) -> tuple[Ints, Floats]:
    """Heads and full-time equivalents, shaped (forces, sexes, ranks)."""
    size = 4_200 * np.exp(0.5 * stream(seed, f"{RETURN} size").standard_normal(len(FORCES)))
    size[0] = 45_000
    chance = stream(seed, f"{RETURN} {nth_year}")
    share = np.array([_SHARE[sex] for sex in sexes])[:, None]
    ranks = np.array([per_hundred for _, _, per_hundred, _ in _RANKS]) / 100
    heads = chance.poisson(size[:, None, None] * (1 + 0.015 * nth_year) * share * ranks).astype(np.int64)
    filled = np.array([part for *_, part in _RANKS])
    wiggle = 1 - 0.02 * chance.random(heads.shape) * (filled < 1)
    return heads, heads * filled * wiggle


def _block(day: str, sexes: tuple[str, ...], nth_year: int, seed: int, regions: bool, volunteers: str) -> _Columns:
    """The rows of one year, places in order of name."""
    heads, posts = _heads(sexes, nth_year, seed)
    places = [(force.in_workforce, force.code, _REGION_LABELS[force.region]) for force in FORCES]
    if regions:
        inside = np.array([[force.region == code for force in FORCES] for code in _REGION_LABELS])
        places += [(label, code, label) for code, label in _REGION_LABELS.items()]
        heads = np.concatenate([heads, np.einsum("rf,fsk->rsk", inside.astype(np.int64), heads)])
        posts = np.concatenate([posts, np.einsum("rf,fsk->rsk", inside.astype(np.float64), posts)])
    order = sorted(range(len(places)), key=lambda nth: places[nth])
    shape = (len(order), len(sexes), len(_RANKS))
    at, sex, rank = (index.ravel().tolist() for index in np.indices(shape))
    here = [places[nth] for nth in order]
    ranks = [volunteers if name == _VOLUNTEERS else name for name, *_ in _RANKS]
    return {
        "date": [day] * len(at),
        "geo_code": [here[nth][1] for nth in at],
        "force_name": [here[nth][0] for nth in at],
        "region": [here[nth][2] for nth in at],
        "sex": [sexes[nth] for nth in sex],
        "rank_description": [ranks[nth] for nth in rank],
        "worker_type": [_RANKS[nth][1] for nth in rank],
        "total_headcount": whole(heads[order].ravel()),
        "total_fte": trimmed(posts[order].ravel()),
    }


def write_police_workforce(folder: Path, seed: int) -> list[Sent]:
    """Write both files below `folder`; the older year writes one rank with a small letter."""
    older = _block("2022-03-01", _TWO_SEXES, 0, seed, False, "Police support volunteer")
    newer = _block("2023-03-01", _FIVE_SEXES, 1, seed, False, _VOLUNTEERS)
    write_csv(folder / ON_TIME, {name: older[name] + newer[name] for name in older})
    write_csv(folder / LATE, _block("2024-03-01", _FIVE_SEXES, 2, seed, True, _VOLUNTEERS))
    return [Sent(ON_TIME, RETURN, "2023-07-26T09:30:00Z"), Sent(LATE, RETURN, "2025-02-26T09:30:00Z")]
