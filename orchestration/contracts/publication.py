"""Publication rules: who signs before figures become public, when that happens, and who sees them early.

Contains the shape of `contracts/publication.yml` and its loading. Not here: the checks that follow from it
(`orchestration.warehouse.approval`). It is not part of `load_contracts`: a change of who signs changes no figure, so it
must not trigger a new build.
"""

import datetime
import hashlib
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from orchestration.contracts.load import parse
from orchestration.contracts.parts import Part
from orchestration.foundation.errors import ContractError

RULES = "publication.yml"


class Person(Part):
    """Person who may sign."""

    login: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$", examples=["amara.invented"])
    """Name of their account on the machine, as the audit log records it."""
    name: str = Field(min_length=1, examples=["Amara Invented"])
    """Their name."""


class Role(Part):
    """Role that signs, and the people who may sign in it."""

    name: str = Field(min_length=1, examples=["Lead statistician"])
    """Name of the role."""
    people: list[Person] = Field(min_length=1, examples=[[{"login": "amara.invented", "name": "Amara Invented"}]])
    """People who may sign; one of them signs."""


class Reader(Part):
    """Person with pre-release access. All of these details are published."""

    name: str = Field(min_length=1, examples=["Dilys Invented"])
    """Their name."""
    role: str = Field(min_length=1, examples=["Permanent secretary"])
    """Their post."""
    organisation: str = Field(min_length=1, examples=["Department of Invention"])
    """Their organisation."""
    reason: str = Field(min_length=1, examples=["Answers for the department on the morning of publication."])
    """Why they need the figures early."""


class PreReleaseAccess(Part):
    """Pre-release access: who sees figures before publication, and how long before. See the Pre-release Access to
    Official Statistics Order 2008 (SI 2008/2998), schedule 1, and its Scottish and Northern Irish equivalents."""

    hours: int = Field(default=24, ge=1, le=24, examples=[24])
    """Hours before publication; the orders allow at most 24."""
    people: list[Reader] = Field(
        default=[],
        examples=[
            [
                {
                    "name": "Dilys Invented",
                    "role": "Permanent secretary",
                    "organisation": "Department of Invention",
                    "reason": "Answers for the department.",
                }
            ]
        ],
    )
    """People who have access."""

    @model_validator(mode="after")
    def _lists_each_person_once(self) -> "PreReleaseAccess":
        names = [reader.name for reader in self.people]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"people lists '{min(repeated)}' twice")
        return self


class OpenTier(Part):
    """Conditions for publication in the open tier."""

    signed_by: list[str] = Field(min_length=2, examples=[["lead_statistician", "head_of_profession"]])
    """Roles that must sign, each a different person."""
    method_changes_noted_by: str = Field(examples=["head_of_profession"])
    """Role in `signed_by` that must explain a change of code or contracts since the release before."""
    large_revision: float = Field(gt=0, examples=[0.1])
    """Share of the old figure above which a revision needs a note."""
    time: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:30"])
    """Time of day at which figures become public."""
    zone: str = Field(examples=["Europe/London"])
    """Time zone of `time`."""
    pre_release_access: PreReleaseAccess = Field(default=PreReleaseAccess(), examples=[{"hours": 24}])
    """Who has pre-release access."""

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"'{zone}' is not a time zone; use a name like Europe/London")
        return zone

    @property
    def clock_time(self) -> datetime.time:
        """Time of day of publication, without its zone."""
        return datetime.time.fromisoformat(self.time)

    @property
    def clock(self) -> ZoneInfo:
        """Time zone of publication."""
        return ZoneInfo(self.zone)


class Publication(Part):
    """The whole of `contracts/publication.yml`: who signs, when figures become public, and who sees them early."""

    roles: dict[str, Role] = Field(
        examples=[
            {
                "lead_statistician": {
                    "name": "Lead statistician",
                    "people": [{"login": "amara.invented", "name": "Amara Invented"}],
                }
            }
        ]
    )
    """Roles, by code."""
    open: OpenTier = Field(
        examples=[
            {
                "signed_by": ["lead_statistician", "head_of_profession"],
                "method_changes_noted_by": "head_of_profession",
                "large_revision": 0.1,
                "time": "09:30",
                "zone": "Europe/London",
            }
        ]
    )
    """Conditions of the open tier."""

    @model_validator(mode="after")
    def _can_be_signed(self) -> "Publication":
        required = self.open.signed_by
        if len(set(required)) < len(required):
            raise ValueError("signed_by lists a role twice")
        for role in (*required, self.open.method_changes_noted_by):
            if role not in self.roles:
                raise ValueError(f"'{role}' is not a role; add it under roles")
        if self.open.method_changes_noted_by not in required:
            raise ValueError(
                f"method_changes_noted_by names '{self.open.method_changes_noted_by}'; add it to signed_by"
            )
        if len({person.login for role in required for person in self.roles[role].people}) < len(required):
            raise ValueError("the roles in signed_by have too few people between them; each needs a different person")
        return self

    def person(self, role: str, login: str) -> Person | None:
        """Return the person with this account and this role, or None."""
        people = self.roles[role].people if role in self.roles else []
        return next((person for person in people if person.login == login), None)

    def knows(self, login: str) -> bool:
        """Return True if the account has any role."""
        return any(self.person(role, login) for role in self.roles)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change with any setting, but not with comments or the order of keys."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def load_publication(folder: Path) -> Publication:
    """Return the rules in `folder`/publication.yml; raise ContractError if they are missing or invalid."""
    if not (folder / RULES).is_file():
        raise ContractError(
            f"{folder} has no {RULES}, so nothing can be signed or made public; add it as described in "
            "docs/runbooks/publish-the-open-tier.md."
        )
    return parse(folder / RULES, Publication)
