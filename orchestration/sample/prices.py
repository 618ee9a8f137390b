"""An index of prices in the shape of the national accounts' series, for the sample's money.

Belongs here: the GDP deflator, invented. Does not belong here: money itself.
"""

from pathlib import Path

from orchestration.sample.delimited import write_csv

_ABOUT = {
    "CDID": "YBGB",
    "Source dataset ID": "UKEA",
    "PreUnit": "£",
    "Unit": "m",
    "Release date": "30-06-2025",
    "Next release": "30 September 2025",
    "Important notes": "",
}
_FIRST, _LAST, _BASE = 2000, 2025, 2022
# Growth of prices in percent a year; 2 unless it stands here.
_GROWTH = {2020: 5.0, 2021: 0.5, 2022: 5.5, 2023: 6.5, 2024: 4.0}


def write_deflator(path: Path) -> None:
    """Write years, then quarters to the first of the last year, with 2022 = 100 and one decimal."""
    index = {_FIRST: 1.0}
    for year in range(_FIRST + 1, _LAST + 1):
        index[year] = index[year - 1] * (1 + _GROWTH.get(year, 2.0) / 100)
    years = {str(year): 100 * index[year] / index[_BASE] for year in range(_FIRST, _LAST)}
    quarters = {
        f"{year} Q{quarter}": 100 * index[year] / index[_BASE] * (1 + (quarter - 2.5) * 0.005)
        for year in range(_FIRST, _LAST + 1)
        for quarter in (1, 2, 3, 4)
        if (year, quarter) <= (_LAST, 1)
    }
    labels = [*_ABOUT, *years, *quarters]
    figures = [*_ABOUT.values(), *(f"{value:.1f}" for value in (*years.values(), *quarters.values()))]
    write_csv(path, {"Title": labels, "Gross domestic product at market prices:Implied deflator:SA": figures})
