"""What a damage to the small warehouse is, and the words in which most are written.

Belongs here: the type and its builders. Does not belong here: any one damage (`breaking`, `breaking_comparisons`).
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
    """Rows of `mart` say something else."""
    return Damage(f"UPDATE marts.{mart} SET {assignment} WHERE {where}", frozenset(also))


def copied(mart: str, where: str, replaced: str = "") -> Damage:
    """Rows of `mart` stand there once more, with `replaced` columns."""
    columns = f" REPLACE ({replaced})" if replaced else ""
    return Damage(f"INSERT INTO marts.{mart} SELECT *{columns} FROM marts.{mart} WHERE {where}")
