"""The whole sample: every return and reference that has a contract, and the list of submissions.

Contains writing the files and the list. Not here: the content of a file (`rows`, `references`).
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
from orchestration.sample.axes import Inputs
from orchestration.sample.files import write_file
from orchestration.sample.patterns import text_for
from orchestration.sample.places import make_land
from orchestration.sample.references import reference_rows
from orchestration.sample.rows import File

LIST_NAME = "SUBMISSIONS.tsv"
HEADER = ("file", "kind", "department", "return_code", "received_at", "period_hint")


def load_seeds(folder: Path, contracts: Contracts) -> dict[str, Seed]:
    """Return the seed of each return; empty if it has no file."""
    paths = {code: folder / f"{code.replace('.', '/')}.yml" for code in contracts.returns}
    return {
        code: parse(path, Seed) if path.is_file() else Seed.model_validate({"return": code})
        for code, path in paths.items()
    }


def files_of(seed: Seed, contract: ReturnContract) -> list[FileSeed]:
    """Return the files of a seed; by default one for the years to 2024, received on the day that it is due."""
    if seed.files:
        return seed.files
    rule = next((measure.period for measure in contract.measures if measure.period), PeriodRule(kind="CY"))
    year = "2023-24" if rule.kind in ("FY", "AY", "JY") else "2024"
    layout, period = contract.layouts[0], parse_period(year, rule)
    one_period = layout.period.column is None or layout.period.submission
    settings = {"hint": year, "periods": {"first": "2024", "last": "2024"}} if one_period else {}
    name = f"{seed.return_code.replace('.', '/')}_{year}.{layout.file.format}"
    due = due_date(contract, period.end if period else date(2024, 12, 31))
    return [FileSeed.model_validate({"file": name, "received_at": due, **settings})]


def write_sample(directory: Path, seed: int = 2008, contracts_folder: Path | None = None) -> Path:
    """Write returns for every contract, their references and `SUBMISSIONS.tsv` to `directory`; return the list.

    The same seed gives the same bytes. The columns of the list are `file` (relative to the list), `kind`, `department`,
    `return_code`, `received_at` (UTC) and `period_hint`. Existing files are overwritten. Raise OversightError if no
    file can be generated for a contract.
    """
    folder = contracts_folder or Settings().contracts
    contracts = load_contracts(folder)
    samples, salt = folder / "samples", str(seed)
    if not (samples / "geography.yml").is_file():
        raise OversightError(f"{samples} has no geography.yml; copy contracts/samples of the project to this folder.")
    land = make_land(parse(samples / "geography.yml", GeographySeed), contracts.codes, salt)
    seeds = load_seeds(samples, contracts)
    entries: list[tuple[str, ...]] = [HEADER]

    def add(file: FileSeed | ReferenceSeed, kind: str, department: str, code: str) -> None:
        entries.append((file.file, kind, department, code, f"{file.received_at}T09:30:00Z", file.hint))

    for code, contract in contracts.returns.items():
        inputs = Inputs(contract, seeds[code], land, contracts.codes, salt)
        for file in files_of(seeds[code], contract):
            path = directory / file.file
            if file.same_as:
                path.write_bytes((directory / file.same_as).read_bytes())
            else:
                content = File(inputs, file)
                sheet = file.sheet or text_for(content.layout.file.sheet or "Sheet1")
                write_file(path, content.layout.file, content.rows(), sheet, bom=file.bom)
            add(file, "return", contract.department, code)
    described = [level.described for each in seeds.values() for level in each.measures.values() if level.described]
    for code, reference in contracts.references.items():
        path = samples / "references" / f"{code.removeprefix('ref.')}.yml"
        if path.is_file():
            reference_seed = parse(path, ReferenceSeed)
            rows = reference_rows(reference_seed, reference, land, described)
            write_file(directory / reference_seed.file, reference.file, rows, reference_seed.sheet)
            add(reference_seed, "reference", reference.department, code)
    with (directory / LIST_NAME).open("w", encoding="utf-8", newline="") as list_file:
        csv.writer(list_file, delimiter="\t", lineterminator="\n").writerows(entries)
    return directory / LIST_NAME
