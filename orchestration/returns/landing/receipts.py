"""What landing writes down: receipts, withdrawals, and the one way in which a time of receipt is read.

Belongs here: the shape of the records, their keys and times. Does not belong here: where they are kept
and when they are written (`landing`).
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from orchestration.foundation.errors import OversightError

EARLIEST_YEAR = 1900
RETURN_CODE = re.compile(r"[a-z][a-z0-9_]*\.[A-Za-z0-9_]+")
SUBMISSION_KEY = re.compile(rf"({RETURN_CODE.pattern})\.\d{{8}}T\d{{6}}Z\.[0-9a-f]{{8}}")

Kind = Literal["return", "reference"]
Instant = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]


class DamagedLandingError(OversightError):
    """What was landed is missing, or is no longer what its receipt says."""


class Record(BaseModel):
    """Base of what landing writes down: it never changes, and unknown words in it are damage."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Receipt(Record):
    """One arrival. Times are UTC; `received_at` (knowledge time) has whole seconds, as its key does."""

    submission_key: str
    return_code: str
    kind: Kind
    department_code: str
    file_name: str
    sender: str | None
    received_at: Instant
    landed_at: Instant
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    period_hint: str | None
    source: str = Field(min_length=1, description="How it came: list, drop_folder, http.")


class TurnedAway(Receipt):
    """An arrival whose bytes were not kept, since it is larger than a file may be; `reason` says so.

    It is a submission that was refused before it was read. The end of its key tells editions apart, as the
    sha256 does where there is one; `size_bytes` is what the source announced, or what had come by then.
    """

    sha256: str = ""
    reason: str


class Withdrawal(Record):
    """A submission taken back: a knowledge event of its own, at `withdrawn_at` (UTC)."""

    submission_key: str
    return_code: str
    reason: str
    withdrawn_at: Instant
    recorded_at: Instant


R = TypeVar("R", bound=Record)


def instant(value: str | datetime, what: str = "the time") -> datetime:
    """`value` (ISO 8601 with Z or an offset, or an aware datetime) in UTC.

    Raises OversightError naming `what` for anything else: a time without a zone is not guessed at.
    """
    try:
        time = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if time.tzinfo is None:
            raise OversightError(
                f"{what} '{value}' has no time zone; write it with Z or an offset: 2025-01-29T09:30:00Z."
            )
        utc = time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise OversightError(f"{what} '{value}' is not a time; write it as 2025-01-29T09:30:00Z.") from error
    if utc.year < EARLIEST_YEAR:
        raise OversightError(f"{what} '{value}' lies before {EARLIEST_YEAR}; check the year.")
    return utc


def submission_key(return_code: str, received_at: datetime, sha256: str) -> str:
    """The key of a submission; sorts by time within a return."""
    return f"{return_code}.{received_at:%Y%m%dT%H%M%SZ}.{sha256[:8]}"


def in_words(time: datetime) -> str:
    """A UTC time as people and lists write it, to the second: 2025-01-29T09:30:00Z."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def load_record(path: Path, kind: type[R]) -> R:
    """The record in `path`; raises DamagedLandingError if it is not wholly there."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise DamagedLandingError(f"{path} cannot be read as a record; restore it from a backup.") from error
