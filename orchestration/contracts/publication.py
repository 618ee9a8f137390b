"""Who must sign before figures are made public, when that happens, and who sees them earlier.

Belongs here: the shape of `contracts/publication.yml` and its loading. Does not belong here: any of the demands that
follow from it (`orchestration.warehouse.approval`).

It stands apart from `load_contracts`: who signs changes no number, so a change of it must not make one anew.
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
    """Somebody who may sign: the name of their account on the machine, as the audit log records it, and their own."""

    login: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.@-]*$")
    name: str = Field(min_length=1)


class Role(Part):
    """An office that signs, and the people any one of whom may sign for it."""

    name: str = Field(min_length=1)
    people: list[Person] = Field(min_length=1)


class Reader(Part):
    """Somebody who sees figures before they are public, and why. Everything here is published."""

    name: str = Field(min_length=1)
    role: str = Field(min_length=1)
    organisation: str = Field(min_length=1)
    reason: str = Field(min_length=1)


class PreReleaseAccess(Part):
    """Who sees figures how many hours before they are public; 24 is the most that the orders on it allow.

    The Pre-release Access to Official Statistics Order 2008 (SI 2008/2998), schedule 1, and its Scottish and Northern
    Irish likes.
    """

    hours: int = Field(default=24, ge=1, le=24)
    people: list[Reader] = []

    @model_validator(mode="after")
    def _names_everybody_once(self) -> "PreReleaseAccess":
        names = [reader.name for reader in self.people]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"'{min(repeated)}' stands twice")
        return self


class OpenTier(Part):
    """What the public's tier asks for.

    `signed_by` are the roles that must sign, each by another person. `method_changes_noted_by` is the one of them that
    must say why where code or contracts are other than those of the release before. A revision of more than
    `large_revision`, as a share of the old figure, needs a note. Figures become public at `time` in `zone`.
    """

    signed_by: list[str] = Field(min_length=2)
    method_changes_noted_by: str
    large_revision: float = Field(gt=0)
    time: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    zone: str
    pre_release_access: PreReleaseAccess = PreReleaseAccess()

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError(f"'{zone}' is no time zone; Europe/London is one")
        return zone

    @property
    def clock_time(self) -> datetime.time:
        """The time of day of publication, without its zone."""
        return datetime.time.fromisoformat(self.time)

    @property
    def clock(self) -> ZoneInfo:
        """The zone whose clocks show that time."""
        return ZoneInfo(self.zone)


class Publication(Part):
    """All of `contracts/publication.yml`."""

    roles: dict[str, Role]
    open: OpenTier

    @model_validator(mode="after")
    def _can_be_signed(self) -> "Publication":
        demanded = self.open.signed_by
        if len(set(demanded)) < len(demanded):
            raise ValueError("a role stands twice in signed_by")
        for role in (*demanded, self.open.method_changes_noted_by):
            if role not in self.roles:
                raise ValueError(f"'{role}' is no role; add it under roles")
        if self.open.method_changes_noted_by not in demanded:
            raise ValueError(f"'{self.open.method_changes_noted_by}' does not sign, so it cannot note anything")
        if len({person.login for role in demanded for person in self.roles[role].people}) < len(demanded):
            raise ValueError("the roles in signed_by need as many different people, since nobody signs twice")
        return self

    def person(self, role: str, login: str) -> Person | None:
        """The person who has this account and this role."""
        found = self.roles.get(role)
        return next((one for one in found.people if one.login == login), None) if found else None

    def knows(self, login: str) -> bool:
        """Whether somebody with this account has any role."""
        return any(self.person(role, login) for role in self.roles)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change with anything said here, comments and order of words aside."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


def load_publication(folder: Path) -> Publication:
    """The rules in `folder`/publication.yml; raises ContractError if they are missing or not valid."""
    if not (folder / RULES).is_file():
        raise ContractError(
            f"{folder}: no {RULES} here, so nobody may sign and nothing becomes public; see "
            "docs/runbooks/publish-the-open-tier.md for what it says."
        )
    return parse(folder / RULES, Publication)
