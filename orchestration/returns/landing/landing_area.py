"""Landing: the bytes of every arrival, kept once and for ever, and a receipt for each.

Belongs here: storing bytes under their sha256, receipts, withdrawals. Does not belong here: fetching files
(`connectors`), lists of files (`submissions_list`), or any judgement of what is in them (`screening`).

    landing/objects/<first two>/<sha256>                  bytes, read-only
    landing/receipts/<return_code>/<submission_key>.json  one per arrival, never altered
    landing/turned_away/<return_code>/<key>.json          one per file that was too large to be kept
    landing/withdrawals/<submission_key>.json             one per withdrawal, never altered
    landing/incoming/                                     temporary files of living writers

No database and no lock over the whole: any number of processes land at once. An object is complete before
its receipt exists, so whoever is killed in between leaves nothing that could be taken for a submission.
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
    TurnedAway,
    Withdrawal,
    in_words,
    instant,
    load_record,
    submission_key,
)
from orchestration.returns.landing.regular_file import FileNotLandedError, ordinary_file
from orchestration.returns.rules import STEERING

__all__ = [
    "Arrival", "DamagedLandingError", "FileNotLandedError", "Kind", "Landing", "Readable", "Receipt",
    "Staged", "TurnedAway", "Withdrawal", "instant",
]  # fmt: skip

CHUNK_BYTES = 1 << 20
BYTES_PER_MB = 1 << 20


class Readable(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; b"" only at the end. Raises if the source breaks before its end."""
        ...


@dataclass(frozen=True)
class Staged:
    """Bytes read to the end and hashed, not landed yet; valid only inside `Landing.stage`."""

    sha256: str
    size_bytes: int
    path: Path
    handle: BinaryIO


@dataclass(frozen=True)
class Arrival:
    """A receipt, and whether this call wrote it (False: the same submission had landed before)."""

    receipt: Receipt
    is_new: bool


class Landing:
    """The landing area of one installation (`Settings.landing`)."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.landing
        self.max_bytes = settings.max_file_mb * BYTES_PER_MB
        self.incoming = self.folder / "incoming"

    # Landing

    def land(self, content: Path | Readable, origin: Origin) -> Receipt:
        """Stores the bytes of `content` and returns the receipt: the first one, if the submission is there.

        Raises FileNotLandedError if this file cannot land, OversightError if nothing can; in both cases nothing
        has landed.
        """
        with self.stage(content, origin.file_name) as staged:
            return self.receive(staged, origin).receipt

    @contextmanager
    def stage(self, content: Path | Readable, file_name: str, declared_bytes: int | None = None) -> Iterator[Staged]:
        """Reads `content` to its end once, hashing and measuring as it goes, without landing it.

        `declared_bytes` is the size that the source announces: too much is refused before reading. What
        the source raises while it is read passes through, and nothing remains of what was read.
        """
        with ExitStack() as stack:
            readable: Readable
            if isinstance(content, Path):
                readable = stack.enter_context(ordinary_file(content))
                declared_bytes = readable.size_bytes
            else:
                readable = content
            name = _base_name(file_name)
            if not name:
                raise OversightError("A file without a name cannot land; give a file_name.")
            self._refuse_oversize(name, declared_bytes or 0)
            with self._writing():
                atomic_files.sweep(self.incoming)
                handle, path = stack.enter_context(atomic_files.temporary(self.incoming))
            sha256, size_bytes = self._copy(readable, handle, name)
            yield Staged(sha256, size_bytes, path, handle)

    def receive(self, staged: Staged, origin: Origin) -> Arrival:
        """Lands what was staged: bytes first, then the receipt."""
        if not RETURN_CODE.fullmatch(origin.return_code):
            raise OversightError(f"'{origin.return_code}' is no return code; write department.return, as in dfe.lait.")
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
                f"{receipt.file_name} would get the key {receipt.submission_key}, which belongs to other "
                f"bytes ({first.sha256}); land it with a received_at one second later."
            )
        return Arrival(first, is_new=False)

    def turn_away(self, error: FileNotLandedError, origin: Origin, edition: str | None = None) -> None:
        """Records that a file of a return was too large to land, once; any other error is no fact to keep.

        `edition` tells it from others of its name where the source does not know when it came: what looks the
        same night after night is one arrival. The file itself stays where it was.
        """
        if error.rule != "file.too_large" or origin.kind != "return":
            return
        received, name = origin.received_at.replace(microsecond=0), _base_name(origin.file_name)
        digest = hashlib.sha256(f"{name}\n{edition or (received, error.size_bytes)}".encode()).hexdigest()
        folder = self.folder / "turned_away" / origin.return_code
        if any(folder.glob(f"*.{digest[:8]}.json")):
            return
        record = TurnedAway(
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
            reason=f"'{name}' has more than the {self.max_bytes // BYTES_PER_MB} MB that a file may have",
        )
        with self._writing():
            atomic_files.write_once(
                self.incoming, folder / f"{record.submission_key}.json", record.model_dump_json(indent=2)
            )

    # Reading

    def arrivals(self, return_code: str) -> list[Receipt]:
        """Receipts of one return and what was turned away, oldest first: every submission of it."""
        paths = (self.folder / "turned_away" / return_code).glob("*.json")
        found = [*self.receipts(return_code), *(load_record(path, TurnedAway) for path in paths)]
        return sorted(found, key=lambda receipt: (receipt.received_at, receipt.submission_key))

    def receipts(self, return_code: str | None = None, as_at: str | datetime | None = None) -> list[Receipt]:
        """Receipts of one return or of all, known at `as_at` (that instant included), oldest first."""
        limit = None if as_at is None else instant(as_at, "as_at")
        paths = (self.folder / "receipts").glob(f"{return_code or '*'}/*.json")
        found = (load_record(path, Receipt) for path in paths)
        known = (receipt for receipt in found if limit is None or receipt.received_at <= limit)
        return sorted(known, key=lambda receipt: (receipt.received_at, receipt.submission_key))

    def find(self, key: str) -> Receipt | None:
        """The receipt of that submission, or None."""
        named = SUBMISSION_KEY.fullmatch(key)
        path = self._receipt_path(named[1], key) if named else None
        return load_record(path, Receipt) if path is not None and path.is_file() else None

    def receipt(self, key: str) -> Receipt:
        """The receipt of that submission; raises OversightError if there is none."""
        found = self.find(key)
        if found is None:
            raise OversightError(
                f"No submission has the key '{key}'; analysis.submissions lists the keys of what has landed."
            )
        return found

    def object_path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie, or would lie."""
        return self.folder / "objects" / sha256[:2] / sha256

    def verify(self, receipt: Receipt) -> None:
        """Reads the bytes again and raises DamagedLandingError unless they are those of the receipt."""
        path = self.object_path(receipt.sha256)
        if not path.is_file():
            raise DamagedLandingError(
                f"The bytes of {receipt.submission_key} are missing from {path}; restore them from a backup, "
                "or land the same file again."
            )
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != receipt.sha256:
            raise DamagedLandingError(
                f"The bytes of {receipt.submission_key} in {path} have changed since they landed "
                f"(their sha256 is now {found}); restore the file from a backup."
            )

    # Withdrawing

    def withdraw(self, key: str, reason: str, withdrawn_at: str | datetime | None = None) -> Withdrawal:
        """Takes a submission back from `withdrawn_at` (now, unless given); the bytes and the receipt stay.

        The same words again return the first withdrawal. Raises OversightError for an unknown key, an empty
        reason, a time before the submission came, and for a second withdrawal that says something else.
        """
        receipt = self.receipt(key)
        if not reason.strip():
            raise OversightError(f"{key} cannot be withdrawn without a reason; say why, it will be published.")
        now = clock.now()
        time = now if withdrawn_at is None else instant(withdrawn_at, "withdrawn_at")
        if time < receipt.received_at:
            raise OversightError(
                f"{key} cannot be withdrawn at {in_words(time)}: it came at {in_words(receipt.received_at)}."
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
                f"{key} was already withdrawn at {in_words(first.withdrawn_at)} because '{first.reason}'; "
                "a withdrawal cannot be altered."
            )
        return first

    def withdrawals(self, as_at: str | datetime | None = None) -> list[Withdrawal]:
        """Withdrawals known at `as_at` (that instant included), oldest first."""
        limit = None if as_at is None else instant(as_at, "as_at")
        found = (load_record(path, Withdrawal) for path in (self.folder / "withdrawals").glob("*.json"))
        known = (one for one in found if limit is None or one.withdrawn_at <= limit)
        return sorted(known, key=lambda one: (one.withdrawn_at, one.submission_key))

    # Writing

    def _receipt_path(self, return_code: str, key: str) -> Path:
        return self.folder / "receipts" / return_code / f"{key}.json"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Says in one sentence that the landing area itself cannot be written to."""
        try:
            yield
        except OSError as error:
            raise OversightError(
                f"Nothing can be landed in {self.folder}: {error.strerror or error}; free space or mend the "
                "permissions, then land again."
            ) from error

    def _copy(self, readable: Readable, handle: BinaryIO, name: str) -> tuple[str, int]:
        """Copies to the end; returns sha256 and size. A failing source is not mistaken for a failing disk."""
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
                f"{name} has more than the {self.max_bytes // BYTES_PER_MB} MB that a file may have; "
                "send it in parts, or raise OVERSIGHT_MAX_FILE_MB.",
                rule="file.too_large",
                size_bytes=size,
            )

    def _store(self, staged: Staged) -> None:
        """Moves the bytes into place, unless they are there: then the older file is left alone.

        A file of the wrong size under that name is damage, and these bytes are the cure.
        """
        atomic_files.seal(staged.handle)
        final = self.object_path(staged.sha256)
        if not final.is_file() or final.stat().st_size != staged.size_bytes:
            atomic_files.move_into_place(staged.path, final)


def _base_name(file_name: str) -> str:
    """The last part of a path, also of one written on Windows."""
    return STEERING.sub("\N{REPLACEMENT CHARACTER}", Path(file_name.replace("\\", "/")).name)
