"""Workbooks as the smallest packages that spreadsheet readers accept, the same bytes every time.

Belongs here: the zip container and the parts that every ods or xlsx needs. Does not belong here: what stands
in a sheet. Timestamps inside a package are fixed, so equal sheets make equal files.
"""

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | float | int | None
Row = Sequence[Cell]

_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SHEET_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE_TYPES = "application/vnd.openxmlformats-package"
_OFFICE = "http://schemas.openxmlformats.org"
_WIDEST = 16_384
_TALLEST = 1_048_576


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows, and which of them (numbered from 1) are hidden."""

    name: str
    rows: Sequence[Row]
    hidden: frozenset[int] = frozenset()


def _pack(path: Path, parts: Iterable[tuple[str, str]], stored_first: bool) -> None:
    """Write parts as a zip whose entries all date from 1 January 1980."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        for position, (name, text) in enumerate(parts):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            stored = stored_first and position == 0
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            package.writestr(entry, text.encode(), compresslevel=None if stored else 6)


def _ods_cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, str):
        return '<table:table-cell office:value-type="string"><text:p>' + escape(cell) + "</text:p></table:table-cell>"
    exact = repr(cell).removesuffix(".0")
    return (
        f'<table:table-cell office:value-type="float" office:value="{exact}">'
        f"<text:p>{cell:,.0f}</text:p></table:table-cell>"
    )


def _ods_row(row: Row, hidden: bool) -> str:
    collapse = ' table:visibility="collapse"' if hidden else ""
    rest = f'<table:table-cell table:number-columns-repeated="{_WIDEST - len(row)}"/>'
    return f"<table:table-row{collapse}>{''.join(map(_ods_cell, row))}{rest}</table:table-row>"


def _ods_sheet(sheet: Sheet) -> str:
    rows = "".join(_ods_row(row, number in sheet.hidden) for number, row in enumerate(sheet.rows, start=1))
    rest = (
        f'<table:table-row table:number-rows-repeated="{_TALLEST - len(sheet.rows)}">'
        f'<table:table-cell table:number-columns-repeated="{_WIDEST}"/></table:table-row>'
    )
    return (
        f'<table:table table:name="{escape(sheet.name)}">'
        f'<table:table-column table:number-columns-repeated="{_WIDEST}"/>{rows}{rest}</table:table>'
    )


def write_ods(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write an OpenDocument spreadsheet, padded to the full grid as spreadsheet programs leave it."""
    spaces = " ".join(f'xmlns:{short}="{_ODF}:{short}:1.0"' for short in ("office", "table", "text", "style"))
    content = (
        f'{_XML}<office:document-content {spaces} office:version="1.4"><office:body><office:spreadsheet>'
        f"{''.join(map(_ods_sheet, sheets))}</office:spreadsheet></office:body></office:document-content>"
    )
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in (("/", _ODS_TYPE), ("content.xml", "text/xml"), ("styles.xml", "text/xml"))
    )
    manifest = f'{_XML}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">{entries}</manifest:manifest>'
    styles = f'{_XML}<office:document-styles {spaces} office:version="1.4"/>'
    parts = (
        ("mimetype", _ODS_TYPE),
        ("content.xml", content),
        ("styles.xml", styles),
        ("META-INF/manifest.xml", manifest),
    )
    _pack(path, parts, stored_first=True)


def _column_letters(position: int) -> str:
    letters = ""
    while position:
        position, digit = divmod(position - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _xlsx_cell(cell: Cell, place: str) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    return f'<c r="{place}"><v>{repr(cell).removesuffix(".0")}</v></c>'


def write_xlsx(path: Path, sheet: Sheet) -> None:
    """Write an Office Open XML workbook of one sheet."""
    rows = "".join(
        f'<row r="{number}">'
        + "".join(_xlsx_cell(cell, f"{_column_letters(at)}{number}") for at, cell in enumerate(row, start=1))
        + "</row>"
        for number, row in enumerate(sheet.rows, start=1)
    )
    main = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
    relation = f"{_OFFICE}/officeDocument/2006/relationships"
    package_relations = f'xmlns="{_OFFICE}/package/2006/relationships"'
    parts = (
        (
            "[Content_Types].xml",
            f'{_XML}<Types xmlns="{_OFFICE}/package/2006/content-types">'
            f'<Default Extension="rels" ContentType="{_PACKAGE_TYPES}.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPES}.worksheet+xml"/>'
            "</Types>",
        ),
        (
            "_rels/.rels",
            f'{_XML}<Relationships {package_relations}><Relationship Id="rId1" '
            f'Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        ),
        (
            "xl/workbook.xml",
            f'{_XML}<workbook {main} xmlns:r="{relation}"><sheets>'
            f'<sheet name="{escape(sheet.name)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{_XML}<Relationships {package_relations}><Relationship Id="rId1" Type="{relation}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>',
        ),
        ("xl/worksheets/sheet1.xml", f"{_XML}<worksheet {main}><sheetData>{rows}</sheetData></worksheet>"),
    )
    _pack(path, parts, stored_first=False)
