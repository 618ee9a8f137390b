"""Reading the sample's files in tests, with readers that know nothing of how they were written."""

import csv
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

REAL = Path(__file__).resolve().parents[3] / "shared" / "returns"

needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real returns are not beside the repository")

Cell = str | float


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file by column name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def header(path: Path) -> list[str]:
    """Column names of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file))


def sheet(path: Path, name: str) -> list[list[Cell]]:
    """All rows of a sheet, from its first."""
    return CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python(skip_empty_area=False)
