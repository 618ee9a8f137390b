"""A&E attendances by organisation, type and month: two files that are taken, and one that is refused.

Belongs here: the three files of `nhse.ae_attendances`. Does not belong here: other NHS returns.

Some trusts take part in a field test and report attendances without breaches: blank, which is not zero. The
second file repeats the last quarter of the first with corrections. The third holds text in a number, a month
that does not exist, more breaches than attendances, and a key that stands twice with different figures.
"""

from pathlib import Path

import numpy as np

from orchestration.sample.chance import stream
from orchestration.sample.delimited import write_csv
from orchestration.sample.submissions import Sent

RETURN = "nhse.ae_attendances"
FIRST = "health/nhs_ae_attendances_trust_monthly_2023_2024.csv"
SECOND = "health/nhs_ae_attendances_trust_monthly_2024_h1.csv"
REFUSED = "health/nhs_ae_attendances_trust_monthly_2024_q3.csv"
FIELD_TEST_TRUSTS = 6
_TRUSTS, _WITH_EYE_UNIT, _WALK_IN_CENTRES = 90, 25, 30
_HEADER = ("period", "org_code", "type", "attendances", "breaches", "admissions")
_Row = tuple[str, str, str, int, int | None, int]


def _months(first: tuple[int, int], count: int) -> list[str]:
    """First days of `count` months from the year and month `first`."""
    year, month = first
    return [f"{year + (month + n - 1) // 12}-{(month + n - 1) % 12 + 1:02d}-01" for n in range(count)]


def _organisations() -> list[tuple[str, tuple[str, ...]]]:
    """Codes in ranges that are not in use, with the attendance types that each reports."""
    codes = [f"RZ{digit}" for digit in range(1, 10)]
    codes += [f"Z{letter}{digit}" for letter in "ABCDEFGHJK" for digit in range(1, 10)]
    made = [
        (code, ("1", "2", "other") if n < _WITH_EYE_UNIT else ("1", "other")) for n, code in enumerate(codes[:_TRUSTS])
    ]
    centres = [f"ZX{n:03d}" if n % 3 else f"Y99{n:03d}" for n in range(_WALK_IN_CENTRES)]
    return [*made, *((code, ("other",)) for code in centres)]


def _figures(seed: int, months: list[str], first_month: int) -> list[_Row]:
    """Rows of every organisation for some months; the same month has the same figures whatever the file."""
    listed = _organisations()
    size = np.exp(0.35 * stream(seed, f"{RETURN} size").standard_normal(len(listed)))
    strain = stream(seed, f"{RETURN} strain").standard_normal(len(listed))
    rows: list[_Row] = []
    for nth, month in enumerate(months, start=first_month):
        chance = stream(seed, f"{RETURN} {month}")
        winter = 1.0 if int(month[5:7]) in (11, 12, 1, 2, 3) else 0.0
        late = 1 / (1 + np.exp(-(-1.25 + 0.5 * strain + 0.25 * winter + 0.006 * nth)))
        draws = np.exp(0.05 * chance.standard_normal((len(listed), 3)))
        for place, (code, types) in enumerate(listed):
            for at, kind in enumerate(types):
                typical = {"1": 8_500, "2": 900, "other": 3_600}[kind]
                seen = int(typical * size[place] * draws[place, at])
                share = float(late[place]) * (1.0 if kind == "1" else 0.06)
                breaches = None if place < FIELD_TEST_TRUSTS else int(seen * share)
                rows.append((month, code, kind, seen, breaches, int(seen * 0.27) if kind == "1" else 0))
    return rows


def _corrected(rows: list[_Row], seed: int, months: list[str]) -> list[_Row]:
    """The rows with one in twelve of those months corrected upwards a little."""
    chance = stream(seed, f"{RETURN} corrections").random(len(rows))
    return [
        (month, code, kind, seen + 3 + seen // 200, late if late is None else late + 2, admitted)
        if month in months and draw < 1 / 12
        else (month, code, kind, seen, late, admitted)
        for (month, code, kind, seen, late, admitted), draw in zip(rows, chance, strict=True)
    ]


def _spoiled(columns: dict[str, list[str]]) -> dict[str, list[str]]:
    """The columns with the four faults for which the third file is refused."""
    columns["attendances"][10] = "n/k"
    columns["period"][25] = "2024-13-01"
    columns["breaches"][40] = str(int(columns["attendances"][40]) + 12)
    for name, values in columns.items():
        values.append(values[60] if name != "attendances" else str(int(values[60]) + 100))
    return columns


def _columns(rows: list[_Row]) -> dict[str, list[str]]:
    cells = zip(*rows, strict=True)
    return {
        name: ["" if value is None else str(value) for value in values]
        for name, values in zip(_HEADER, cells, strict=True)
    }


def write_ae_attendances(folder: Path, seed: int) -> list[Sent]:
    """Write the three files below `folder`."""
    year, half, quarter = _months((2023, 4), 12), _months((2024, 1), 9), _months((2024, 10), 3)
    first = _columns(_figures(seed, year, 0))
    second = _columns(_corrected(_figures(seed, half, 9), seed, year[-3:]))
    refused = _spoiled(_columns(_figures(seed, quarter, 18)))
    for file, columns in ((FIRST, first), (SECOND, second), (REFUSED, refused)):
        write_csv(folder / file, columns, quoted=("org_code", "type"), quote_header=True)
    return [
        Sent(FIRST, RETURN, "2024-04-11T09:30:00Z"),
        Sent(SECOND, RETURN, "2024-10-10T09:30:00Z"),
        Sent(REFUSED, RETURN, "2025-01-09T09:30:00Z"),
    ]
