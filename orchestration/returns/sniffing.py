"""What a file really is, whatever its name says.

Belongs here: magic bytes, encodings, passwords; everything known before the first row is read. Does not
belong here: the rows (`reading`).
"""

import codecs
import zipfile
from pathlib import Path

from orchestration.contracts.model import FileFormat
from orchestration.returns.rules import Problem

_BY_SUFFIX = {
    ".csv": "text", ".txt": "text", ".tsv": "text", ".json": "text", ".ndjson": "text", ".jsonl": "text",
    ".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx", ".ods": "ods", ".xls": "ole",
}  # fmt: skip
_BY_MAGIC = [
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "png"),
]
_WORDS = {
    "text": "a text file", "parquet": "a Parquet file", "xlsx": "an Excel workbook", "ods": "an OpenDocument sheet",
    "zip": "a zip archive", "ole": "an old-style or protected Office file", "pdf": "a PDF", "gzip": "a gzip archive",
    "png": "a picture", "html": "a web page", "binary": "a binary file", "encrypted": "a password-protected workbook",
}  # fmt: skip
_CHUNK = 1 << 20


def _is_protected(path: Path, kind: str) -> bool:
    """True if the workbook is encrypted: an Office file in an OLE envelope, or an ODS that says so."""
    if kind == "ole":
        return "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
    if kind != "ods":
        return False
    with zipfile.ZipFile(path) as archive:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")


def sniff(path: Path) -> str:
    """The kind of file: text, parquet, xlsx, ods, encrypted, ole, zip, pdf, gzip, png, html or binary."""
    with path.open("rb") as file:
        head = file.read(4096)
    kind = next((name for magic, name in _BY_MAGIC if head.startswith(magic)), "text")
    if kind == "zip":
        try:
            with zipfile.ZipFile(path) as archive:
                names = set(archive.namelist())
                if "xl/workbook.xml" in names:
                    kind = "xlsx"
                elif "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype"):
                    kind = "ods"
        except zipfile.BadZipFile:
            return "zip"
    if kind in ("ole", "ods") and _is_protected(path, kind):
        return "encrypted"
    if kind != "text":
        return kind
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if b"\x00" in head and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "binary"
    return "text"


def check_kind(path: Path, file_name: str, wanted: set[str]) -> Problem | None:
    """A problem if the bytes are not what the contract wants or not what the file's name says."""
    found = sniff(path)
    formats = {"csv": "text", "json": "text"}
    kinds = {formats.get(name, name) for name in wanted}
    if found == "encrypted":
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    said = _BY_SUFFIX.get(Path(file_name).suffix.lower())
    if found not in kinds:
        return Problem(
            "file.not_what_it_says",
            f"'{file_name}' is {_WORDS[found]}, but this return is agreed as {' or '.join(sorted(wanted))}",
        )
    if said is not None and said != found:
        return Problem("file.not_what_it_says", f"'{file_name}' is {_WORDS[found]}, not what its name says")
    return None


def check_encoding(path: Path, file_name: str, file: FileFormat) -> Problem | None:
    """A problem if the bytes are not text in the agreed encoding; read in pieces, never whole."""
    decoder = codecs.getincrementaldecoder(file.encoding)()
    line, offset = 1, 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            try:
                decoder.decode(chunk, final=len(chunk) < _CHUNK)
            except UnicodeDecodeError as error:
                # The decoder may have kept bytes of the chunk before; they stand before this chunk.
                kept = len(error.object) - len(chunk)
                at = max(error.start - kept, 0)
                line += chunk[:at].count(b"\n")
                byte = error.object[error.start]
                return Problem(
                    "file.encoding",
                    f"'{file_name}' is not {file.encoding}: byte 0x{byte:02x} at offset {offset + at} cannot be read",
                    source_row=line,
                )
            line += chunk.count(b"\n")
            offset += len(chunk)
    return None
