"""Drafts of the open tier that are waiting for signatures or for the time of publication.

Contains the list of these drafts and what each is waiting for, from the signatures alone, which is fast. Not here:
whether the signatures are valid, which is checked at publication (`publication_checks`).
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
    """A waiting draft: the roles that have not signed, and the time of publication that the others agreed."""

    release_id: str
    unsigned: tuple[str, ...]
    moment: datetime | None

    @property
    def is_due(self) -> bool:
        """True if every role has signed and the time of publication has come."""
        return not self.unsigned and self.moment is not None and self.moment <= clock.now()

    def in_words(self, rules: Publication) -> str:
        """Return what the draft is waiting for, such as `r2 is waiting for the signature of head_of_profession`."""
        if self.unsigned or self.moment is None:
            return f"{self.release_id} is waiting for the signature of {' and '.join(self.unsigned)}"
        return f"{self.release_id} is signed and becomes public on {embargo.in_words(self.moment, rules.open)}"


def drafts(settings: Settings, rules: Publication) -> list[Draft]:
    """Return every draft later than the current open release, oldest first."""
    waiting = []
    for release_id in _waiting(settings):
        signatures = signed(settings, release_id)
        signed_roles = {signature.role for signature in signatures}
        unsigned = tuple(role for role in rules.open.signed_by if role not in signed_roles)
        waiting.append(Draft(release_id, unsigned, signatures[-1].moment if signatures else None))
    return waiting


def draft_folder(settings: Settings, release_id: str | None = None) -> Path:
    """Return the folder of a draft, by default the newest that is waiting. Raises OversightError if there is none."""
    if release_id is None:
        waiting = _waiting(settings)
        if not waiting:
            raise OversightError("No draft is waiting for publication; run `oversight draft` to create one.")
        release_id = waiting[-1]
    for folder in (settings.candidates_of(OPEN) / safe_id(release_id), settings.releases / OPEN / release_id):
        if (folder / DATABASE).is_file():
            return folder
    raise OversightError(f"The open tier has no draft {release_id}; run `oversight draft` to create a draft.")


def _waiting(settings: Settings) -> list[str]:
    """Return drafts, and releases whose publication was interrupted before the pointer moved.

    Releases that were rolled back are left out. Only the last move in the audit log may be unfinished: each earlier
    one was completed or replaced by a later one.
    """
    current = current_release(settings, OPEN) or ""
    moves = [line for line in read_audit(settings) if line.get("tier") == OPEN and line.get("event") in _MOVES]
    once_public = {str(line.get("release_id")) for line in moves[:-1] if line.get("event") == "publish"}
    drafted = {path.parent.name for path in settings.candidates_of(OPEN).glob(f"[!.]*/{DATABASE}")}
    unfinished = set(names_in(settings.releases / OPEN)) - once_public
    return sorted(name for name in drafted | unfinished if name > current)


_MOVES = ("publish", "rollback")
