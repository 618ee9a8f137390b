"""A bench for screening: tiny contracts, tiny references, files made in code.

`Bench(folder).screen(text)` screens a file against `CONTRACT`; `contract_with(layouts__0__rows=…)` is that
contract with some parts changed, the path to a part written with double underscores.
"""

import copy
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import Settings
from orchestration.returns.screening.references import read_reference
from orchestration.returns.screening.screener import Incoming, Outcome, Screener

CODES = """
departments: {dept: Department of Examples}
gss_entities:
  E92: {level: country, type: country, description: England}
  E12: {level: region, type: region, description: Regions}
  E06: {level: local_authority, type: unitary_authority, description: Unitary authorities}
  E07: {level: district, type: district, description: Districts}
aliases:
  - {name: Old Alpha, code: E06000001, level: local_authority}
"""

PLACES = """
reference: ref.places
name: Places
description: Codes and names.
department: dept
owner: {name: Someone, email: someone@example.org}
file: {format: csv}
columns: {code: {}, name: {}, ended: {required: false}, own: {required: false}}
places:
  - {code: code, names: [name], ended: ended}
  - {code: own, gss: code, scheme: own, names: [name]}
"""

PLACES_FILE = """code,name,ended,own
E92000001,England,,
E06000001,Alpha,,101
E06000002,Beta,,102
E06000003,Gamma,,103
E07000003,Gamma,,
E06000004,Delta,2020-03-31,
E06000005,Delta,,
"""

MEANINGS = """
reference: ref.meanings
name: Meanings
description: What measures mean.
department: dept
owner: {name: Someone, email: someone@example.org}
file: {format: csv}
columns: {Label: {}, Title: {}, Unit: {}, Good end: {}, Year: {}, Definition: {}}
"""

MEANINGS_FILE = """Label,Title,Unit,Good end,Year,Definition
Places,Places in schools,places,High,Academic Year,"Places that are there.

 Not those to come."
Places,Places in schools again,places,High,Academic Year,Once more.
Share %,Share of places,%,Low,Financial Year,NA
"""

CONTRACT = """
return: dept.figures
name: Figures
description: Figures by area, sex and indicator.
department: dept
owner: {name: Someone, email: someone@example.org}
cadence: annual
due: {months_after_period_end: 6}
burden: {hours_per_return: 1}
markers: {c: c, "[x]": x, "..": x, "999": u}
measures:
  - {code: dept.rate, name: Rate, unit: "%", value_type: proportion, domain: standards, multiplier: 100, period: {kind: FY}}
  - {code: dept.count, name: Count, unit: people, value_type: count, domain: context, minimum: 0, period: {kind: FY}}
layouts:
  - name: long
    file: {format: csv}
    columns:
      period: {}
      area_code: {aliases: [code]}
      area_name: {}
      sex: {}
      indicator: {}
      numerator: {}
      denominator: {}
      value: {}
      status: {required: false}
      note: {required: false}
    period: {column: period}
    locations: [{code: area_code, name: area_name}]
    characteristics:
      - code: sex
        name: Sex
        column: sex
        total: ["", Persons]
        categories: {male: {name: Male, labels: [M]}, female: {name: Female}}
    cells:
      - measure: dept.rate
        when: {indicator: [Rate]}
        numerator: numerator
        denominator: denominator
        value: value
        status: status
      - {measure: dept.count, when: {indicator: [Count]}, value: value, status: status}
    note: note
"""

HEADER = "period,area_code,area_name,sex,indicator,numerator,denominator,value,status,note"
GOOD_ROWS = (
    "2022-23,E06000001,Alpha,Male,Rate,5,10,50,,",
    "2022-23,E06000001,Alpha,Female,Rate,4,10,40,,",
    "2022-23,E06000002,Beta,Persons,Rate,9,20,45,,",
    "2022-23,E06000002,Beta,,Count,,,20,,",
)


def csv_of(*rows: str, header: str = HEADER) -> str:
    """A CSV text of the header and `rows`, with a line end after each."""
    return "".join(f"{line}\n" for line in (header, *rows))


GOOD = csv_of(*GOOD_ROWS)


def contract_with(base: str = CONTRACT, **changes: Any) -> str:
    """`base` with parts changed: `measures__0__maximum=100`, or removed where the value is None."""
    tree = yaml.safe_load(base)
    for path, value in changes.items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        part = tree
        for step in steps:
            part = part[step]
        if value is None:
            del part[last]
        elif isinstance(part, list) and last == len(part):
            part.append(copy.deepcopy(value))
        else:
            part[last] = copy.deepcopy(value)
    return str(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True))


def workbook(rows: list[list[object]], sheet: str = "Data", other_sheets: tuple[str, ...] = ()) -> bytes:
    """An xlsx workbook with `rows` in one sheet, after empty `other_sheets`."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in other_sheets:
        book.create_sheet(name)
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def locked(content: bytes) -> bytes:
    """A workbook protected by a password."""
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(content)).encrypt("secret", out)
    return out.getvalue()


def spreadsheet(rows: list[list[object]], sheet: str = "Data") -> bytes:
    """An ods spreadsheet with `rows` in one sheet."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    table = Table(name=sheet)
    for row in rows:
        line = TableRow()
        for value in row:
            numeric = isinstance(value, int | float)
            cell = TableCell(valuetype="float", value=value) if numeric else TableCell(valuetype="string")
            if value is not None:
                cell.addElement(P(text=str(value)))
            line.addElement(cell)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def parquet(folder: Path, query: str) -> bytes:
    """The rows of a query as the bytes of a Parquet file."""
    path = folder / "made.parquet"
    duckdb.sql(query).write_parquet(str(path))
    return path.read_bytes()


class Bench:
    """Contracts, references and files in a folder, and what screening makes of them."""

    def __init__(
        self,
        folder: Path,
        contract: str = CONTRACT,
        references: Mapping[str, str] | None = None,
        codes: str = CODES,
        **settings: Any,
    ) -> None:
        self.folder = folder
        contracts = folder / "contracts"
        (contracts / "returns" / "dept").mkdir(parents=True, exist_ok=True)
        (contracts / "references").mkdir(exist_ok=True)
        (contracts / "codes.yml").write_text(codes, encoding="utf-8")
        (contracts / "returns" / "dept" / "figures.yml").write_text(contract, encoding="utf-8")
        (contracts / "references" / "places.yml").write_text(PLACES, encoding="utf-8")
        (contracts / "references" / "meanings.yml").write_text(MEANINGS, encoding="utf-8")
        self.settings = Settings(home=folder / "home", contracts=contracts, threads=1, memory_limit="1GB", **settings)
        self.contracts = load_contracts(contracts)
        given = {"ref.places": PLACES_FILE, "ref.meanings": MEANINGS_FILE} if references is None else references
        self.references = {code: self._read(code, text) for code, text in given.items()}
        self.screener = Screener(self.settings, self.contracts, self.references)

    def _read(self, code: str, text: str) -> Path:
        path = self.folder / f"{code}.csv"
        path.write_text(text, encoding="utf-8")
        target = self.folder / "references" / code
        problems = read_reference(self.settings, path, path.name, self.contracts.references[code], target)
        assert problems == []
        return target / "reference.parquet"

    def incoming(self, content: str | bytes, name: str = "figures.csv", hint: str | None = None) -> Incoming:
        """A file as the screener takes it."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Incoming(path, name, "dept.figures.key", "dept.figures", "dept", datetime(2024, 1, 1, tzinfo=UTC), hint)

    def screen(self, content: str | bytes, name: str = "figures.csv", hint: str | None = None) -> Outcome:
        """What screening finds in a file; the Parquet files are kept for `observations`."""
        return self.screener.screen(self.incoming(content, name, hint), self.folder / "kept")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query over `observations`, `locations`, `measures` and `problems` of the last file screened."""
        with duckdb.connect() as con:
            for path in (self.folder / "kept").glob("*.parquet"):
                con.execute(f"CREATE VIEW {path.stem} AS FROM read_parquet('{path}')")
            return con.execute(query).fetchall()


def found(outcome: Outcome, *severities: str) -> list[str]:
    """The rules of the problems of these severities (errors and warnings unless said), in order, each once."""
    wanted = severities or ("error", "warning")
    return sorted({str(p["rule"]) for p in outcome.problems if p["severity"] in wanted})
