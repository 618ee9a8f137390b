"""What authorities spent on social care and public health, in the first and second release of one year.

Belongs here: amounts, and the two workbooks of `mhclg.revenue_outturn_ro3`. Does not belong here: lines and
bodies (`mhclg_revenue_outturn_lines`).

Amounts are whole hundredths of a thousand pounds, so that C3 = C1 + C2, C6 = C4 + C5 and C7 = C3 - C6 hold to
the last digit. Looked-after children cost here what the interactive tool says they cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from orchestration.sample.chance import Flags, Ints, stream
from orchestration.sample.dfe_children_looked_after import Counts
from orchestration.sample.dfe_lait import care_spend
from orchestration.sample.geography import Geography
from orchestration.sample.mhclg_revenue_outturn_lines import (
    CHILDREN,
    CLASSES,
    ENGLAND_ROW,
    GREATER_LONDON,
    ITEM_CODES,
    ITEMS,
    LAST_COLUMN,
    LEADING,
    LINES,
    LOOKED_AFTER,
    OF_WHICH,
    Body,
    Line,
    bodies,
)  # fmt: skip
from orchestration.sample.packages import Cell, Row, Sheet, write_ods
from orchestration.sample.submissions import Sent

RETURN = "mhclg.revenue_outturn_ro3"
FIRST = "localgov/RO3_2024-25_v2025-09-26.ods"
SECOND = "localgov/RO3_2024-25_v2026-01-19.ods"
SHEET = "RO3_LA_Data_202425"
_YEAR_ENDS = 2025
_MISSING_FIRST, _MISSING_SECOND = 12, 5
_MARK_MISSING, _MARK_NOT_ESTIMATED, _MARK_NOT_RELEVANT = "[x]", "[n]", "[Y]"
_LOOKED_AFTER_LINES = range(2, 6)
_ADULT_LINES = range(10, 14)


@dataclass(frozen=True)
class Release:
    """One release: amounts shaped (bodies, lines, 7), a memorandum for each total, and what is missing."""

    date: str
    ordinal: str
    looked_after: str
    amounts: Ints
    memoranda: Ints
    practices: Ints
    missing: Flags
    certified: Flags
    notes: dict[int, str]
    note_cells: dict[tuple[int, int], str]


def _income(expenditure: Ints, chance: np.random.Generator) -> tuple[Ints, Ints]:
    """Fees and other income that go with an expenditure."""
    shape = expenditure.shape
    fees = np.round(expenditure * 0.05 * chance.random(shape)).astype(np.int64)
    other = np.round(expenditure * 0.25 * chance.random(shape)).astype(np.int64)
    return fees, other


def _completed(lines: Ints) -> Ints:
    """Amounts with totals over lines, and C3, C6 and C7 over items, worked out from C1, C2, C4 and C5."""
    lines = lines.copy()
    for items in (0, 1, 3, 4):
        lines[:, 1, items] = lines[:, list(_LOOKED_AFTER_LINES), items].sum(axis=1)
        for place, line in enumerate(LINES):
            if line.total_of:
                parts = [nth for nth, part in enumerate(LINES) if part.group == line.total_of]
                lines[:, place, items] = lines[:, parts, items].sum(axis=1)
    lines[:, :, 2] = lines[:, :, 0] + lines[:, :, 1]
    lines[:, :, 5] = lines[:, :, 3] + lines[:, :, 4]
    lines[:, :, 6] = lines[:, :, 2] - lines[:, :, 5]
    return lines


def _amounts(listed: list[Body], land: Geography, counts: Counts, seed: int, chance: np.random.Generator) -> Ints:
    """Amounts of all bodies, also of those that a release lacks. Zero where a body has no such duty."""
    spend = care_spend(land, counts, seed, _YEAR_ENDS)
    by_code = {authority.code: authority for authority in land.upper}
    lines = np.zeros((len(listed), len(LINES), len(ITEMS)), dtype=np.int64)
    for row, body in enumerate(listed):
        if not body.upper:
            continue
        authority = by_code[body.code]
        need = np.exp(0.25 * authority.deprivation)
        people = np.array([authority.children if line.group == CHILDREN else authority.people for line in LINES])
        cost = np.array([line.pounds_a_head for line in LINES]) * people * need / 10
        cost *= np.exp(0.2 * chance.standard_normal(len(LINES)))
        looked_after = spend[body.code] or authority.children * 700
        for place, share in zip(_LOOKED_AFTER_LINES, OF_WHICH, strict=True):
            cost[place] = looked_after * share / 10
        staff = cost * np.clip(0.4 + 0.15 * chance.standard_normal(len(LINES)), 0.05, 0.95)
        lines[row, :, 0] = np.round(staff)
        lines[row, :, 1] = np.round(cost) - lines[row, :, 0]
    fees, other = _income(lines[:, :, 0] + lines[:, :, 1], chance)
    lines[:, :, 3], lines[:, :, 4] = fees, other
    return _completed(lines)


def _revised(amounts: Ints, listed: list[Body], chance: np.random.Generator) -> Ints:
    """A third of the social care authorities correct running expenses on some of their lines."""
    upper = np.array([body.upper for body in listed])
    who = upper & (chance.random(len(listed)) < 0.3)
    which = chance.random(amounts.shape[:2]) < 0.25
    change = np.round(amounts[:, :, 1] * 0.03 * chance.standard_normal(amounts.shape[:2])).astype(np.int64)
    revised = amounts.copy()
    revised[:, :, 1] += np.where(who[:, None] & which, change, 0)
    return _completed(revised)


def _releases(land: Geography, counts: Counts, seed: int) -> tuple[list[Body], Release, Release]:
    chance = stream(seed, RETURN)
    listed = bodies(land)
    first = _amounts(listed, land, counts, seed, chance)
    second = _revised(first, listed, chance)
    totals = [nth for nth, line in enumerate(LINES) if line.total_of]
    memoranda = (first[:, totals, 0] // 20).astype(np.int64)
    practices = (first[:, totals[-1], 6] // 50).astype(np.int64)
    councils = np.array([nth for nth, body in enumerate(listed) if body.letters in ("SD", "UA", "MD")])
    late = chance.choice(councils, _MISSING_FIRST + 3, replace=False).tolist()
    missing_first, missing_second = (
        np.isin(np.arange(len(listed)), late[:wanted]) for wanted in (_MISSING_FIRST, _MISSING_SECOND)
    )
    unitary = next(n for n, b in enumerate(listed) if b.letters == "UA" and n not in late)
    metropolitan = next(n for n, b in enumerate(listed) if b.letters == "MD" and n not in late)
    county = next(n for n, b in enumerate(listed) if b.letters == "SC")
    noted = {nth: "[note 1]" for nth, body in enumerate(listed) if body.detail == "Combined Authority"}
    certified = chance.random(len(listed)) < 0.85
    early = np.arange(len(listed)) % 6 == 1
    first_release = Release(
        date="18 September 2025",
        ordinal="First",
        looked_after=f"{LOOKED_AFTER} [note 3]",
        amounts=first,
        memoranda=memoranda,
        practices=practices,
        missing=missing_first,
        certified=early & ~missing_first,
        notes={**noted, unitary: "[note 4]"},
        note_cells={(unitary, line): "[note 4]" for line in _ADULT_LINES},
    )
    second_release = replace(
        first_release,
        date="4 December 2025",
        ordinal="Second",
        looked_after=LOOKED_AFTER,
        amounts=second,
        missing=missing_second,
        certified=certified & ~missing_second,
        notes={**noted, metropolitan: "[note 4]"},
        note_cells={(metropolitan, line): "[note 4]" for line in _LOOKED_AFTER_LINES}
        | {(county, _ADULT_LINES[1]): "[note 3]"},
    )
    return listed, first_release, second_release


def _header(release: Release) -> list[str]:
    """The header row: seven leading columns, seven a line, a memorandum after each total, one last column."""
    header = list(LEADING)
    for line in LINES:
        name = release.looked_after if line.name == LOOKED_AFTER else line.name
        header += [f"{name} - {item}" for item in ITEMS]
        if line.memorandum:
            header.append(f"{line.name} - {line.memorandum}")
    return [*header, LAST_COLUMN]


def _cells(lines: Ints, memoranda: Sequence[Cell], practices: int) -> list[Cell]:
    """The figures of one row in thousand pounds."""
    cells: list[Cell] = []
    memorandum = iter(memoranda)
    for line, items in zip(LINES, (lines / 100).tolist(), strict=True):
        cells += items
        if line.memorandum:
            cells.append(next(memorandum))
    return [*cells, practices / 100]


def _body_row(body: Body, row: int, release: Release) -> Row:
    lead = [body.ecode, body.code, body.name]
    width = len(_cells(release.amounts[row], [0] * 3, 0))
    if release.missing[row]:
        return [*lead, "M", body.letters, body.detail, _MARK_MISSING, *[_MARK_MISSING] * width]
    cells = _cells(release.amounts[row], (release.memoranda[row] / 100).tolist(), int(release.practices[row]))
    at = 0
    for place, line in enumerate(LINES):
        if mark := release.note_cells.get((row, place)):
            cells[at : at + len(ITEMS)] = [mark] * len(ITEMS)
        at += len(ITEMS) + bool(line.memorandum)
    certified = "Y" if release.certified[row] else "N"
    return [*lead, release.notes.get(row, ""), body.letters, body.detail, certified, *cells]


def _class_rows(listed: list[Body], release: Release) -> list[Row]:
    """The second table: one row for each class of body with how many certified and what they spent."""
    rows: list[Row] = []
    for code, name, letters, detail in CLASSES:
        inside = np.array([body.detail == detail for body in listed])
        ecode = GREATER_LONDON.ecode if detail == "GLA" else _MARK_NOT_RELEVANT
        sums = _cells(
            release.amounts[inside].sum(axis=0),
            (release.memoranda[inside].sum(axis=0) / 100).tolist(),
            int(release.practices[inside].sum()),
        )
        rows.append([ecode, code, name, "", letters, detail, int(release.certified[inside].sum()), *sums])
    return rows


def _data_sheet(listed: list[Body], release: Release) -> Sheet:
    header = _header(release)
    england = _cells(release.amounts.sum(axis=0), [_MARK_NOT_ESTIMATED] * 3, int(release.practices.sum()))
    lead = [ENGLAND_ROW.ecode, ENGLAND_ROW.code, ENGLAND_ROW.name, "", "Eng", "Eng", _MARK_NOT_RELEVANT]
    codes = [_line_codes(nth, line) for nth, line in enumerate(LINES, start=1)]
    table: list[Row] = [header, *(_body_row(body, row, release) for row, body in enumerate(listed))]
    table += [[*lead, *england], header, *_class_rows(listed, release)]
    table.append([""] * len(LEADING) + [code for line in codes for code in line] + ["RO3-gps-net-cur-exp"])
    last = 6 + len(table)
    preamble: list[Row] = [
        ["Worksheet 2: Revenue Outturn (RO) 2024-25: Social Care and Public Health (RO3) data"],
        ["This worksheet contains two tables. Data are reported in £ thousand."],
        ["This table contains notes, which can be found in the Notes worksheet."],
        ["Blank cells indicate that there is no note in that row."],
        [f"Row {last} is hidden. This row contains reference data required to populate the dropdown."],
        ["Source: sample in the shape of the Revenue account Outturn (RO) returns 2024-25 - RO3 data"],
    ]
    return Sheet(SHEET, [*preamble, *table], hidden=frozenset({last}))


def _line_codes(nth: int, line: Line) -> list[str]:
    codes = [f"RO3-l{nth:02d}-{item}" for item in ITEM_CODES]
    return [*codes, f"RO3-l{nth:02d}-agency"] if line.memorandum else codes


def _other_sheets(listed: list[Body], release: Release) -> list[Sheet]:
    """Front page, notes and the drop-down page: what stands before the data."""
    missing = int(release.missing.sum())
    front: list[Row] = [
        ["General Fund Revenue Account Outturn - RO3 Social Care and Public Health Services 2024-25"],
        ["Description"],
        [f"Sample returns, made up. {release.ordinal} release, {release.date}."],
        ["Relevant information to revenue data for 2024-25"],
        [f"The data is based on complete returns from {len(listed) - missing} of {len(listed)} bodies."],
    ]
    notes: list[Row] = [
        ["Notes", ""],
        ["This worksheet contains one table.", ""],
        ["Note number", "Note text"],
        ["[note 1]", "This combined authority sends a separate return for its police functions."],
        ["[note 2]", "Further aggregates of adult social care expenditure are published elsewhere."],
        ["[note 3]", "There are outstanding validation queries for these items."],
        ["[note 4]", "The authority was unable to provide a breakdown."],
        ["M", "RO return not received in time for publication. England totals have been estimated."],
        [_MARK_NOT_RELEVANT, "Not relevant"],
        [_MARK_NOT_ESTIMATED, "No appropriate estimation for these items."],
        [_MARK_MISSING, "Data not received in time for publication"],
        ["[z]", "This data item is not collected. "],
    ]
    england = (release.amounts.sum(axis=0) / 100).tolist()
    drop_down: list[Row] = [
        ["Worksheet 1: Revenue Outturn (RO) 2024-25: Social Care and Public Health (RO3) data for ENGLAND"],
        ["Data are reported in £ thousand. "],
        [f"Last updated: {release.date}"],
        ["ENGLAND"],
        ["Service category code", "Service line description ", *ITEMS],
        *([str(nth), line.name, *figures] for nth, (line, figures) in enumerate(zip(LINES, england, strict=True), 10)),
    ]
    return [Sheet("Front_Page", front), Sheet("Notes", notes), Sheet("LA_drop-down", drop_down)]


def write_revenue_outturn(folder: Path, land: Geography, counts: Counts, seed: int) -> list[Sent]:
    """Write both releases below `folder`."""
    listed, first, second = _releases(land, counts, seed)
    for file, release in ((FIRST, first), (SECOND, second)):
        write_ods(folder / file, [*_other_sheets(listed, release), _data_sheet(listed, release)])
    return [
        Sent(FIRST, RETURN, "2025-09-18T09:30:00Z", "FY2024-25"),
        Sent(SECOND, RETURN, "2025-12-04T09:30:00Z", "FY2024-25"),
    ]
