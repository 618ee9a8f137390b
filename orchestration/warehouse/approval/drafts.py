"""Drafts of the open tier that wait: for signatures, or for their time.

Belongs here: what waits and for what, told from the signatures alone, which takes no time. Does not belong here:
whether they hold (`demands` looks at that once more when it matters).
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.contracts.publication import Publication
from orchestration.foundation import clock
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval import embargo
from orchestration.warehouse.approval.signoff import signed
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import OPEN, current_release, names_in, safe_id


@dataclass(frozen=True)
class Draft:
    """One that waits: the roles that have not signed, and the moment that the others agreed on."""

    release_id: str
    unsigned: tuple[str, ...]
    moment: datetime | None

    @property
    def is_due(self) -> bool:
        """Everybody has signed, and the time has come."""
        return not self.unsigned and self.moment is not None and self.moment <= clock.now()

    def in_words(self, rules: Publication) -> str:
        """`r2 waits for the signature of head_of_profession`, or until when it waits."""
        if self.unsigned or self.moment is None:
            return f"{self.release_id} waits for the signature of {' and '.join(self.unsigned)}"
        return f"{self.release_id} is signed and becomes public on {embargo.in_words(self.moment, rules.open)}"


def drafts(settings: Settings, rules: Publication) -> list[Draft]:
    """Every draft later than the open release in force, oldest first."""
    found = []
    for release_id in _waiting(settings):
        signatures = signed(settings, release_id)
        unsigned = tuple(role for role in rules.open.signed_by if role not in {one.role for one in signatures})
        found.append(Draft(release_id, unsigned, signatures[-1].moment if signatures else None))
    return found


def draft_folder(settings: Settings, release_id: str | None = None) -> Path:
    """The folder of a draft, by default the newest that waits. Raises OversightError if there is none."""
    if release_id is None:
        waiting = _waiting(settings)
        if not waiting:
            raise OversightError("There is no draft of tier open that waits: make one with `oversight draft`.")
        release_id = waiting[-1]
    for folder in (settings.candidates_of(OPEN) / safe_id(release_id), settings.releases / OPEN / release_id):
        if (folder / DATABASE).is_file():
            return folder
    raise OversightError(f"There is no draft {release_id} of tier open: make one with `oversight draft`.")


def _waiting(settings: Settings) -> list[str]:
    """Drafts, and releases whose publication was killed before the pointer moved; not those that were gone back from.

    The last move of the audit log may not have been made; every earlier one was, or gave way to a later.
    """
    current = current_release(settings, OPEN) or ""
    moves = [line for line in read_audit(settings) if line.get("tier") == OPEN and line.get("event") in _MOVES]
    once_public = {str(line.get("release_id")) for line in moves[:-1] if line.get("event") == "publish"}
    drafted = {path.parent.name for path in settings.candidates_of(OPEN).glob(f"[!.]*/{DATABASE}")}
    unfinished = set(names_in(settings.releases / OPEN)) - once_public
    return sorted(name for name in drafted | unfinished if name > current)


_MOVES = ("publish", "rollback")
