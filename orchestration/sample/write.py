"""Contains the whole sample: every return and reference that has a contract, and the list of what arrived when.
Not here: what is in a file (`rows`, `references`).
"""

import csv
from datetime import date
from pathlib import Path

from orchestration.contracts.load import Contracts, load_contracts, parse
from orchestration.contracts.measures import PeriodRule
from orchestration.contracts.model import ReturnContract
from orchestration.contracts.samples import FileSeed, GeographySeed, ReferenceSeed, Seed
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.due import due_date
from orchestration.returns.periods import parse_period
from orchestration.sample.axes import Kind
from orchestration.sample.files import write_file
from orchestration.sample.patterns import text_for
from orchestration.sample.places import make_land
from orchestration.sample.references import reference_rows
from orchestration.sample.rows import File

LIST_NAME = "SUBMISSIONS.tsv"
HEADER = ("file", "kind", "department", "return_code", "received_at", "period_hint")


def load_seeds(folder: Path, contracts: Contracts) -> dict[str, Seed]:
    """The seed of each return: that of its file, or an empty one."""
    found = {code: folder / f"{code.replace('.', '/')}.yml" for code in contracts.returns}
    return {
        code: parse(path, Seed) if path.is_file() else Seed.model_validate({"return": code})
        for code, path in found.items()
    }


def files_of(seed: Seed, contract: ReturnContract) -> list[FileSeed]:
    """The files of a seed; without any, one of the years to 2024, sent on the day that it is due."""
    if seed.files:
        return seed.files
    rule = next((measure.period for measure in contract.measures if measure.period), PeriodRule(kind="CY"))
    year = "2023-24" if rule.kind in ("FY", "AY", "JY") else "2024"
    layout, period = contract.layouts[0], parse_period(year, rule)
    whole = layout.period.column is None or layout.period.submission
    one = {"hint": year, "periods": {"first": "2024", "last": "2024"}} if whole else {}
    name = f"{seed.return_code.replace('.', '/')}_{year}.{layout.file.format}"
    due = due_date(contract, period.end if period else date(2024, 12, 31))
    return [FileSeed.model_validate({"file": name, "received_at": due, **one})]


def write_sample(directory: Path, seed: int = 2008, contracts_folder: Path | None = None) -> Path:
    """Write returns for every contract, the references they need and `SUBMISSIONS.tsv` below `directory`.

    The same seed gives the same bytes. Returns the path of the list, whose columns are `file` (relative to the list),
    `kind`, `department`, `return_code`, `received_at` (UTC) and `period_hint`. Files that are there already are
    overwritten; raises OversightError where a contract cannot be turned round.
    """
    folder = contracts_folder or Settings().contracts
    contracts = load_contracts(folder)
    samples, salt = folder / "samples", str(seed)
    if not (samples / "geography.yml").is_file():
        raise OversightError(f"{samples}: no geography.yml here; copy contracts/samples of the project to this folder.")
    geography = parse(samples / "geography.yml", GeographySeed)
    land = make_land(geography, contracts.codes, salt)
    seeds = load_seeds(samples, contracts)
    sent: list[tuple[str, ...]] = []
    for code, contract in contracts.returns.items():
        kind = Kind(contract, seeds[code], land, contracts.codes, salt)
        for file in files_of(seeds[code], contract):
            path = directory / file.file
            if file.same_as:
                path.write_bytes((directory / file.same_as).read_bytes())
            else:
                made = File(kind, file)
                sheet = file.sheet or text_for(made.layout.file.sheet or "Sheet1")
                write_file(path, made.layout.file, made.rows(), sheet, bom=file.bom)
            sent.append((file.file, "return", contract.department, code, f"{file.received_at}T09:30:00Z", file.hint))
    described = [level.described for each in seeds.values() for level in each.measures.values() if level.described]
    for code, reference in contracts.references.items():
        path = samples / "references" / f"{code.removeprefix('ref.')}.yml"
        if path.is_file():
            told = parse(path, ReferenceSeed)
            rows = reference_rows(told, reference, land, described)
            write_file(directory / told.file, reference.file, rows, told.sheet)
            sent.append(
                (told.file, "reference", reference.department, code, f"{told.received_at}T09:30:00Z", told.hint)
            )
    listed = directory / LIST_NAME
    with listed.open("w", encoding="utf-8", newline="") as file_out:
        csv.writer(file_out, delimiter="\t", lineterminator="\n").writerows([HEADER, *sent])
    return listed
