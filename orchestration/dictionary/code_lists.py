"""Code lists: the meaning of the codes in the columns of a release.

Contains reading `dbt_project/code_lists.yml`, and adding meanings that are defined elsewhere. Not here: any meaning.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb
import yaml
from pydantic import Field, TypeAdapter

from orchestration.contracts.codes import Codes
from orchestration.contracts.load import parse
from orchestration.contracts.parts import Part
from orchestration.contracts.status import ABSENT
from orchestration.foundation.settings import DBT_FOLDER
from orchestration.foundation.sql import ident
from orchestration.returns.rules import RULES

CODE_LISTS = DBT_FOLDER / "code_lists.yml"

MOST_CODES, MOST_IN_WORDS = 500, 16
"""Longest list of codes that is printed, and longest that is put into one sentence."""


class CodeColumns(Part):
    """Table of a release with codes and their meanings; `within` is the column with what each code belongs to."""

    table: str
    code: str
    meaning: str
    within: str | None = None

    def columns(self) -> set[str]:
        """Return the columns that are read."""
        return {self.code, self.meaning} | ({self.within} if self.within else set())


class LongList(Part):
    """Table of a release with a list that is too long to print, and the column of its codes."""

    table: str
    key: str


class Definition(Part):
    """One list of `code_lists.yml`. `open` is the reason why a column may hold codes that are not listed."""

    title: str
    about: str
    columns: list[str]
    codes: dict[str, str] = Field(default_factory=dict)
    source: str | None = Field(default=None, alias="from")
    read: CodeColumns | None = None
    kept_in: LongList | None = None
    open: str = ""


@dataclass(frozen=True)
class Code:
    """A code and its meaning; `within` is what it belongs to, if its meaning depends on that."""

    code: str
    meaning: str
    within: str = ""


@dataclass(frozen=True)
class CodeList:
    """A code list of a release. If it is too long, `codes` is empty and `note` gives its length and its table.

    `is_closed` is true if a column with the list holds only these codes or null.
    """

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    codes: tuple[Code, ...] = ()
    note: str = ""
    is_closed: bool = False

    def has(self, table: str, column: str) -> bool:
        """Return True if a column holds codes of this list."""
        return column in self.columns or f"{table}.{column}" in self.columns

    def in_words(self) -> str:
        """Return the codes with their meanings in one sentence; empty if the list is not closed, or too long."""
        if not self.is_closed or len(self.codes) > MOST_IN_WORDS:
            return ""
        meanings = "; ".join(f"{f'`{code.code}`' if code.code else '(empty)'} {code.meaning}" for code in self.codes)
        return f"Codes: {meanings}."


def _absent(_: Path) -> dict[str, str]:
    return ABSENT


def _location_types(contracts: Path) -> dict[str, str]:
    entities: dict[str, list[str]] = {}
    for entity in parse(contracts / "codes.yml", Codes).gss_entities.values():
        entities.setdefault(entity.type, []).append(entity.description)
    levels = definitions()["location_level"].codes
    return {kind: ", ".join(names) for kind, names in entities.items()} | {
        level: meaning for level, meaning in levels.items() if level not in entities
    }


def _screening_rules(_: Path) -> dict[str, str]:
    return {rule.code: rule.remedy for rule in RULES.values()}


_ELSEWHERE: dict[str, Callable[[Path], dict[str, str]]] = {
    "absent": _absent,
    "place_types": _location_types,
    "screening_rules": _screening_rules,
}
"""Meanings by code that are defined elsewhere, by the name in `from`."""


@cache
def definitions(path: Path = CODE_LISTS) -> dict[str, Definition]:
    """Return the lists of the file, by name."""
    return TypeAdapter(dict[str, Definition]).validate_python(
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )


def written_lists(contracts: Path) -> list[CodeList]:
    """Return the lists whose codes do not depend on the release; `contracts` is the folder of contracts."""
    return [
        CodeList(
            name, definition.title, definition.about, tuple(definition.columns),
            tuple(Code(*pair) for pair in _meanings(definition, contracts).items()), definition.open,
            is_closed=not definition.open,
        )
        for name, definition in definitions().items()
        if definition.read is None and definition.kept_in is None
    ]  # fmt: skip


def code_lists(con: duckdb.DuckDBPyConnection, contracts: Path) -> tuple[CodeList, ...]:
    """Return every list of the release that `con` reads, in the order of the file; without lists that it lacks."""
    present: dict[str, set[str]] = dict(
        con.execute(
            "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() WHERE NOT internal "
            "GROUP BY ALL"
        ).fetchall()
    )
    written = {code_list.name: code_list for code_list in written_lists(contracts)}
    lists = []
    for name, definition in definitions().items():
        read, long = definition.read, definition.kept_in
        if name in written:
            lists.append(written[name])
        elif read is not None and read.columns() <= set(present.get(read.table, ())):
            lists.append(_read(con, name, definition, read))
        elif long is not None and long.key in present.get(long.table, ()):
            lists.append(_too_long(name, definition, long.table, long.key, _count(con, long.table, long.key)))
    return tuple(lists)


def _meanings(definition: Definition, contracts: Path) -> dict[str, str]:
    elsewhere = _ELSEWHERE[definition.source](contracts) if definition.source else {}
    # The empty code comes first.
    empty: dict[str, str] = {code: meaning for code, meaning in definition.codes.items() if not code}
    return {**empty, **elsewhere, **definition.codes}


def _too_long(name: str, definition: Definition, table: str, key: str, count: int) -> CodeList:
    note = f"The {count:,} codes are in `{table}`, in column `{key}`."
    return CodeList(name, definition.title, definition.about, tuple(definition.columns), note=note)


def _read(con: duckdb.DuckDBPyConnection, name: str, definition: Definition, read: CodeColumns) -> CodeList:
    table = ".".join(map(ident, read.table.split(".")))
    within = ident(read.within) if read.within else "''"
    code, meaning = ident(read.code), ident(read.meaning)
    rows = con.execute(
        f"""SELECT code, string_agg(DISTINCT meaning, ', ' ORDER BY meaning), belongs_to
            FROM (SELECT {code} AS code, {meaning} AS meaning, {within} AS belongs_to FROM {table})
            WHERE code IS NOT NULL GROUP BY code, belongs_to
            ORDER BY belongs_to, try_cast(code AS BIGINT) NULLS LAST, code"""
    ).fetchall()
    if len(rows) > MOST_CODES:
        return _too_long(name, definition, read.table, read.code, len(rows))
    note = definition.open if rows else "This release has none."
    codes = tuple(Code(*row) for row in rows)
    return CodeList(name, definition.title, definition.about, tuple(definition.columns), codes, note)


def _count(con: duckdb.DuckDBPyConnection, table: str, key: str) -> int:
    parts = ".".join(map(ident, table.split(".")))
    [count] = con.execute(f"SELECT count(DISTINCT {ident(key)}) FROM {parts}").fetchone() or [0]
    return int(count)
