"""File types: the real type of a file, found in its bytes, whatever its name.

Contains magic bytes, encodings, line endings and passwords; everything known before the first row is read. Not here:
the rows (`reading`).
"""

import codecs
import mmap
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts.model import FileFormat
from orchestration.returns.rules import Problem

_BY_SUFFIX = {
    ".csv": "text", ".txt": "text", ".tsv": "text", ".json": "json", ".ndjson": "json", ".jsonl": "json",
    ".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx", ".ods": "ods", ".xls": "ole", ".pdf": "pdf",
    ".html": "html", ".htm": "html", ".xml": "xml", ".zip": "zip", ".gz": "gzip", ".png": "picture", ".jpg": "picture",
}  # fmt: skip
_BY_MAGIC = [
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"{\\rtf", "rich_text"),
]
_WORDS = {
    "text": "a text file", "json": "a JSON document", "parquet": "a Parquet file", "xlsx": "an Excel workbook",
    "ods": "an OpenDocument sheet", "zip": "a zip archive", "damaged": "an archive that cannot be opened",
    "ole": "an old-style Office file", "pdf": "a PDF", "gzip": "a gzip archive", "picture": "a picture",
    "html": "a web page", "xml": "an XML document", "rich_text": "a rich text document", "binary": "a binary file",
    "encrypted": "a password-protected workbook",
}  # fmt: skip
_KINDS = {"csv": "text"}
_HTML = re.compile(
    rb"(<\?xml[^>]*>|<!--.*?-->|\s)*<(!doctype\s+html|html|head|body|script|meta|title|table|div|p|h1)\b", re.I | re.S
)
_JSON = re.compile(rb"\{\s*[\"}]|\[\s*(?:[\[{\]]|$)")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CHUNK = 1 << 20
_MAX_UNPACKED_BYTES = 512 << 20
_LONE_BLANK = re.compile(rb"\n[ \t]*\n")


def kind_of(format_name: str) -> str:
    """Return the kind of file, as `sniff` names it, for a format of a contract."""
    return _KINDS.get(format_name, format_name)


def sniff(path: Path) -> str:
    """Return the kind of file: text, json, parquet, xlsx, ods, encrypted, ole, zip, pdf, gzip, picture, html, xml …"""
    with path.open("rb") as file:
        head = file.read(4096)
    kind = next((name for magic, name in _BY_MAGIC if head.startswith(magic)), None)
    if kind == "zip":
        return _kind_of_archive(path)
    if kind == "ole":
        return "encrypted" if _contains(path, "EncryptedPackage".encode("utf-16-le")) else "ole"
    if kind is not None:
        return kind
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"%PDF"):
        return "pdf"
    if b"\x00" in head or len(_CONTROL.findall(head)) > len(head) // 100:
        return "binary"
    if _HTML.match(start):
        return "html"
    if start.startswith(b"<?xml"):
        return "xml"
    return "json" if _JSON.match(start) else "text"


def _kind_of_archive(path: Path) -> str:
    """Return the kind of workbook in a zip archive, otherwise `zip`; `encrypted` if it needs a password."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                return "xlsx"
            if "mimetype" not in names or b"opendocument.spreadsheet" not in archive.read("mimetype"):
                return "zip"
            manifest = archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
            return "encrypted" if b"encryption-data" in manifest else "ods"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return "damaged"


def _contains(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(wanted) >= 0


def check_kind(path: Path, file_name: str, wanted: set[str]) -> Problem | None:
    """Return a Problem if the file is not of a kind in `wanted`, or not of the kind that its name suggests."""
    kind = sniff(path)
    if kind == "encrypted":
        return Problem("file.password_protected", f"'{file_name}' is protected by a password and cannot be read")
    if kind == "damaged" and wanted & {"xlsx", "ods"}:
        return Problem("file.unreadable", f"'{file_name}' is {_WORDS[kind]}; it was damaged or cut short")
    if kind not in {kind_of(name) for name in wanted}:
        agreed = " or ".join(sorted(wanted))
        return Problem("file.not_what_it_says", f"'{file_name}' is {_WORDS[kind]}, but the agreed format is {agreed}")
    if _BY_SUFFIX.get(Path(file_name).suffix.lower(), kind) != kind:
        return Problem(
            "file.not_what_it_says", f"'{file_name}' is {_WORDS[kind]}, but its name suggests another format"
        )
    if kind in ("xlsx", "ods"):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
            is_intact = unpacked > _MAX_UNPACKED_BYTES or _unpacks(archive)
        if not is_intact:
            return Problem("file.unreadable", f"'{file_name}' is {_WORDS['damaged']}; it was damaged or cut short")
        if unpacked > _MAX_UNPACKED_BYTES:
            return Problem(
                "file.too_large",
                f"'{file_name}' unpacks to {unpacked >> 20} MB; the limit is {_MAX_UNPACKED_BYTES >> 20} MB",
            )
    return None


def _unpacks(archive: zipfile.ZipFile) -> bool:
    """Return True if every part matches the archive's header; a part with more or other content fails its checksum."""
    try:
        return archive.testzip() is None
    except (zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        return False


@dataclass
class TextFacts:
    """Results of one pass over the bytes of a text. `is_plain` means that DuckDB can read it directly (UTF-8, one kind
    of line ending, no blank lines between rows); `is_ended`, that the last line has a line ending."""

    is_plain: bool = True
    is_ended: bool = True
    line_end: str = "\n"


def inspect_text(path: Path, file_name: str, file: FileFormat) -> TextFacts | Problem:
    """Read the text once in pieces; return a Problem if the bytes are not text in the agreed encoding."""
    decoder = codecs.getincrementaldecoder(file.encoding)()
    facts = TextFacts(is_plain=file.encoding == "utf-8")
    # Text that decodes as UTF-8 and is not just ASCII is almost certainly UTF-8.
    other = codecs.getincrementaldecoder("utf-8")() if file.encoding in ("cp1252", "latin-1") else None
    line, offset, size = 1, 0, path.stat().st_size
    carriage_returns, pairs, line_feeds, before, is_ascii = 0, 0, 0, b"", True
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            final = offset + len(chunk) >= size
            try:
                text = decoder.decode(chunk, final=final)
            except UnicodeDecodeError as error:
                return _not_decoded(error, chunk, offset, line, file_name, file)
            if "\x00" in text:
                line += text[: text.index("\x00")].count("\n")
                return Problem(
                    "file.encoding", f"'{file_name}' is not text: line {line} contains a NUL byte", source_row=line
                )
            if other is not None:
                try:
                    is_ascii = other.decode(chunk, final=final).isascii() and is_ascii
                except UnicodeDecodeError:
                    other = None
            line += text.count("\n")
            offset += len(chunk)
            joined = before + chunk
            carriage_returns += chunk.count(b"\r")
            line_feeds += chunk.count(b"\n")
            pairs += joined.count(b"\r\n") - before.count(b"\r\n")
            facts.is_plain = facts.is_plain and not _LONE_BLANK.search(joined.replace(b"\r\n", b"\n"))
            # Enough of the end to find a blank line that spans two pieces.
            before = joined[-64:]
    facts.is_plain = facts.is_plain and (carriage_returns == 0 or carriage_returns == pairs == line_feeds)
    facts.line_end = "\r\n" if carriage_returns else "\n"
    facts.is_ended = before.rstrip(b"\x00").endswith((b"\n", b"\r"))
    if other is not None and not is_ascii:
        return Problem(
            "file.encoding",
            f"'{file_name}' looks like UTF-8, not {file.encoding}: its non-ASCII characters decode as UTF-8",
        )
    return facts


def _not_decoded(
    error: UnicodeDecodeError, chunk: bytes, offset: int, line: int, file_name: str, file: FileFormat
) -> Problem:
    """Return a Problem with the position of the first byte that is not text in the agreed encoding."""
    # The decoder may still have bytes of the previous chunk; they come before this chunk.
    at = error.start - (len(error.object) - len(chunk))
    row = line + chunk[: max(at, 0)].count(b"\n")
    byte = error.object[error.start]
    return Problem(
        "file.encoding",
        f"'{file_name}' is not {file.encoding}: byte 0x{byte:02x} at offset {offset + at} in line {row} cannot be read",
        source_row=row,
    )
