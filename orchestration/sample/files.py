"""File formats: delimited text, Parquet, JSON, and the smallest workbooks that readers accept.

Contains writing rows to a file. Not here: the rows (`rows`, `references`). Timestamps inside a workbook are fixed, so
that equal rows give equal bytes.
"""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.contracts.model import FileFormat
from orchestration.sample.chance import Floats

Row = Sequence[str]
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def texts(figures: Floats, decimals: int | None = None) -> list[str]:
    """Return figures as text: rounded half up, whole numbers without a point, empty if missing."""
    scale = 10.0 ** (6 if decimals is None else decimals)
    rounded = np.floor(figures * scale + 0.5) / scale
    return ["" if text in ("nan", "-inf") else text.removesuffix(".0") for text in map(repr, rounded.tolist())]


def write_file(path: Path, file: FileFormat, rows: Sequence[Row], sheet: str, *, bom: bool = False) -> None:
    """Write rows in the format of the contract; `bom` adds a byte order mark to delimited text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if file.format == "csv":
        text = io.StringIO()
        csv.writer(text, delimiter=file.delimiter, lineterminator="\n").writerows(rows)
        path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.getvalue().encode(file.encoding))
    elif file.format == "json":
        records = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
        path.write_text(json.dumps(records, ensure_ascii=False) + "\n", encoding="utf-8")
    elif file.format == "parquet":
        columns = zip(rows[0], zip(*rows[1:], strict=True), strict=True)
        table = pa.table({name: pa.array([text or None for text in c], pa.string()) for name, c in columns})
        pq.write_table(table, path, compression="snappy", row_group_size=32_768)
    else:
        _pack(path, _ods(rows, sheet) if file.format == "ods" else _xlsx(rows, sheet))


def _pack(path: Path, parts: dict[str, str]) -> None:
    """Write parts as a zip with fixed dates; `mimetype` comes first and uncompressed, as ODF requires."""
    with zipfile.ZipFile(path, "w") as package:
        for position, (name, text) in enumerate(parts.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 0
            entry.compress_type = zipfile.ZIP_DEFLATED if position or name != "mimetype" else zipfile.ZIP_STORED
            package.writestr(entry, text.encode(), compresslevel=6 if position else None)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit() and not text.startswith("00")


def _ods(rows: Sequence[Row], sheet: str) -> dict[str, str]:
    def cell(text: str) -> str:
        if not text:
            return "<table:table-cell/>"
        kind = f'float" office:value="{text}' if _is_number(text) else "string"
        return f'<table:table-cell office:value-type="{kind}"><text:p>{escape(text)}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(f'xmlns:{short}="{_ODF}:{short}:1.0"' for short in ("office", "table", "text"))
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="{kind}"/>'
        for name, kind in (("/", _ODS), ("content.xml", "text/xml"))
    )
    return {
        "mimetype": _ODS,
        "content.xml": f'{_XML}<office:document-content {spaces} office:version="1.4"><office:body><office:spreadsheet>'
        f'<table:table table:name="{escape(sheet)}">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>",
        "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0">{entries}'
        "</manifest:manifest>",
    }


def _xlsx(rows: Sequence[Row], sheet: str) -> dict[str, str]:
    def cell(text: str) -> str:
        if not text:
            return "<c/>"
        return f"<c><v>{text}</v></c>" if _is_number(text) else f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'

    def relationship(target: str, kind: str) -> str:
        return (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_OFFICE}/{kind}" '
            f'Target="{target}"/></Relationships>'
        )

    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = "".join(
        f'<Override PartName="/xl/{name}.xml" ContentType="{_SHEETS}.{kind}+xml"/>'
        for name, kind in (("workbook", "sheet.main"), ("worksheets/sheet1", "worksheet"))
    )
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{parts}</Types>',
        "_rels/.rels": relationship("xl/workbook.xml", "officeDocument"),
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationship("worksheets/sheet1.xml", "worksheet"),
        "xl/worksheets/sheet1.xml": f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>',
    }
