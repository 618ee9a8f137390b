"""Sign-offs: who signed which draft and checklist, in an append-only file beside the releases.

Contains `approvals/<tier>/<release_id>.jsonl`, the requirements for a signature, and which signatures are valid. Not
here: errors that prevent publication (`checklist`), and the requirement for signatures (`publication_checks`).

A line counts only if the audit log contains its sha256, so that lines added by hand have no effect, and only for the
fingerprint and the checklist digest that it names. A withdrawal cancels every line before it.
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
    """One signature.

    `at` and `publish_at` are UTC in ISO 8601. `acknowledged` has codes of warnings, `notes` texts by the code of the
    error that they resolve.
    """

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
        """The time of publication that the person agreed."""
        return datetime.fromisoformat(self.publish_at)


def approvals_file(settings: Settings, release_id: str) -> Path:
    """Return the path of the sign-offs of a draft of the open tier."""
    return settings.approvals / OPEN / f"{release_id}.jsonl"


def signed(settings: Settings, release_id: str) -> list[SignOff]:
    """Return the signatures that the audit log contains and that were not withdrawn, oldest first.

    They may be for another fingerprint or checklist: see `valid`.
    """
    recorded = _recorded_digests(settings, release_id)
    signatures: list[SignOff] = []
    path = approvals_file(settings, release_id)
    for line in path.read_bytes().split(b"\n") if path.is_file() else []:
        try:
            entry = json.loads(line)
            kind = entry.pop("kind")
            if kind == WITHDRAW:
                signatures = []
            elif _digest(line) in recorded:
                signatures.append(SignOff(**{**entry, "acknowledged": tuple(entry["acknowledged"])}))
        except (ValueError, TypeError, KeyError, AttributeError):  # incomplete after a power failure, or foreign
            continue
    return signatures


def valid(rules: Publication, checklist: Checklist, signatures: Iterable[SignOff]) -> list[SignOff]:
    """Return the signatures for this exact draft and checklist by people with the role.

    Only the first signature counts for each person and each role.
    """
    accepted: list[SignOff] = []
    for signature in signatures:
        is_current = signature.fingerprint == checklist.fingerprint and signature.checklist == checklist.digest
        is_second = any(other.by == signature.by or other.role == signature.role for other in accepted)
        if is_current and not is_second and rules.person(signature.role, signature.by):
            accepted.append(signature)
    return accepted


def unsettled(checklist: Checklist, signatures: Sequence[SignOff]) -> list[Finding]:
    """Return the errors that the notes in these signatures do not resolve."""

    def is_noted(finding: Finding) -> bool:
        return any(
            signature.notes.get(finding.code) and finding.noted_by in ("anybody", signature.role)
            for signature in signatures
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
    """Sign a draft in `role` as the current user; on return the signature is on disk and in the audit log.

    `on` is the day of publication, which the first person to sign may choose; by default it is the next moment of
    publication. Raises GateRefusedError if this person may not sign or an error is unresolved, and UsageError for a
    code that is not in the checklist.
    """
    notes = {code: text.strip() for code, text in (notes or {}).items()}
    with FileLock(_lock(settings)):
        before = valid(rules, checklist, signed(settings, checklist.release_id))
        by = user()
        person = rules.person(role, by)
        if role not in rules.open.signed_by:
            raise UsageError(
                f"'{role}' is not a signing role for the open tier; use one of {', '.join(rules.open.signed_by)}."
            )
        if person is None:
            raise GateRefusedError(
                f"{by} does not have the role {role} in publication.yml; ask a person with that role to sign."
            )
        _require_first(checklist, before, by, role)
        present = clock.now()
        signature = SignOff(
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
        _require_complete(checklist, before, signature)
        path = approvals_file(settings, checklist.release_id)
        append_line(path, {"kind": APPROVE, **asdict(signature)})
        line = path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        facts = {name: asdict(signature)[name] for name in ("role", "fingerprint", "checklist", "publish_at")}
        record(settings, APPROVE, tier=OPEN, release_id=checklist.release_id, **facts, line_sha256=_digest(line))
    return signature


def withdraw(settings: Settings, rules: Publication, release_id: str, reason: str) -> int:
    """Cancel all signatures on a draft; return their number.

    Raises GateRefusedError for a user without a role, for the current release, and for a draft without signatures.
    """
    with FileLock(_lock(settings)):
        if not rules.knows(user()):
            raise GateRefusedError(f"{user()} has no role in publication.yml; ask a person with a role to withdraw.")
        if current_release(settings, OPEN) == release_id:
            raise GateRefusedError(f"{release_id} is already public; run `oversight rollback --tier open` instead.")
        count = len(signed(settings, release_id))
        if not count:
            raise GateRefusedError(f"{release_id} has no signatures, so there is nothing to withdraw.")
        # Write the audit log first: its line alone cancels the signatures.
        record(settings, WITHDRAW, tier=OPEN, release_id=release_id, reason=reason)
        moment = clock.timestamp()
        append_line(
            approvals_file(settings, release_id), {"kind": WITHDRAW, "at": moment, "by": user(), "reason": reason}
        )
    return count


def last_recorded(settings: Settings, release_id: str) -> datetime | None:
    """Return the latest time of any line of the audit log since this draft was last signed."""
    times: list[str] = []
    for line in read_audit(settings):
        if line.get("event") == APPROVE and line.get("release_id") == release_id:
            times = []
        times.append(str(line["at"]))
    return datetime.fromisoformat(max(times)).astimezone(UTC) if times else None


def _agreed(rules: Publication, before: Sequence[SignOff], on: date | None, present: datetime) -> datetime:
    """Return the moment of publication: the one already agreed, or the one that the first person to sign chose."""
    chosen = embargo.moment_on(on, rules.open) if on else None
    if before:
        moment = before[0].moment
        if chosen not in (None, moment):
            raise GateRefusedError(
                f"{before[0].name} has signed for publication on {embargo.in_words(moment, rules.open)}; sign for the "
                "same day, or withdraw the approval and agree on another day."
            )
    else:
        moment = chosen or embargo.next_moment(present, rules.open)
    if moment <= present:
        raise GateRefusedError(
            f"{embargo.in_words(moment, rules.open)} has passed; "
            + ("withdraw the approval and agree on a later day." if before else "choose a later day.")
        )
    return moment


def _require_first(checklist: Checklist, before: Sequence[SignOff], by: str, role: str) -> None:
    """Raise GateRefusedError if this person has signed already, or if the role has."""
    for earlier in before:
        signed_as = f"{earlier.name} has already signed {checklist.release_id} as {earlier.role}"
        if earlier.by == by:
            raise GateRefusedError(f"{signed_as}; each role must be signed by a different person.")
        if earlier.role == role:
            raise GateRefusedError(f"{signed_as}; one signature per role is enough.")


def _require_complete(checklist: Checklist, before: Sequence[SignOff], signature: SignOff) -> None:
    """Raise an error unless the signature acknowledges every warning, resolves every error, and names nothing else."""
    known = {finding.code: finding for finding in checklist.findings}
    for code in (*signature.acknowledged, *signature.notes):
        if code not in known:
            raise UsageError(f"The checklist of {checklist.release_id} has no '{code}'; see `oversight checklist`.")
    for code, text in signature.notes.items():
        if known[code].noted_by not in ("anybody", signature.role):
            needed = f"it needs a note from {known[code].noted_by}" if known[code].noted_by else "fix its cause"
            raise GateRefusedError(f"'{code}' cannot be resolved by a note from {signature.role}; {needed}.")
        if not text:
            raise UsageError(f"The note on '{code}' is empty; explain what happened.")
        if earlier := next((other for other in before if code in other.notes), None):
            raise GateRefusedError(
                f"{earlier.name} has already written the note on '{code}'; withdraw the approval to write another."
            )
    if unresolved := unsettled(checklist, [*before, signature]):
        needs_fix = None in {finding.noted_by for finding in unresolved}
        how = "fix the cause" if needs_fix else "write a note on each error, in the role that may resolve it"
        codes = ", ".join(finding.code for finding in unresolved)
        raise GateRefusedError(f"{checklist.release_id} cannot be signed with unresolved errors ({codes}); {how}.")
    if unseen := [finding.code for finding in checklist.warnings if finding.code not in signature.acknowledged]:
        raise GateRefusedError(
            f"{checklist.release_id} has warnings that you have not acknowledged ({', '.join(unseen)}); read them in "
            "`oversight checklist`, then name each with --acknowledge."
        )


def _recorded_digests(settings: Settings, release_id: str) -> set[str]:
    """Return the digests in the audit log of lines signed since the last withdrawal."""
    digests: set[str] = set()
    for line in read_audit(settings):
        if line.get("tier") == OPEN and line.get("release_id") == release_id:
            if line.get("event") == APPROVE:
                digests.add(str(line.get("line_sha256")))
            elif line.get("event") == WITHDRAW:
                digests = set()
    return digests


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def _lock(settings: Settings) -> Path:
    settings.approvals.mkdir(parents=True, exist_ok=True)
    return settings.approvals / ".approvals.lock"
