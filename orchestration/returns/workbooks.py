"""Workbooks: one sheet of an xlsx or ods file written out as text.

Belongs here: opening a workbook, choosing the sheet, and how a typed cell reads as text. Does not belong
here: what the rows mean, or text files (`reading`).
"""

import csv
import re
from datetime import datetime
from pathlib import Path

from orchestration.returns.rules import Problem


def write_sheet(path: Path, file_name: str, wanted: str | None, folder: Path) -> tuple[Path, str] | Problem:
    """The first sheet whose name matches `wanted` (the first of all where None), as CSV in `folder`, and its name.

    calamine reads every row and cell, so that row numbers are those of the sheet.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        # By content: landed bytes have no ending that would tell the format.
        with path.open("rb") as content:
            workbook = CalamineWorkbook.from_filelike(content)
        names = workbook.sheet_names
        name = next((name for name in names if wanted is None or re.search(wanted, name)), None)
        if name is None:
            there = ", ".join(f"'{name}'" for name in names)
            return Problem("file.sheet_missing", f"'{file_name}' has no sheet like '{wanted}'; it has {there}")
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except PasswordError:
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    except (CalamineError, OSError, ValueError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        return Problem("file.unreadable", f"'{file_name}' cannot be read as a workbook: {said}")
    if not rows:
        return Problem("file.empty", f"sheet '{name}' of '{file_name}' is empty")
    target = folder / f"sheet{len(list(folder.iterdir()))}.csv"
    with target.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        lines.writerows([cell_text(cell) for cell in row] for row in rows)
    return target, name


def cell_text(cell: object) -> str:
    """A typed cell as a department would write it: 201, not 201.0; 2024-03-31, not 2024-03-31 00:00:00."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime) and not (cell.hour or cell.minute or cell.second):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)
