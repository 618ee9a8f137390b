"""Sign-offs: who put their name to exactly which draft and which checklist, in an append-only file beside the releases.

Belongs here: `approvals/<tier>/<release_id>.jsonl`, what a signature needs, and which ones stand. Does not belong here:
what is in the way of publication (`checklist`), and the demand for signatures (`demands`).

A line counts only if the audit log names its sha256, so that a line added by hand is worth nothing; and only for the
fingerprint and the digest of the checklist that it names. A withdrawal voids every line before it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from filelock import FileLock

from orchestration.contracts.publication import Publication
from orchestration.foundation import clock
from orchestration.foundation.errors import GateRefusedError, UsageError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval import embargo
from orchestration.warehouse.approval.checklist import Checklist, Finding
from orchestration.warehouse.store.audit import read_audit, record, user
from orchestration.warehouse.store.catalogue import OPEN, current_release
from orchestration.warehouse.store.sealing import append_line

APPROVE, WITHDRAW = "approve", "withdraw_approval"


@dataclass(frozen=True)
class SignOff:
    """One signature. `at` and `publish_at` are UTC in ISO 8601; `acknowledged` are codes of warnings, `notes` texts by
    the code of the error that they settle."""

    at: str
    by: str
    name: str
    role: str
    fingerprint: str
    checklist: str
    publish_at: str
    acknowledged: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """When the figures become public, as this person agreed."""
        return datetime.fromisoformat(self.publish_at)


def approvals_file(settings: Settings, release_id: str) -> Path:
    """Where the sign-offs of a draft of the open tier lie."""
    return settings.approvals / OPEN / f"{release_id}.jsonl"


def signed(settings: Settings, release_id: str) -> list[SignOff]:
    """Signatures that the audit log knows of and nobody withdrew, oldest first, whatever they are about."""
    known = _known_to_the_audit_log(settings, release_id)
    standing: list[SignOff] = []
    path = approvals_file(settings, release_id)
    for line in path.read_bytes().split(b"\n") if path.is_file() else []:
        try:
            entry = json.loads(line)
            kind = entry.pop("kind")
            if kind == WITHDRAW:
                standing = []
            elif _digest(line) in known:
                standing.append(SignOff(**{**entry, "acknowledged": tuple(entry["acknowledged"])}))
        except (ValueError, TypeError, KeyError, AttributeError):  # torn by a loss of power, or not ours
            continue
    return standing


def valid(rules: Publication, checklist: Checklist, signatures: Iterable[SignOff]) -> list[SignOff]:
    """Those that are about exactly this draft and checklist, by people who have the role: one a person, one a role."""
    found: list[SignOff] = []
    for one in signatures:
        about_this = one.fingerprint == checklist.fingerprint and one.checklist == checklist.digest
        taken = any(other.by == one.by or other.role == one.role for other in found)
        if about_this and not taken and rules.person(one.role, one.by):
            found.append(one)
    return found


def unsettled(checklist: Checklist, signatures: Sequence[SignOff]) -> list[Finding]:
    """Errors that stand in the way, for all that these people noted."""

    def is_noted(finding: Finding) -> bool:
        return any(
            one.notes.get(finding.code) and finding.noted_by in ("anybody", one.role)
            for one in signatures
            if finding.noted_by
        )

    return [finding for finding in checklist.errors if not is_noted(finding)]


def sign(
    settings: Settings,
    rules: Publication,
    checklist: Checklist,
    role: str,
    acknowledged: Sequence[str] = (),
    notes: Mapping[str, str] | None = None,
    on: date | None = None,
) -> SignOff:
    """Sign for `role` as whoever runs this; on disk, and in the audit log, when this returns.

    `on` is the day on which the figures become public: the first to sign may choose it, else it is the next moment of
    publication. Raises GateRefusedError if this person may not sign, or something stands in the way; UsageError for a
    code that the checklist does not have.
    """
    notes = {code: text.strip() for code, text in (notes or {}).items()}
    with FileLock(_lock(settings)):
        before = valid(rules, checklist, signed(settings, checklist.release_id))
        by = user()
        person = rules.person(role, by)
        if role not in rules.open.signed_by:
            raise UsageError(f"'{role}' does not sign for tier open: one of {', '.join(rules.open.signed_by)} does.")
        if person is None:
            raise GateRefusedError(f"{by} is not among the people of role {role} in publication.yml: nobody signed.")
        _demand_once(checklist, before, by, role)
        present = clock.now()
        made = SignOff(
            present.strftime("%Y-%m-%dT%H:%M:%SZ"),
            by,
            person.name,
            role,
            checklist.fingerprint,
            checklist.digest,
            _agreed(rules, before, on, present).strftime("%Y-%m-%dT%H:%M:%SZ"),
            tuple(sorted(set(acknowledged))),
            notes,
        )
        _demand_seen(checklist, before, made)
        path = approvals_file(settings, checklist.release_id)
        append_line(path, {"kind": APPROVE, **asdict(made)})
        line = path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        facts = {name: asdict(made)[name] for name in ("role", "fingerprint", "checklist", "publish_at")}
        record(settings, APPROVE, tier=OPEN, release_id=checklist.release_id, **facts, line_sha256=_digest(line))
    return made


def withdraw(settings: Settings, rules: Publication, release_id: str, reason: str) -> int:
    """Void every signature under a draft; return how many there were.

    Raises GateRefusedError for somebody without a role, for the release in force, or where nobody has signed.
    """
    with FileLock(_lock(settings)):
        if not rules.knows(user()):
            raise GateRefusedError(f"{user()} has no role in publication.yml: only those who sign may withdraw.")
        if current_release(settings, OPEN) == release_id:
            raise GateRefusedError(f"{release_id} is public: go back with `oversight rollback --tier open`.")
        count = len(signed(settings, release_id))
        if not count:
            raise GateRefusedError(f"Nobody has signed {release_id}: there is nothing to withdraw.")
        # First the audit log, which alone makes them void.
        record(settings, WITHDRAW, tier=OPEN, release_id=release_id, reason=reason)
        moment = clock.timestamp()
        append_line(
            approvals_file(settings, release_id), {"kind": WITHDRAW, "at": moment, "by": user(), "reason": reason}
        )
    return count


def last_recorded(settings: Settings, release_id: str) -> datetime | None:
    """The latest moment that any line of the audit log names since this draft was last signed."""
    found: list[str] = []
    for line in read_audit(settings):
        if line.get("event") == APPROVE and line.get("release_id") == release_id:
            found = []
        found.append(str(line["at"]))
    return datetime.fromisoformat(max(found)).astimezone(UTC) if found else None


def _agreed(rules: Publication, before: Sequence[SignOff], on: date | None, present: datetime) -> datetime:
    """The moment of publication: the one that others agreed, or the day that the first to sign chose."""
    chosen = embargo.moment_on(on, rules.open) if on else None
    if before:
        moment = before[0].moment
        if chosen not in (None, moment):
            raise GateRefusedError(
                f"{before[0].name} has signed for {embargo.in_words(moment, rules.open)}: sign for that, or withdraw "
                "the approval and agree on another day."
            )
    else:
        moment = chosen or embargo.next_moment(present, rules.open)
    if moment <= present:
        raise GateRefusedError(
            f"{embargo.in_words(moment, rules.open)} is past: "
            + ("withdraw the approval and agree on a later day." if before else "choose a later day.")
        )
    return moment


def _demand_once(checklist: Checklist, before: Sequence[SignOff], by: str, role: str) -> None:
    for one in before:
        if one.by == by:
            raise GateRefusedError(f"{one.name} has signed {checklist.release_id} as {one.role}: nobody signs twice.")
        if one.role == role:
            raise GateRefusedError(f"{one.name} has signed {checklist.release_id} for {role}: it needs no second one.")


def _demand_seen(checklist: Checklist, before: Sequence[SignOff], made: SignOff) -> None:
    """What this person acknowledges and notes is all that the checklist asks of them, and nothing else."""
    known = {finding.code: finding for finding in checklist.findings}
    for code in (*made.acknowledged, *made.notes):
        if code not in known:
            raise UsageError(f"The checklist of {checklist.release_id} has no '{code}': see `oversight checklist`.")
    for code, text in made.notes.items():
        if known[code].noted_by not in ("anybody", made.role):
            raise GateRefusedError(
                f"'{code}' is not settled by a note of {made.role}"
                + (f", only of {known[code].noted_by}." if known[code].noted_by else ": mend what it names.")
            )
        if not text:
            raise UsageError(f"The note on '{code}' is empty: say what happened.")
        if earlier := next((one for one in before if code in one.notes), None):
            raise GateRefusedError(f"{earlier.name} has written the note on '{code}': withdraw to write another.")
    if standing := unsettled(checklist, [*before, made]):
        ways = {finding.noted_by for finding in standing}
        how = "mend it" if None in ways else "write a note on each, as the role that it asks for"
        codes = ", ".join(finding.code for finding in standing)
        raise GateRefusedError(f"{checklist.release_id} cannot be signed while {codes} stands in the way: {how}.")
    if unseen := [finding.code for finding in checklist.warnings if finding.code not in made.acknowledged]:
        raise GateRefusedError(
            f"{checklist.release_id} has warnings that you have not acknowledged: {', '.join(unseen)}. Look at "
            "`oversight checklist`, then name each with --acknowledge."
        )


def _known_to_the_audit_log(settings: Settings, release_id: str) -> set[str]:
    """The digests of lines that were signed since the last withdrawal."""
    known: set[str] = set()
    for line in read_audit(settings):
        if line.get("tier") == OPEN and line.get("release_id") == release_id:
            if line.get("event") == APPROVE:
                known.add(str(line.get("line_sha256")))
            elif line.get("event") == WITHDRAW:
                known = set()
    return known


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _lock(settings: Settings) -> Path:
    settings.approvals.mkdir(parents=True, exist_ok=True)
    return settings.approvals / ".approvals.lock"
