"""An installation with rules for the open tier, people who sign, and drafts that have passed the gate.

Contains the fixtures shared by the tests of approval. Not here: assertions.
"""

import dataclasses
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import yaml

from orchestration.contracts.publication import Publication, load_publication
from orchestration.foundation import clock
from orchestration.foundation.settings import PROJECT_ROOT, Settings
from orchestration.warehouse.approval import signoff
from orchestration.warehouse.approval.checklist import Checklist, check
from orchestration.warehouse.approval.drafts import draft_folder
from orchestration.warehouse.approval.signoff import SignOff, sign
from orchestration.warehouse.publishing.promotion import publish
from orchestration.warehouse.store.catalogue import names_in
from orchestration.warehouse.store.verdict import SuiteVerdict, read_verdict, write_verdict
from tests.expectations.small_warehouse import passed_candidate

LEAD, HEAD = "lead_statistician", "head_of_profession"
MADE_BY = {"made_of": "20260101T020000Z-0a1b2c3d", "code": "c0de", "contracts": "c0ffee", "contract_versions": {}}
FEWER = "DELETE FROM marts.fct_observation WHERE observation_key = 9"
TRIPLED = "UPDATE marts.fct_observation SET value = 90 WHERE observation_key = 1 AND version_number = 2"

RULES = {
    "roles": {
        LEAD: {"name": "Lead statistician", "people": [{"login": "ada", "name": "Ada"}, {"login": "cy", "name": "Cy"}]},
        HEAD: {
            "name": "Head of profession",
            "people": [{"login": "bea", "name": "Bea"}, {"login": "ada", "name": "Ada"}],
        },
    },
    "open": {
        "signed_by": [LEAD, HEAD],
        "method_changes_noted_by": HEAD,
        "large_revision": 0.5,
        "time": "09:30",
        "zone": "Europe/London",
        "pre_release_access": {
            "hours": 24,
            "people": [
                {"name": "Di", "role": "Minister", "organisation": "=cmd|' /C calc'!A0", "reason": "Answers for it."}
            ],
        },
    },
}


def settings_in(folder: Path) -> Settings:
    """Return settings with their own home and contracts: no returns, and the rules above."""
    contracts = folder / "contracts"
    contracts.mkdir(parents=True)
    shutil.copyfile(PROJECT_ROOT / "contracts" / "codes.yml", contracts / "codes.yml")
    (contracts / "publication.yml").write_text(yaml.safe_dump(RULES), encoding="utf-8")
    return Settings(home=folder / "home", contracts=contracts)


def rules_of(settings: Settings) -> Publication:
    return load_publication(settings.contracts)


def draft(settings: Settings, release_id: str, change: str = "", **provenance: object) -> Path:
    """Create a draft of the open tier that has passed the gate and the disclosure audit; return its folder."""
    candidate = settings.candidates / passed_candidate(settings, release_id, change)
    suites = (*read_verdict(candidate).suites, SuiteVerdict("disclosure", "marts.fct_observation", 1))
    write_verdict(candidate, dataclasses.replace(read_verdict(candidate), suites=suites))
    earlier = [name for name in names_in(settings.releases / "open") if name != release_id]
    content = {"release_id": release_id, "tier": "open", "earlier": earlier, **MADE_BY, **provenance}
    (candidate / "provenance.json").write_text(json.dumps(content), encoding="utf-8")
    folder = settings.candidates_of("open") / release_id
    folder.parent.mkdir(parents=True, exist_ok=True)
    return candidate.rename(folder)


def checked(settings: Settings, release_id: str) -> Checklist:
    return check(settings, rules_of(settings), draft_folder(settings, release_id))


def days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def signs(
    settings: Settings,
    login: str,
    role: str,
    release_id: str,
    *,
    at: datetime | None = None,
    acknowledged: tuple[str, ...] = (),
    notes: dict[str, str] | None = None,
    on: date | None = None,
    found: Checklist | None = None,
) -> SignOff:
    """Sign as `login`, by default two days ago, so that the figures are due by now."""
    present = at or days_ago(2)
    with (
        mock.patch.object(signoff, "user", return_value=login),
        clock.set_to(present),
    ):
        found = found or checked(settings, release_id)
        return sign(settings, rules_of(settings), found, role, acknowledged, notes, on)


def approve(settings: Settings, release_id: str, at: datetime | None = None) -> None:
    """Sign as two people, with the notes and acknowledgements that the checklist requires."""
    found = checked(settings, release_id)
    seen = tuple(finding.code for finding in found.warnings)
    notes = {finding.code: "See the release notes." for finding in found.errors if finding.noted_by}
    signs(settings, "bea", HEAD, release_id, at=at, acknowledged=seen, notes=notes, found=found)
    signs(settings, "ada", LEAD, release_id, at=at, acknowledged=seen, found=found)


def copy_of(home: Settings, folder: Path) -> Settings:
    """Copy a home and its contracts below `folder`, for one test to change; return its settings."""
    shutil.copytree(home.home.parent, folder / "copy", symlinks=True)
    return Settings(home=folder / "copy" / "home", contracts=folder / "copy" / "contracts")


def public(settings: Settings, release_id: str, change: str = "", **provenance: object) -> Path:
    """Create, approve and publish a draft; return its folder."""
    draft(settings, release_id, change, **provenance)
    approve(settings, release_id)
    return publish(settings, release_id, "open").folder
