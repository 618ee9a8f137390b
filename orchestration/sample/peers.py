"""How many people live in each authority, and which ten authorities are most like each: two reference files.

Belongs here: mid-year population and statistical neighbours, in the shapes in which they are published. Does not
belong here: codes, names and history of places (`references`).
"""

from pathlib import Path

import numpy as np

from orchestration.sample.delimited import repeat, whole, write_csv
from orchestration.sample.facts import REGIONS
from orchestration.sample.geography import Authority, Geography, part_of_london, people_in
from orchestration.sample.packages import Row, Sheet, write_xlsx

_YEARS = range(2024, 2000, -1)
_NEIGHBOURS = 10
_CLOSENESS = ("Extremely close", "Very close", "Close", "Somewhat close", "Not close")
_STEPS = (0.04, 0.3, 0.6, 1.0)
_PARTS = {"E13000001": "London (Inner)", "E13000002": "London (Outer)"}
# One row numbers the columns as the tool does, the next as a spreadsheet does; the header is the third.
_COLUMNS = 5 + 2 * _NEIGHBOURS
_ABOVE: list[Row] = [("A", "B", "C", "D", "E", *range(3, _COLUMNS - 2)), tuple(range(1, _COLUMNS + 1))]
_HEADER: Row = (
    "LA num", "LA Name", "LA number", "GOInd", "GOReg",
    *(name for rank in range(1, _NEIGHBOURS + 1) for name in (f"SN{rank}", "SNP")),
)  # fmt: skip


def write_population(path: Path, land: Geography) -> None:
    """Residents of every lower-tier authority of England and Wales in mid-year, the latest year first."""
    lower = (*land.lower, *land.welsh)
    people = np.array([people_in(lower, year) for year in _YEARS])
    columns = {
        "code": repeat([a.code for a in lower], len(_YEARS)),
        "name": repeat([a.name for a in lower], len(_YEARS)),
        "year": [str(year) for year in _YEARS] * len(lower),
        "population": whole(people.T.ravel()),
    }
    write_csv(path, columns)


def write_neighbours(path: Path, land: Geography) -> None:
    """The ten authorities most like each in deprivation, size and region; below them those that have merged."""
    councils = sorted(land.upper, key=lambda a: a.name)
    merged = list(land.merged_pair)
    likeness = np.array([_traits(a) for a in councils])
    rows: list[Row] = [*_ABOVE, _HEADER]
    rows += [_row(a, councils, likeness) for a in councils]
    blank: Row = ("",) * _COLUMNS
    rows += [blank, ("", "Old SNs:", *blank[2:]), blank]
    rows += [_row(a, councils, likeness) for a in merged]
    write_xlsx(path, Sheet("LA SN Groups", rows))


def _traits(authority: Authority) -> tuple[float, float, float]:
    """What makes authorities alike; London is a world of its own."""
    return authority.deprivation, 0.4 * float(np.log(authority.people)), 0.8 * bool(part_of_london(authority))


def _row(authority: Authority, councils: list[Authority], likeness: np.ndarray) -> Row:
    """An authority's number, name and region, and its neighbours with how close each is."""
    apart = np.sqrt(((likeness - np.array(_traits(authority))) ** 2).sum(axis=1))
    nearest = [nth for nth in np.argsort(apart, kind="stable") if councils[nth].code != authority.code][:_NEIGHBOURS]
    found = [(councils[nth].number, _CLOSENESS[int(np.searchsorted(_STEPS, apart[nth]))]) for nth in nearest]
    number_of_region = sorted(REGIONS.values()).index(REGIONS[authority.region]) + 1
    region = _PARTS.get(part_of_london(authority)) or REGIONS[authority.region]
    return (
        authority.number, authority.name, authority.number, number_of_region, region,
        *(cell for neighbour in found for cell in neighbour),
    )  # fmt: skip
