"""Delimited files in the many dialects in which departments write them.

Belongs here: quoting, line ends, byte order marks, and how a number is spelt. Does not belong here: which
return uses which dialect.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from orchestration.sample.chance import Floats, Ints

Columns = Mapping[str, Sequence[str]]
_SPECIAL = re.compile(r'[,"\r\n]')


def _quote(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _quote_where_needed(values: Sequence[str]) -> Sequence[str]:
    """Quote the values that hold a comma, a quote or a line end; most columns have none at all."""
    if not _SPECIAL.search("".join(values)):
        return values
    return [_quote(value) if _SPECIAL.search(value) else value for value in values]


def write_csv(
    path: Path,
    columns: Columns,
    *,
    quoted: Collection[str] = (),
    quote_header: bool = False,
    bare: str | None = None,
    bom: bool = False,
    newline: str = "\n",
    ends_in_newline: bool = True,
) -> None:
    """Write equally long columns of text, '' being blank.

    Columns in `quoted` are always quoted, except for the value `bare`; others only where they must be.
    """
    header = [_quote(name) for name in columns] if quote_header else _quote_where_needed(list(columns))
    cells = [
        [value if value == bare else _quote(value) for value in values]
        if name in quoted
        else _quote_where_needed(values)
        for name, values in columns.items()
    ]
    lines = [",".join(header), *map(",".join, zip(*cells, strict=True))]
    text = newline.join(lines) + (newline if ends_in_newline else "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((b"\xef\xbb\xbf" if bom else b"") + text.encode())


def whole(values: Ints) -> list[str]:
    """Whole numbers: `120`."""
    return list(map(str, values.tolist()))


def shortest(values: Floats) -> list[str]:
    """The shortest text that reads back as the same double: `63.0`, `75.10000000000001`."""
    return list(map(repr, values.tolist()))


def trimmed(values: Floats) -> list[str]:
    """As `shortest`, without a trailing `.0`: `63`, `63.2`."""
    return [text.removesuffix(".0") for text in shortest(values)]


def pounds(pence: Ints) -> list[str]:
    """Whole pence as pounds without trailing zeros: `93061.5`, `0`, `-145964.64`."""
    return trimmed(pence / 100)


def repeat(values: Iterable[str], times: int) -> list[str]:
    """Each value `times` times in a row: a, a, b, b."""
    return [value for value in values for _ in range(times)]
