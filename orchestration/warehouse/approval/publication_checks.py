"""What publication asks before anything of the open tier moves, on whichever road it came.

Belongs here: the demands, in their order, and the words of each refusal. Does not belong here: how the facts behind
them are found (the modules beside this one).
"""

from pathlib import Path

from orchestration.contracts.publication import Publication, load_publication
from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.approval.checklist import Checklist, check, demand_tier
from orchestration.warehouse.approval.embargo import demand_time
from orchestration.warehouse.approval.signoff import WITHDRAW, SignOff, last_recorded, signed, unsettled, valid
from orchestration.warehouse.store.audit import read_audit
from orchestration.warehouse.store.catalogue import OPEN
from orchestration.warehouse.store.chain import manifest_digest


def demand_permission(settings: Settings, tier: str, folder: Path) -> None:
    """Raise GateRefusedError unless what lies in `folder` may become a release of `tier` now.

    Every tier takes only what was made for it. The open one also asks for a disclosure audit, a settled checklist, the
    signature of each role by another person, and that the moment they agreed on has come. What the public has seen
    before needs none of it again. Call with the publication lock held.
    """
    demand_tier(folder, tier)
    if tier != OPEN or was_public(settings, folder):
        return
    rules = load_publication(settings.contracts)
    signatures = approved(settings, rules, check(settings, rules, folder))
    demand_time(folder.name, signatures[0].moment, last_recorded(settings, folder.name), rules.open)


def approved(settings: Settings, rules: Publication, checklist: Checklist) -> list[SignOff]:
    """The signatures under exactly this draft and checklist; raises GateRefusedError if that is no approval."""
    release_id = checklist.release_id
    found = signed(settings, release_id)
    signatures = valid(rules, checklist, found)
    if standing := unsettled(checklist, signatures):
        raise GateRefusedError(f"{release_id} may not become public: {standing[0].says}")
    missing = [role for role in rules.open.signed_by if role not in {one.role for one in signatures}]
    if missing:
        void = len(found) - len(signatures)
        why = ""
        if void:
            why = (
                f" ({void} {'signature is' if void == 1 else 'signatures are'} void: about other numbers or another "
                "checklist, by somebody who had signed, or by somebody without that role)"
            )
        raise GateRefusedError(
            f"{release_id} is not approved: {' and '.join(missing)} must sign{why}; see `oversight checklist`."
        )
    return signatures


def was_public(settings: Settings, folder: Path) -> bool:
    """Whether the audit log says that exactly this release was published, and nobody withdrew its approval since."""
    public = False
    for line in read_audit(settings):
        if line.get("tier") == OPEN and line.get("release_id") == folder.name:
            if line.get("event") == "publish":
                public = line.get("manifest_sha256") is not None and line["manifest_sha256"] == manifest_digest(folder)
            elif line.get("event") == WITHDRAW:
                public = False
    return public


def demand_publicity(settings: Settings, tier: str, folder: Path) -> None:
    """Raise OversightError unless what lies in `folder` was published in `tier` before: the way back is no way in."""
    if tier == OPEN and not was_public(settings, folder):
        raise OversightError(
            f"The audit log does not say that {folder.name} was public and may be so again: choose another of "
            "`oversight releases`, or have it approved and publish it."
        )
