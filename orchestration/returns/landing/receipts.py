"""Records of the landing area: receipts, rejections and withdrawals.

Contains the fields of the records, their keys, and how times are read and written. Not here: storing them
(`landing_area`).
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
    """A landed file or record that is missing or damaged."""


class Record(BaseModel):
    """Base of all records: immutable, and damaged if it has unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Receipt(Record):
    """Record of one arrival. Times are UTC; `received_at` (knowledge time) has whole seconds, as its key does."""

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
    source: str = Field(min_length=1, description="How it arrived: list, drop_folder or http.")


class RejectedArrival(Receipt):
    """Arrival that was not landed, because it is too large; `reason` is for the sender.

    It counts as a submission that was refused before it was read. The end of its key distinguishes files of the same
    name, as the sha256 does for landed files. `size_bytes` is the size announced, or read before it was rejected.
    """

    sha256: str = ""
    reason: str


class Withdrawal(Record):
    """Withdrawal of a submission, known from `withdrawn_at` (UTC)."""

    submission_key: str
    return_code: str
    reason: str
    withdrawn_at: Instant
    recorded_at: Instant


R = TypeVar("R", bound=Record)


def instant(value: str | datetime, what: str = "the time") -> datetime:
    """Return `value` (ISO 8601 with Z or an offset, or an aware datetime) in UTC.

    Raises OversightError, which names `what`, for anything else: a missing time zone is not guessed.
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
        raise OversightError(f"{what} '{value}' is before {EARLIEST_YEAR}; check the year.")
    return utc


def submission_key(return_code: str, received_at: datetime, sha256: str) -> str:
    """Return the key of a submission; keys of one return sort by time."""
    return f"{return_code}.{received_at:%Y%m%dT%H%M%SZ}.{sha256[:8]}"


def format_time(time: datetime) -> str:
    """Return a UTC time to the second, for example 2025-01-29T09:30:00Z."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def load_record(path: Path, kind: type[R]) -> R:
    """Return the record in `path`; raise DamagedLandingError if it is incomplete."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as error:
        raise DamagedLandingError(f"{path} cannot be read as a record; restore it from a backup.") from error
