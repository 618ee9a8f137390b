"""Stops and searches, and the arrests that came of them, by force, reason and ethnicity.

Belongs here: the file of `ho.stop_and_search`. Does not belong here: other police returns.

Forces stand by name, one of them in no list of police areas. `NA` is what was not recorded, nothing found
included. In a few rows arrests of an earlier search make more arrests than searches: kept as sent.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import Ints, stream
from orchestration.sample.delimited import write_csv
from orchestration.sample.facts import FORCES
from orchestration.sample.submissions import Sent

RETURN = "ho.stop_and_search"
FILE = "justice/stop_search_by_ethnicity_force.csv"
TRANSPORT_POLICE = "British Transport Police"
_YEARS = ("2023-03-31", "2024-03-31")
_REASONS = (
    ("Section 1 (PACE)", "Criminal Damage", 0.04), ("Section 1 (PACE)", "Drugs", 1.0),
    ("Section 1 (PACE)", "Firearms", 0.03), ("Section 1 (PACE)", "Going Equipped", 0.12),
    ("Section 1 (PACE)", "Offensive Weapons", 0.25), ("Section 1 (PACE)", "Other", 0.06),
    ("Section 1 (PACE)", "Stolen Property", 0.15),
    ("Section 44/47a (TACT)", "Prevent acts of terrorism", 0.0002),
    ("Section 60 (CJPOA)", "Anticipation of violence", 0.02),
)  # fmt: skip
# Group, ethnicity, share of searches, and share of searches that lead to an arrest.
_ETHNICITIES = (
    ("Asian or Asian British", "Bangladeshi or British Bangladeshi", 0.015, 0.13),
    ("Asian or Asian British", "Indian or British Indian", 0.012, 0.12),
    ("Asian or Asian British", "Other Asian or Asian British", 0.03, 0.13),
    ("Asian or Asian British", "Pakistani or British Pakistani", 0.03, 0.14),
    ("Black or Black British", "Black or Black British African", 0.06, 0.16),
    ("Black or Black British", "Black or Black British Caribbean", 0.05, 0.17),
    ("Black or Black British", "Other Black or Black British", 0.04, 0.16),
    ("Chinese or Other Ethnic Group", "Chinese", 0.002, 0.1),
    ("Chinese or Other Ethnic Group", "Other", 0.02, 0.13),
    ("Mixed", "Mixed White and Asian", 0.004, 0.14),
    ("Mixed", "Mixed White and Black African", 0.004, 0.15),
    ("Mixed", "Mixed White and Black Caribbean", 0.014, 0.16),
    ("Mixed", "Other Mixed", 0.012, 0.14),
    ("Not stated", "Not Stated", 0.19, 0.09),
    ("Vehicle only", "Vehicle only", 0.01, 0.05),
    ("White", "Other White", 0.05, 0.13),
    ("White", "White British", 0.45, 0.12),
    ("White", "White Irish", 0.006, 0.13),
)
_SECTION_60 = len(_REASONS) - 1
_MORE_ARRESTS = 24


def _spell(figures: Ints) -> list[str]:
    """Counts as text; nothing is `NA`."""
    return [str(figure) if figure > 0 else "NA" for figure in figures.ravel().tolist()]


def write_stop_and_search(folder: Path, seed: int) -> list[Sent]:
    """Write the file below `folder`: one row a year, force, reason and ethnicity."""
    chance = stream(seed, RETURN)
    forces = sorted([*(force.in_searches for force in FORCES), TRANSPORT_POLICE])
    shape = (len(_YEARS), len(forces), len(_REASONS), len(_ETHNICITIES))
    size = 5_500 * np.exp(0.7 * chance.standard_normal(len(forces)))
    size[forces.index("Metropolitan Police")] = 90_000
    mix = np.array([share for *_, share, _ in _ETHNICITIES]) * np.exp(
        0.5 * chance.standard_normal((len(forces), 1, 18))
    )
    reasons = np.array([share for *_, share in _REASONS])[:, None]
    expected = size[:, None, None] * mix * reasons * np.array([1.0, 1.06])[:, None, None, None]
    searches = chance.poisson(expected).astype(np.int64)
    hit = np.array([share for *_, share in _ETHNICITIES])
    arrests = chance.binomial(searches, np.broadcast_to(hit, shape)).astype(np.int64)
    small = np.flatnonzero((searches.ravel() > 0) & (searches.ravel() < 6))
    odd = chance.choice(small, _MORE_ARRESTS, replace=False)
    arrests.ravel()[odd] = searches.ravel()[odd] + 1 + odd % 4
    searches.ravel()[chance.choice(odd, 4, replace=False)] = 0
    violence = np.zeros(shape, dtype=np.bool_)
    violence[:, :, _SECTION_60] = True
    weapons = np.where(violence, arrests // 4, 0)
    carried = np.where(violence, np.minimum(searches, arrests // 3), 0)
    years, places, whys, who = (index.ravel().tolist() for index in np.indices(shape))
    columns = {
        "year_ending": [_YEARS[nth] for nth in years],
        "force_name": [forces[nth] for nth in places],
        "legislation": [_REASONS[nth][0] for nth in whys],
        "reason_for_search_arrest": [_REASONS[nth][1] for nth in whys],
        "ethnic_group_self_defined": [_ETHNICITIES[nth][0] for nth in who],
        "ethnicity_self_defined": [_ETHNICITIES[nth][1] for nth in who],
        "searches": _spell(searches),
        "resultant_arrests": _spell(arrests),
        "weapons_arrests_s60_only": _spell(weapons),
        "other_arrests_s60_only": _spell(np.where(violence, arrests - weapons, 0)),
        "persons_found_to_be_carrying_a_weapon_s60_only": _spell(carried),
    }
    write_csv(folder / FILE, columns)
    return [Sent(FILE, RETURN, "2024-10-24T09:30:00Z")]
