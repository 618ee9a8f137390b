"""Landing area: the bytes of every arrival, stored once under their sha256, and a receipt for each arrival.

Contains storing bytes, receipts, rejections and withdrawals. Not here: fetching files (`connectors`), lists of files
(`submissions_list`), or checking their content (`screening`).

    landing/objects/<first two>/<sha256>                  bytes, read-only
    landing/receipts/<return_code>/<submission_key>.json  one per arrival, never altered
    landing/turned_away/<return_code>/<key>.json          one per file that was too large to land
    landing/withdrawals/<submission_key>.json             one per withdrawal, never altered
    landing/incoming/                                     temporary files of running processes

There is no database and no global lock, so any number of processes can land files at once. An object is complete
before its receipt exists, so an interrupted process leaves nothing that looks like a submission.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from orchestration.foundation import atomic_files, clock
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.origin import Origin
from orchestration.returns.landing.receipts import (
    RETURN_CODE,
    SUBMISSION_KEY,
    DamagedLandingError,
    Kind,
    Receipt,
    RejectedArrival,
    Withdrawal,
    format_time,
    instant,
    load_record,
    submission_key,
)
from orchestration.returns.landing.regular_file import FileNotLandedError, open_regular_file
from orchestration.returns.rules import STEERING

__all__ = [
    "Arrival", "DamagedLandingError", "FileNotLandedError", "Kind", "Landing", "Readable", "Receipt",
    "RejectedArrival", "Staged", "Withdrawal", "instant",
]  # fmt: skip

CHUNK_BYTES = 1 << 20
BYTES_PER_MB = 1 << 20


class Readable(Protocol):
    """Source of bytes, such as an open file or a download."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and b"" only at the end. Raises if the source fails before its end."""
        ...


@dataclass(frozen=True)
class Staged:
    """Bytes read to the end and hashed, but not yet landed; valid only inside `Landing.stage`."""

    sha256: str
    size_bytes: int
    path: Path
    handle: BinaryIO


@dataclass(frozen=True)
class Arrival:
    """Receipt of a file; `is_new` is False if the same submission had landed before."""

    receipt: Receipt
    is_new: bool


class Landing:
    """Landing area of one installation (`Settings.landing`)."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.landing
        self.max_bytes = settings.max_file_mb * BYTES_PER_MB
        self.incoming = self.folder / "incoming"

    # Landing

    def land(self, content: Path | Readable, origin: Origin) -> Receipt:
        """Store the bytes of `content` and return the receipt: the first one if the same submission landed before.

        Raises FileNotLandedError if this file cannot be landed, and OversightError if no file can. In both cases
        nothing has landed.
        """
        with self.stage(content, origin.file_name) as staged:
            return self.receive(staged, origin).receipt

    @contextmanager
    def stage(self, content: Path | Readable, file_name: str, declared_bytes: int | None = None) -> Iterator[Staged]:
        """Read `content` to its end once and hash it, without landing it.

        `declared_bytes` is the size that the source announces; a size over the limit is rejected before reading. An
        error of the source passes through, and the bytes read until then are deleted.
        """
        with ExitStack() as stack:
            readable: Readable
            if isinstance(content, Path):
                readable = stack.enter_context(open_regular_file(content))
                declared_bytes = readable.size_bytes
            else:
                readable = content
            name = _base_name(file_name)
            if not name:
                raise OversightError("A file without a name cannot be landed; give a file_name.")
            self._refuse_oversize(name, declared_bytes or 0)
            with self._writing():
                atomic_files.sweep(self.incoming)
                handle, path = stack.enter_context(atomic_files.temporary(self.incoming))
            sha256, size_bytes = self._copy(readable, handle, name)
            yield Staged(sha256, size_bytes, path, handle)

    def receive(self, staged: Staged, origin: Origin) -> Arrival:
        """Land the staged file: its bytes first, then the receipt."""
        if not RETURN_CODE.fullmatch(origin.return_code):
            raise OversightError(
                f"'{origin.return_code}' is not a valid return code; use the form department.return, as in dfe.lait."
            )
        received = instant(origin.received_at, "received_at").replace(microsecond=0)
        receipt = Receipt(
            submission_key=submission_key(origin.return_code, received, staged.sha256),
            return_code=origin.return_code,
            kind=origin.kind,
            department_code=origin.department_code,
            file_name=_base_name(origin.file_name),
            sender=origin.sender or None,
            received_at=received,
            landed_at=clock.now(),
            sha256=staged.sha256,
            size_bytes=staged.size_bytes,
            period_hint=origin.period_hint or None,
            source=origin.source,
        )
        final = self._receipt_path(origin.return_code, receipt.submission_key)
        with self._writing():
            self._store(staged)
            is_new = atomic_files.write_once(self.incoming, final, receipt.model_dump_json(indent=2))
        if is_new:
            return Arrival(receipt, is_new=True)
        first = load_record(final, Receipt)
        if first.sha256 != receipt.sha256:
            raise OversightError(
                f"{receipt.file_name} would get the key {receipt.submission_key}, which belongs to another file "
                f"({first.sha256}); land it with a received_at one second later."
            )
        return Arrival(first, is_new=False)

    def reject(self, error: FileNotLandedError, origin: Origin, edition: str | None = None) -> None:
        """Record once that a file of a return was too large to land; ignore any other error.

        `edition` identifies the file where the source cannot date it, so that a file that every refresh finds again
        is recorded once. The file itself is not moved.
        """
        if error.rule != "file.too_large" or origin.kind != "return":
            return
        received, name = origin.received_at.replace(microsecond=0), _base_name(origin.file_name)
        digest = hashlib.sha256(f"{name}\n{edition or (received, error.size_bytes)}".encode()).hexdigest()
        folder = self.folder / "turned_away" / origin.return_code
        if any(folder.glob(f"*.{digest[:8]}.json")):
            return
        record = RejectedArrival(
            submission_key=submission_key(origin.return_code, received, digest),
            return_code=origin.return_code,
            kind=origin.kind,
            department_code=origin.department_code,
            file_name=name,
            sender=origin.sender or None,
            received_at=received,
            landed_at=clock.now(),
            size_bytes=error.size_bytes,
            period_hint=origin.period_hint or None,
            source=origin.source,
            reason=f"'{name}' is larger than the {self.max_bytes // BYTES_PER_MB} MB limit",
        )
        with self._writing():
            atomic_files.write_once(
                self.incoming, folder / f"{record.submission_key}.json", record.model_dump_json(indent=2)
            )

    # Reading

    def arrivals(self, return_code: str) -> list[Receipt]:
        """Return every submission of one return, oldest first: its receipts and its rejected files."""
        paths = (self.folder / "turned_away" / return_code).glob("*.json")
        submissions = [*self.receipts(return_code), *(load_record(path, RejectedArrival) for path in paths)]
        return sorted(submissions, key=lambda receipt: (receipt.received_at, receipt.submission_key))

    def receipts(self, return_code: str | None = None, as_at: str | datetime | None = None) -> list[Receipt]:
        """Return the receipts of one return or of all, oldest first; with `as_at`, those received by then."""
        limit = None if as_at is None else instant(as_at, "as_at")
        paths = (self.folder / "receipts").glob(f"{return_code or '*'}/*.json")
        receipts = (load_record(path, Receipt) for path in paths)
        known = (receipt for receipt in receipts if limit is None or receipt.received_at <= limit)
        return sorted(known, key=lambda receipt: (receipt.received_at, receipt.submission_key))

    def find(self, key: str) -> Receipt | None:
        """Return the receipt of a submission, or None."""
        match = SUBMISSION_KEY.fullmatch(key)
        path = self._receipt_path(match[1], key) if match else None
        return load_record(path, Receipt) if path is not None and path.is_file() else None

    def receipt(self, key: str) -> Receipt:
        """Return the receipt of a submission; raise OversightError if it has none."""
        receipt = self.find(key)
        if receipt is None:
            raise OversightError(f"No submission has the key '{key}'; analysis.submissions lists all keys.")
        return receipt

    def object_path(self, sha256: str) -> Path:
        """Return the path for the bytes with that hash, whether or not they have landed."""
        return self.folder / "objects" / sha256[:2] / sha256

    def verify(self, receipt: Receipt) -> None:
        """Read the bytes again; raise DamagedLandingError unless they match the receipt."""
        path = self.object_path(receipt.sha256)
        if not path.is_file():
            raise DamagedLandingError(
                f"The landed file of {receipt.submission_key} is missing from {path}; restore it from a backup, "
                "or land the same file again."
            )
        with path.open("rb") as handle:
            sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
        if sha256 != receipt.sha256:
            raise DamagedLandingError(
                f"The landed file of {receipt.submission_key} in {path} has changed since it landed "
                f"(its sha256 is now {sha256}); restore it from a backup."
            )

    # Withdrawing

    def withdraw(self, key: str, reason: str, withdrawn_at: str | datetime | None = None) -> Withdrawal:
        """Withdraw a submission from `withdrawn_at` (by default, now); its bytes and receipt stay.

        Repeating a withdrawal returns the first one. Raises OversightError for an unknown key, an empty reason, a
        time before the submission was received, or a second withdrawal with another reason or time.
        """
        receipt = self.receipt(key)
        if not reason.strip():
            raise OversightError(f"{key} cannot be withdrawn without a reason; give one, because it is published.")
        now = clock.now()
        time = now if withdrawn_at is None else instant(withdrawn_at, "withdrawn_at")
        if time < receipt.received_at:
            raise OversightError(
                f"{key} was received at {format_time(receipt.received_at)}, so it cannot be withdrawn at "
                f"{format_time(time)}; use a later time."
            )
        withdrawal = Withdrawal(
            submission_key=key,
            return_code=receipt.return_code,
            reason=reason.strip(),
            withdrawn_at=time,
            recorded_at=now,
        )
        final = self.folder / "withdrawals" / f"{key}.json"
        with self._writing():
            if atomic_files.write_once(self.incoming, final, withdrawal.model_dump_json(indent=2)):
                return withdrawal
        first = load_record(final, Withdrawal)
        if first.reason != withdrawal.reason or (withdrawn_at is not None and first.withdrawn_at != time):
            raise OversightError(
                f"{key} was already withdrawn at {format_time(first.withdrawn_at)} with the reason "
                f"'{first.reason}'; a withdrawal cannot be changed."
            )
        return first

    def withdrawals(self, as_at: str | datetime | None = None) -> list[Withdrawal]:
        """Return all withdrawals, oldest first; with `as_at`, those made by then."""
        limit = None if as_at is None else instant(as_at, "as_at")
        withdrawals = (load_record(path, Withdrawal) for path in (self.folder / "withdrawals").glob("*.json"))
        known = (withdrawal for withdrawal in withdrawals if limit is None or withdrawal.withdrawn_at <= limit)
        return sorted(known, key=lambda withdrawal: (withdrawal.withdrawn_at, withdrawal.submission_key))

    # Writing

    def _receipt_path(self, return_code: str, key: str) -> Path:
        return self.folder / "receipts" / return_code / f"{key}.json"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Raise OversightError if the landing area itself cannot be written to."""
        try:
            yield
        except OSError as error:
            raise OversightError(
                f"Cannot write to the landing area {self.folder} ({error.strerror or error}); free some space or fix "
                "the permissions, then land the file again."
            ) from error

    def _copy(self, readable: Readable, handle: BinaryIO, name: str) -> tuple[str, int]:
        """Copy to the end; return sha256 and size. An error of the source is not reported as one of the disk."""
        digest, size = hashlib.sha256(), 0
        while chunk := readable.read(CHUNK_BYTES):
            size += len(chunk)
            self._refuse_oversize(name, size)
            digest.update(chunk)
            with self._writing():
                handle.write(chunk)
        return digest.hexdigest(), size

    def _refuse_oversize(self, name: str, size: int) -> None:
        if size > self.max_bytes:
            raise FileNotLandedError(
                f"{name} is larger than the {self.max_bytes // BYTES_PER_MB} MB limit; "
                "send it in parts, or increase OVERSIGHT_MAX_FILE_MB.",
                rule="file.too_large",
                size_bytes=size,
            )

    def _store(self, staged: Staged) -> None:
        """Move the bytes into place, unless they have landed before.

        A stored file of the wrong size is damaged, so these bytes replace it.
        """
        atomic_files.seal(staged.handle)
        final = self.object_path(staged.sha256)
        if not final.is_file() or final.stat().st_size != staged.size_bytes:
            atomic_files.move_into_place(staged.path, final)


def _base_name(file_name: str) -> str:
    """Return the last part of a path, including a Windows path, with control characters replaced."""
    return STEERING.sub("\N{REPLACEMENT CHARACTER}", Path(file_name.replace("\\", "/")).name)
