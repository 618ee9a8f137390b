"""Reference files read into Parquet, all text, under slugged headers.

Contains reading lookups and denominators by their contracts. Not here: the locations in them (`known_locations` for
screening, dbt for the dimensions).
"""

import json
import os
import shutil
from pathlib import Path

import duckdb

from orchestration.contracts.references import ReferenceContract
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal
from orchestration.returns.files import reading, sniffing
from orchestration.returns.rules import Problem, refuses
from orchestration.returns.screening.layout import matching
from orchestration.returns.screening.layout.labels import clean
from orchestration.returns.screening.meaning.known_locations import slugged
from orchestration.returns.screening.scratch_database import scratch_database


def read_reference(
    settings: Settings, path: Path, file_name: str, contract: ReferenceContract, target: Path
) -> list[Problem]:
    """Write `target`/reference.parquet and outcome.json, and return the problems; if one is an error, only the outcome
    is written."""
    for leftover in target.parent.glob(f".{target.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    with scratch_database(settings) as (con, folder):
        rows, problems = _read(con, path, file_name, contract, folder, fresh / "reference.parquet")
    facts = {"accepted": not refuses(problems), "rows": rows, "problems": [p.message for p in problems]}
    (fresh / "outcome.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return problems


def _read(
    con: duckdb.DuckDBPyConnection, path: Path, file_name: str, contract: ReferenceContract, folder: Path, parquet: Path
) -> tuple[int, list[Problem]]:
    """Write `parquet`, unless a problem refuses the file; return the number of rows and the problems."""
    if path.stat().st_size == 0:
        return 0, [Problem("file.empty", f"'{file_name}' is empty")]
    if problem := sniffing.check_kind(path, file_name, {contract.file.format}):
        return 0, [problem]
    sheet = reading.open_sheet(con, path, file_name, contract.file, folder)
    if isinstance(sheet, Problem):
        return 0, [sheet]
    header_row, match = matching.find_header(contract.columns, contract.file, sheet)
    headers = sheet.head[header_row - 1]
    problems = matching.header_problems(contract.columns, headers, match, contract.file.delimiter, header_row)
    if problems:
        return 0, problems
    problems = reading.load_rows(con, sheet, header_row, sorted(match.positions.values()), file_name)
    if problems:
        return 0, problems
    columns = ", ".join(
        (clean(f"c{match.positions[name]}") if name in match.positions else "CAST(NULL AS VARCHAR)")
        + f" AS {ident(slugged(name))}"
        for name in contract.columns
    )
    counted = con.execute("SELECT count(*) FROM raw").fetchone()
    if counted is None or counted[0] == 0:
        return 0, [Problem("rows.none", f"'{file_name}' has no data rows below its header")]
    con.execute(f"COPY (SELECT {columns} FROM raw ORDER BY source_row) TO {literal(str(parquet))} (FORMAT parquet)")
    return int(counted[0]), problems
