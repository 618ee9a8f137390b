"""Conditions for publication, checked on every route to publication before a pointer moves.

Contains the conditions in order, and the message of each refusal. Not here: the facts behind them (the other modules of
this package).
"""

from pathlib import Path

from orchestration.contracts.publication import Publication, load_publication
from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.checklist import Checklist, check, require_tier
from orchestration.warehouse.approval.embargo import require_time
from orchestration.warehouse.approval.signoff import WITHDRAW, SignOff, last_recorded, signed, unsettled, valid
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.catalogue import OPEN
from orchestration.warehouse.store.chain import manifest_digest


def require_permission(settings: Settings, tier: str, folder: Path) -> None:
    """Raise GateRefusedError unless the candidate or release in `folder` may become a release of `tier` now.

    It must have been built for the tier. The open tier also requires:

    - a disclosure audit, and a checklist without unresolved errors
    - a signature for each role, each by a different person
    - that the agreed time of publication has come

    A release that was public before needs none of these again. Call with the publication lock held.
    """
    require_tier(folder, tier)
    if tier != OPEN or was_public(settings, folder):
        return
    rules = load_publication(settings.contracts)
    signatures = approved(settings, rules, check(settings, rules, folder))
    require_time(folder.name, signatures[0].moment, last_recorded(settings, folder.name), rules.open)


def approved(settings: Settings, rules: Publication, checklist: Checklist) -> list[SignOff]:
    """Return the valid signatures on this draft and checklist; raise GateRefusedError if they are no approval."""
    release_id = checklist.release_id
    recorded = signed(settings, release_id)
    signatures = valid(rules, checklist, recorded)
    if unresolved := unsettled(checklist, signatures):
        reason = unresolved[0].says
        raise GateRefusedError(f"{release_id} cannot be published: {reason}")
    signed_roles = {signature.role for signature in signatures}
    missing = [role for role in rules.open.signed_by if role not in signed_roles]
    if missing:
        void = len(recorded) - len(signatures)
        why = ""
        if void:
            why = (
                f" ({void} {'signature is' if void == 1 else 'signatures are'} void: for other figures or another "
                "checklist, a second one by the same person or for the same role, or by a person without the role)"
            )
        raise GateRefusedError(
            f"{release_id} is not approved: {' and '.join(missing)} must sign{why}; see `oversight checklist`."
        )
    return signatures


def was_public(settings: Settings, folder: Path) -> bool:
    """Return True if the audit log shows this exact release as published, and its approval as not withdrawn since."""
    public = False
    for line in read_audit(settings):
        if line.get("tier") == OPEN and line.get("release_id") == folder.name:
            if line.get("event") == "publish":
                public = line.get("manifest_sha256") is not None and line["manifest_sha256"] == manifest_digest(folder)
            elif line.get("event") == WITHDRAW:
                public = False
    return public


def require_earlier_publication(settings: Settings, tier: str, folder: Path) -> None:
    """Raise OversightError if the open release in `folder` was never published: a rollback must not bypass approval."""
    if tier == OPEN and not was_public(settings, folder):
        raise OversightError(
            f"The audit log does not show {folder.name} as published and still approved; choose another release "
            "(`oversight releases`), or have it approved and publish it."
        )
