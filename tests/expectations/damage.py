"""Damage to the small warehouse: the type, and functions that write most of it.

Contains the type and its builders. Not here: the damage itself (`breaking`, `breaking_comparisons`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Damage:
    """SQL, or a release before, that breaks a rule; `also` are rules that cannot hold once it is broken."""

    sql: str = "SELECT 1"
    also: frozenset[str] = frozenset()
    before: Mapping[str, Any] = field(default_factory=dict)


def changed(mart: str, assignment: str, where: str, *also: str) -> Damage:
    """Change rows of `mart`."""
    return Damage(f"UPDATE marts.{mart} SET {assignment} WHERE {where}", frozenset(also))


def copied(mart: str, where: str, replaced: str = "") -> Damage:
    """Repeat rows of `mart`, with `replaced` columns."""
    columns = f" REPLACE ({replaced})" if replaced else ""
    return Damage(f"INSERT INTO marts.{mart} SELECT *{columns} FROM marts.{mart} WHERE {where}")
