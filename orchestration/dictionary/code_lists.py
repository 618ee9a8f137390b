"""Code lists: what the codes in the columns of a release mean.

Belongs here: reading `dbt_project/code_lists.yml` and bringing in the meanings that something else has already. Does
not belong here: a meaning.
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
"""A list of a release that is longer is not printed; one that is longer is not put into one sentence."""


class Read(Part):
    """Where a release has the codes and their meanings; `within` is the column of what each code belongs to."""

    table: str
    code: str
    meaning: str
    within: str | None = None

    def columns(self) -> set[str]:
        """The columns it takes."""
        return {self.code, self.meaning} | ({self.within} if self.within else set())


class Kept(Part):
    """The table of a release in which a list is that is too long to print, and the column of its codes."""

    table: str
    key: str


class Definition(Part):
    """One list of `code_lists.yml`. `open` says why a column may hold other codes than those listed."""

    title: str
    about: str
    columns: list[str]
    codes: dict[str, str] = Field(default_factory=dict)
    source: str | None = Field(default=None, alias="from")
    read: Read | None = None
    kept_in: Kept | None = None
    open: str = ""


@dataclass(frozen=True)
class Code:
    """A code and its meaning; `within` is what it belongs to, where that decides what it means."""

    code: str
    meaning: str
    within: str = ""


@dataclass(frozen=True)
class CodeList:
    """A list of a release. `codes` is empty for one that is too long; then `note` says how long, and where it is.

    `is_closed` says that a column with the list holds these codes, nothing (null), and no other.
    """

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    codes: tuple[Code, ...] = ()
    note: str = ""
    is_closed: bool = False

    def has(self, table: str, column: str) -> bool:
        """Whether a column holds codes of this list."""
        return column in self.columns or f"{table}.{column}" in self.columns

    def in_words(self) -> str:
        """Its codes with their meanings in one sentence; empty for what is not closed, or too long for that."""
        if not self.is_closed or len(self.codes) > MOST_IN_WORDS:
            return ""
        said = "; ".join(f"{f'`{one.code}`' if one.code else '(empty)'} {one.meaning}" for one in self.codes)
        return f"Codes: {said}."


def _absent(_: Path) -> dict[str, str]:
    return ABSENT


def _place_types(contracts: Path) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for entity in parse(contracts / "codes.yml", Codes).gss_entities.values():
        found.setdefault(entity.type, []).append(entity.description)
    return {kind: ", ".join(said) for kind, said in found.items()} | {
        level: said for level, said in definitions()["location_level"].codes.items() if level not in found
    }


def _screening_rules(_: Path) -> dict[str, str]:
    return {rule.code: rule.remedy for rule in RULES.values()}


_ELSEWHERE: dict[str, Callable[[Path], dict[str, str]]] = {
    "absent": _absent,
    "place_types": _place_types,
    "screening_rules": _screening_rules,
}
"""What `from` names: meanings by code that other rooms have."""


@cache
def definitions(path: Path = CODE_LISTS) -> dict[str, Definition]:
    """The lists by name, as they are written."""
    return TypeAdapter(dict[str, Definition]).validate_python(
        yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )


def written_lists(contracts: Path) -> list[CodeList]:
    """The lists whose codes do not depend on the release; `contracts` is the folder of contracts."""
    return [
        CodeList(
            name, one.title, one.about, tuple(one.columns),
            tuple(Code(*pair) for pair in _given(one, contracts).items()), one.open, is_closed=not one.open,
        )
        for name, one in definitions().items()
        if one.read is None and one.kept_in is None
    ]  # fmt: skip


def code_lists(con: duckdb.DuckDBPyConnection, contracts: Path) -> tuple[CodeList, ...]:
    """Every list of the release that `con` reads, in the order of the file; one of columns it lacks is left out."""
    present: dict[str, set[str]] = dict(
        con.execute(
            "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() WHERE NOT internal "
            "GROUP BY ALL"
        ).fetchall()
    )
    written = {one.name: one for one in written_lists(contracts)}
    found = []
    for name, one in definitions().items():
        if name in written:
            found.append(written[name])
        elif one.read is not None and one.read.columns() <= set(present.get(one.read.table, ())):
            found.append(_read(con, name, one, one.read))
        elif one.kept_in is not None and one.kept_in.key in present.get(one.kept_in.table, ()):
            where = f"They are in `{one.kept_in.table}`, by `{one.kept_in.key}`"
            count = _count(con, one.kept_in.table, one.kept_in.key)
            found.append(CodeList(name, one.title, one.about, tuple(one.columns), note=f"{where}: {count:,} of them."))
    return tuple(found)


def _given(one: Definition, contracts: Path) -> dict[str, str]:
    elsewhere = _ELSEWHERE[one.source](contracts) if one.source else {}
    return {**{code: said for code, said in one.codes.items() if not code}, **elsewhere, **one.codes}


def _read(con: duckdb.DuckDBPyConnection, name: str, one: Definition, read: Read) -> CodeList:
    table = ".".join(map(ident, read.table.split(".")))
    within = ident(read.within) if read.within else "''"
    rows = con.execute(
        f"""SELECT code, string_agg(DISTINCT said, ', ' ORDER BY said), belongs_to
            FROM (SELECT {ident(read.code)} AS code, {ident(read.meaning)} AS said, {within} AS belongs_to FROM {table})
            WHERE code IS NOT NULL GROUP BY code, belongs_to
            ORDER BY belongs_to, try_cast(code AS BIGINT) NULLS LAST, code"""
    ).fetchall()
    columns = tuple(one.columns)
    if len(rows) > MOST_CODES:
        note = f"They are in `{read.table}`, by `{read.code}`: {len(rows):,} of them."
        return CodeList(name, one.title, one.about, columns, note=note)
    note = one.open if rows else "There is none in this release."
    return CodeList(name, one.title, one.about, columns, tuple(Code(*row) for row in rows), note)


def _count(con: duckdb.DuckDBPyConnection, table: str, key: str) -> int:
    parts = ".".join(map(ident, table.split(".")))
    [count] = con.execute(f"SELECT count(DISTINCT {ident(key)}) FROM {parts}").fetchone() or [0]
    return int(count)
