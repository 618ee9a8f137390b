"""The local authority interactive tool, in two vintages: every period label and every gap of the real one.

Belongs here: figures of each measure by area and period, and the two Parquet files. Does not belong here:
what the measures are (`dfe_lait_measures`).

The weekly cost of a looked-after child is the spend over the children known when it was compiled, so it
fits the vintage of `dfe.children_looked_after` that was out by the 31 January after the year's end, and no
other.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sample.chance import Flags, Floats, half_up, stream
from orchestration.sample.delimited import trimmed
from orchestration.sample.dfe_children_looked_after import Counts
from orchestration.sample.dfe_lait_measures import MEASURES, Measure
from orchestration.sample.facts import ENGLAND, PARTS_OF_LONDON, REGIONS
from orchestration.sample.geography import LAST_OLD_YEAR, Authority, Geography, part_of_london
from orchestration.sample.references import AGGREGATE_NUMBERS, lait_areas
from orchestration.sample.submissions import Sent

RETURN = "dfe.lait"
EARLIER = "education/lait_v2025-12-22.parquet"
LATER = "education/lait_v2026-02-11.parquet"
_GAP = "-"
_UNREADABLE_PERIOD = "0"
_COST, _SPEND = "LACFinance", "TotalLACFinance"
# Spreadsheets left these with seventeen digits (68.400000000000006) and one as 9.9900000000000006E-3.
_SEVENTEEN_DIGITS = frozenset({"EngMaths9-5", "HE_19_FSM", "HE_19_Non_FSM", "Work_Force_Vac_Rate"})
_SCIENTIFIC = "TotPermEx"
_NOT_FOR_PARTS_OF_LONDON = frozenset({"RTA", "InfMort", "Hosp_Adm_Alc_<18yrs", "ChildPov"})
_REVISED_LATER = frozenset({"AVG_Attain8_Score", "EngMaths9-5", "KS1P_all", "RevCP", "SEN_CASES_JAN"})
_PROVISIONAL = "(prov)"
_AGGREGATE_CODES = {
    **{name.lower(): code for code, name in REGIONS.items()},
    "england": ENGLAND,
    "london (inner)": "E13000001",
    "london (outer)": "E13000002",
}


@dataclass(frozen=True)
class _Areas:
    """Areas in the order of the file: councils first, then aggregates with the councils that make them up."""

    listed: list[tuple[int, str, str, str]]
    councils: list[Authority]
    members: Flags
    old: Flags
    new: Flags

    def exist_in(self, year: int) -> Flags:
        """Which councils there were, under the tool's numbering, in the year that ends in `year`."""
        return ~self.new if year <= LAST_OLD_YEAR else ~self.old


def _areas(land: Geography) -> _Areas:
    listed = lait_areas(land)
    by_number = {authority.number: authority for authority in (*land.upper, *land.merged_pair)}
    councils = [by_number[number] for number, *_ in listed if number in by_number]
    codes = [_AGGREGATE_CODES[name.lower()] for name in AGGREGATE_NUMBERS.values()]
    members = [[code in (ENGLAND, council.region, part_of_london(council)) for council in councils] for code in codes]
    old = np.array([bool(council.ends) for council in councils])
    new = np.array([council.short in land.merged_pair[0].successors for council in councils])
    return _Areas(listed, councils, np.array(members), old, new)


def _known(land: Geography, counts: Counts, year: int) -> dict[str, int | None]:
    """Children looked after by code as first published; the renamed county's also under today's code."""
    known = counts.on_31_march(year)
    if year <= LAST_OLD_YEAR:
        county = land.renamed_county
        today = next(authority.code for authority in land.upper if authority.short in county.successors)
        known[today] = known[county.code]
    return known


def care_spend(land: Geography, counts: Counts, seed: int, year: int) -> dict[str, int | None]:
    """Pounds spent on looked-after children in the financial year that ends in `year`, by authority code.

    None where the count is withheld.
    """
    chance = stream(seed, "children's care spend")
    unit = 1_850 * np.exp(0.18 * chance.standard_normal(len(counts.areas))) * 1.05 ** (year - 2024)
    known = _known(land, counts, year)
    spend: dict[str, int | None] = {}
    for area, weekly in zip(counts.areas, unit.tolist(), strict=True):
        count = known[area.code]
        spend[area.code] = None if count is None else round(count * weekly * 365 / 7)
    return spend


def weekly_cost(spend: Floats, children: Floats) -> Floats:
    """Pounds a week for one child, to the nearest five, as the department compiles it."""
    return 5 * half_up(spend / children / 365 * 7 / 5)


def _care(land: Geography, areas: _Areas, counts: Counts, seed: int, year: int) -> tuple[Floats, Floats]:
    """Spend and weekly cost of all areas in one year, NaN where unknown."""
    by_code, known = care_spend(land, counts, seed, year), _known(land, counts, year)
    codes = [council.code for council in areas.councils]
    spend = np.array([by_code[code] or np.nan for code in codes], dtype=np.float64)
    totals = np.array([np.nansum(spend[inside]) for inside in areas.members])
    codes += [_AGGREGATE_CODES[name.lower()] for name in AGGREGATE_NUMBERS.values()]
    children = np.array([known[code] or np.nan for code in codes], dtype=np.float64)
    all_spend = np.concatenate([spend, totals])
    return all_spend, weekly_cost(all_spend, children)


def _figures(measure: Measure, areas: _Areas, periods: int, chance: np.random.Generator) -> Floats:
    """Figures shaped (periods, areas): councils by their deprivation, aggregates from their councils."""
    deprivation = np.array([council.deprivation for council in areas.councils])
    children = np.array([council.children for council in areas.councils], dtype=np.float64)
    size = len(areas.councils)
    spread = abs(measure.slope) + 0.02 * measure.level
    own = measure.level + measure.slope * deprivation + 0.6 * spread * chance.standard_normal(size)
    figures = (
        own + measure.trend * np.arange(periods)[:, None] + 0.15 * spread * chance.standard_normal((periods, size))
    )
    figures = np.clip(figures, 0, measure.ceiling)
    if measure.scale == "children":
        figures = figures * children
        totals = figures @ areas.members.T
    else:
        weights = areas.members * children
        totals = figures @ (weights / weights.sum(axis=1, keepdims=True)).T
    return np.concatenate([figures, totals], axis=1)


def _spell(figures: Floats, measure: Measure) -> list[str]:
    """Figures as the file spells them; NaN is `-`."""
    if measure.short == _SCIENTIFIC:
        return [_scientific(figure) for figure in half_up(figures, measure.decimals + 3).tolist()]
    rounded = half_up(figures, measure.decimals)
    if measure.short in _SEVENTEEN_DIGITS:
        return [_GAP if figure != figure else f"{figure:.17g}" for figure in rounded.tolist()]
    return [_GAP if text == "nan" else text for text in trimmed(rounded)]


def _scientific(figure: float) -> str:
    if figure != figure:
        return _GAP
    if not 0 < figure < 0.1:
        return f"{figure:.17g}"
    mantissa, exponent = f"{figure:.16E}".split("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{int(exponent)}"


def _last_year(label: str) -> int:
    """The year in which the period of a label ends: 2022 for `2019/20-21/22`."""
    return 2000 + int(label.split(" ")[0][-2:])


def write_lait(folder: Path, land: Geography, counts: Counts, seed: int) -> list[Sent]:
    """Write both vintages below `folder`."""
    areas = _areas(land)
    earlier, later = _Rows(areas), _Rows(areas)
    for measure in MEASURES:
        _fill(measure, areas, land, counts, seed, earlier, later)
    earlier.write(folder / EARLIER)
    later.write(folder / LATER)
    return [Sent(EARLIER, RETURN, "2025-12-22T09:30:00Z"), Sent(LATER, RETURN, "2026-02-11T09:30:00Z")]


def _fill(
    measure: Measure,
    areas: _Areas,
    land: Geography,
    counts: Counts,
    seed: int,
    earlier: "_Rows",
    later: "_Rows",
) -> None:
    """Add one measure's rows to both vintages."""
    chance = stream(seed, f"{RETURN} {measure.short}")
    plain = sorted({label.split(" ")[0] for label in (*measure.earlier, *measure.later)})
    place = {label: nth for nth, label in enumerate(plain)}
    figures = _figures(measure, areas, len(plain), chance)
    if measure.short in (_COST, _SPEND):
        wanted = int(measure.short == _COST)
        figures = np.array([_care(land, areas, counts, seed, _last_year(label))[wanted] for label in plain])
    else:
        _leave_gaps(figures, measure, areas, land, plain, chance)
    step = 10.0**-measure.decimals
    nudge = step * chance.integers(1, 5, figures.shape) * chance.choice([-1, 1], figures.shape)
    moved = chance.random(figures.shape) < 0.04
    changed = chance.random(figures.shape) < 0.85
    for label in measure.earlier:
        row = place[label.split(" ")[0]]
        first = figures[row].copy()
        if label.endswith(_PROVISIONAL):
            first += np.where(changed[row], nudge[row], 0)
        elif measure.short in _REVISED_LATER:
            first += np.where(moved[row], nudge[row], 0)
        earlier.add(measure, label, first, measure.item)
    for label in measure.later:
        newest = label == measure.later[-1] and label not in measure.earlier
        later.add(measure, label, figures[place[label.split(" ")[0]]], "" if newest else measure.item)


def _leave_gaps(
    figures: Floats,
    measure: Measure,
    areas: _Areas,
    land: Geography,
    plain: list[str],
    chance: np.random.Generator,
) -> None:
    """Blank what the tool does not have: no such council that year, too few children, not collected."""
    size = len(areas.councils)
    for row, label in enumerate(plain):
        if label == _UNREADABLE_PERIOD:
            figures[row] = np.nan
        else:
            figures[row, :size][~areas.exist_in(_last_year(label))] = np.nan
    figures[:, :size][:, [council in land.tiny for council in areas.councils]] = np.nan
    figures[:, :size][chance.random((len(plain), size)) < 0.03] = np.nan
    if measure.short in _NOT_FOR_PARTS_OF_LONDON:
        parts = [f"London ({name.split(' ')[0]})" for name in PARTS_OF_LONDON.values()]
        names = list(AGGREGATE_NUMBERS.values())
        figures[:, [size + names.index(part) for part in parts]] = np.nan


class _Rows:
    """Rows of one file, gathered a measure and period at a time."""

    def __init__(self, areas: _Areas) -> None:
        self._areas = areas
        self._blocks: list[tuple[str, str, str]] = []
        self._values: list[str] = []

    def add(self, measure: Measure, label: str, figures: Floats, item: str) -> None:
        """Add a measure's figures for one period, one for each area."""
        self._blocks.append((measure.short, item, label))
        self._values += _spell(figures, measure)

    def write(self, path: Path) -> None:
        """Write the rows as the department's Parquet: all text, but for a number that should be whole."""
        size = len(self._areas.listed)
        blocks = np.repeat(np.arange(len(self._blocks)), size)

        def blockwise(part: int) -> pa.Array:
            return pa.array([block[part] or None for block in self._blocks], pa.string()).take(pa.array(blocks))

        def by_area(part: int, kind: pa.DataType) -> pa.Array:
            here = pa.array([area[part] for area in self._areas.listed], kind)
            return here.take(pa.array(np.tile(np.arange(size), len(self._blocks))))

        table = pa.table({
            "Short Desc": blockwise(0),
            "Data item": blockwise(1),
            "Years": blockwise(2),
            "LA and Regions": by_area(1, pa.string()),
            "Values": pa.array(self._values, pa.string()),
            "LA Number": by_area(0, pa.float64()),
            "Region": by_area(2, pa.string()),
        })  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="snappy", row_group_size=32_768)
