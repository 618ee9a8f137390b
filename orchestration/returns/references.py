"""Reference files read into Parquet, all text, under slugged headers.

Belongs here: reading lookups and denominators by their contracts. Does not belong here: what they say about
places (`places` for screening, dbt for the dimensions).
"""

import json
import os
import shutil
from pathlib import Path

import duckdb

from orchestration.contracts.model import ReferenceContract
from orchestration.returns import matching, reading, sniffing
from orchestration.returns.places import slugged
from orchestration.returns.rules import RULES, Problem
from orchestration.returns.workbench import workbench
from orchestration.settings import Settings
from orchestration.sql import ident, literal


def read_reference(
    settings: Settings, path: Path, file_name: str, contract: ReferenceContract, target: Path
) -> list[Problem]:
    """Write `target`/reference.parquet and outcome.json; returns the problems (with an error among them,
    nothing is written but the outcome)."""
    problems: list[Problem] = []
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with workbench(settings) as (con, folder):
        rows = _read(con, path, file_name, contract, folder, fresh / "reference.parquet", problems)
    facts = {"accepted": not refused(problems), "rows": rows, "problems": [p.message for p in problems]}
    (fresh / "outcome.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh.rename(target)
    return problems


def refused(problems: list[Problem]) -> bool:
    """True if one of the problems refuses the file."""
    return any((p.severity or RULES[p.rule].severity) == "error" for p in problems)


def _read(
    con: duckdb.DuckDBPyConnection, path: Path, file_name: str, contract: ReferenceContract, folder: Path,
    parquet: Path, problems: list[Problem],
) -> int:  # fmt: skip
    if path.stat().st_size == 0:
        problems.append(Problem("file.empty", f"'{file_name}' is empty"))
        return 0
    if problem := sniffing.check_kind(path, file_name, {contract.file.format}):
        problems.append(problem)
        return 0
    sheet = reading.open_sheet(con, path, file_name, contract.file, folder)
    if isinstance(sheet, Problem):
        problems.append(sheet)
        return 0
    match = matching.match_columns(contract.columns, sheet.headers)
    problems += matching.header_problems(contract.columns, sheet.headers, match)
    if match.missing:
        return 0
    broken = reading.load_rows(con, sheet, file_name)
    if broken:
        problems += broken
        return 0
    columns = ", ".join(
        (f"nullif(trim(c{match.positions[name]}), '')" if name in match.positions else "CAST(NULL AS VARCHAR)")
        + f" AS {ident(slugged(name))}"
        for name in contract.columns
    )
    con.execute(f"COPY (SELECT {columns} FROM raw ORDER BY source_row) TO {literal(str(parquet))} (FORMAT parquet)")
    counted = con.execute("SELECT count(*) FROM raw").fetchone()
    return int(counted[0]) if counted else 0
