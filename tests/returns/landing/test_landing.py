"""Landing stores the bytes and the receipt of each arrival once, even after an interruption."""

import hashlib
import io
import json
import os
import resource
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from orchestration.foundation import atomic_files
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import (
    DamagedLandingError,
    FileNotLandedError,
    Landing,
    Receipt,
    instant,
)
from orchestration.returns.landing.origin import Origin

MONDAY = datetime(2025, 1, 27, 9, 30, tzinfo=UTC)
ORIGIN = Origin(
    return_code="dfe.lait",
    kind="return",
    department_code="dfe",
    file_name="lait.csv",
    received_at=MONDAY,
    source="list",
)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(Settings(home=tmp_path / "home", max_file_mb=1))


def land(landing: Landing, content: bytes = b"a,b\n1,2\n", received_at: datetime = MONDAY, **more: str) -> Receipt:
    return landing.land(io.BytesIO(content), replace(ORIGIN, received_at=received_at, **more))


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_bytes_are_stored_read_only_under_their_sha256(landing: Landing) -> None:
    receipt = land(landing, b"some bytes")
    sha256 = hashlib.sha256(b"some bytes").hexdigest()
    path = landing.folder / "objects" / sha256[:2] / sha256
    assert receipt.sha256 == sha256
    assert landing.object_path(sha256) == path
    assert path.read_bytes() == b"some bytes"
    assert path.stat().st_mode & 0o777 == 0o400
    assert receipt.size_bytes == len(b"some bytes")


def test_the_receipt_is_stored_under_its_return_with_all_fields(landing: Landing) -> None:
    receipt = land(landing, b"x", sender="a@dfe.gov.uk", period_hint="FY2024-25")
    key = f"dfe.lait.20250127T093000Z.{receipt.sha256[:8]}"
    written = json.loads((landing.folder / "receipts" / "dfe.lait" / f"{key}.json").read_text())
    assert written.pop("landed_at").endswith("Z")
    assert written == {
        "submission_key": key,
        "return_code": "dfe.lait",
        "kind": "return",
        "department_code": "dfe",
        "file_name": "lait.csv",
        "sender": "a@dfe.gov.uk",
        "received_at": "2025-01-27T09:30:00Z",
        "sha256": receipt.sha256,
        "size_bytes": 1,
        "period_hint": "FY2024-25",
        "source": "list",
    }


def test_landing_the_same_submission_again_returns_the_first_receipt_and_changes_nothing(
    landing: Landing,
) -> None:
    first = land(landing, sender="the first sender")
    before = files(landing.folder)
    object_inode = landing.object_path(first.sha256).stat().st_ino
    again = land(landing, sender="another sender", file_name="renamed.csv")
    assert again == first
    assert files(landing.folder) == before
    assert landing.object_path(first.sha256).stat().st_ino == object_inode


def test_a_then_b_then_a_again_are_three_receipts_and_two_objects(landing: Landing) -> None:
    for day, content in enumerate((b"A", b"B", b"A")):
        land(landing, content, MONDAY + timedelta(days=day))
    assert [r.sha256 == hashlib.sha256(b"A").hexdigest() for r in landing.receipts()] == [True, False, True]
    assert len(files(landing.folder / "objects")) == 2


@given(
    content=st.binary(max_size=200),
    seconds=st.integers(0, 2_000_000_000),
    offset=st.integers(-14 * 60, 14 * 60),
    micro=st.integers(0, 999_999),
)
@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_time_and_bytes_are_one_submission_in_any_notation_of_the_time(
    landing: Landing, content: bytes, seconds: int, offset: int, micro: int
) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    elsewhere = moment.astimezone(timezone(timedelta(minutes=offset)))
    first = land(landing, content, moment.replace(microsecond=micro))
    assert land(landing, content, instant(elsewhere.isoformat())) == first
    assert land(landing, content, elsewhere) == first
    assert land(landing, content, moment) == first
    assert first.received_at == moment
    assert landing.receipt(first.submission_key) == first
    landing.verify(first)


def test_receipts_come_in_the_order_of_receipt_not_of_landing(landing: Landing) -> None:
    late = land(landing, b"late", MONDAY + timedelta(days=3))
    early = land(landing, b"early", MONDAY)
    other = land(landing, b"other", MONDAY + timedelta(days=1), return_code="ons.employment")
    assert landing.receipts() == [early, other, late]
    assert landing.receipts("dfe.lait") == [early, late]
    assert landing.receipts("dfe.unknown") == []


def test_as_at_includes_its_own_instant_and_nothing_later(landing: Landing) -> None:
    first = land(landing, b"1", MONDAY)
    land(landing, b"2", MONDAY + timedelta(seconds=1))
    assert landing.receipts(as_at="2025-01-27T09:30:00Z") == [first]
    assert landing.receipts(as_at=MONDAY - timedelta(seconds=1)) == []


def test_an_empty_landing_area_has_no_receipts_and_is_not_created_by_reading(landing: Landing) -> None:
    assert landing.receipts() == []
    assert landing.withdrawals() == []
    assert not landing.folder.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2025-01-29T09:30:00", "has no time zone"),
        ("2025-01-29", "has no time zone"),
        (datetime(2025, 1, 29), "has no time zone"),
        ("yesterday", "is not a time"),
        ("29/01/2025 09:30", "is not a time"),
        ("9999-12-31T23:59:59-12:00", "is not a time"),
        ("0202-01-29T09:30:00Z", "check the year"),
    ],
)
def test_an_invalid_time_is_refused_in_one_sentence(text: str | datetime, message: str) -> None:
    with pytest.raises(OversightError, match=rf"^received_at '.*' .*{message}.*\.$"):
        instant(text, "received_at")


@pytest.mark.parametrize("text", ["2025-01-29T09:30:00Z", "2025-01-29T10:30:00+01:00", " 2025-01-29 04:00:00-05:30 "])
def test_time_zones_and_offsets_are_converted_to_utc(text: str) -> None:
    time = instant(text)
    assert time == datetime(2025, 1, 29, 9, 30, tzinfo=UTC)
    assert time.tzinfo is UTC


def test_an_invalid_time_lands_nothing(landing: Landing) -> None:
    with pytest.raises(OversightError, match="no time zone"):
        land(landing, received_at=datetime(2025, 1, 29, 9, 30))
    assert files(landing.folder) == {}


@pytest.mark.parametrize("code", ["lait", "../etc.passwd", "dfe/lait", "dfe.lait/../..", "DFE.lait", "dfe.lait\n"])
def test_a_return_code_that_could_escape_the_folder_is_refused(landing: Landing, code: str) -> None:
    with pytest.raises(OversightError, match="not a valid return code"):
        land(landing, return_code=code)
    assert files(landing.folder) == {}


@pytest.mark.parametrize("name", ["../../evil.csv", "C:\\Users\\me\\evil.csv", "/tmp/evil.csv"])
def test_only_the_last_part_of_a_file_name_is_kept(landing: Landing, name: str) -> None:
    assert land(landing, file_name=name).file_name == "evil.csv"


@pytest.mark.parametrize("name", ["", "/"])
def test_a_file_needs_a_name(landing: Landing, name: str) -> None:
    with pytest.raises(OversightError, match="give a file_name"):
        land(landing, file_name=name)
    assert files(landing.folder) == {}


def test_the_receipt_has_everything_that_its_origin_has(landing: Landing, tmp_path: Path) -> None:
    path = tmp_path / "sent.tmp"
    path.write_bytes(b"x")
    origin = replace(ORIGIN, kind="reference", file_name="cla.csv", sender="a@dfe.gov.uk", period_hint="FY2024-25")
    receipt = landing.land(path, origin)
    assert {name: getattr(receipt, name) for name in asdict(origin)} == asdict(origin)


def test_a_rejected_file_has_everything_that_its_origin_has(landing: Landing) -> None:
    origin = replace(ORIGIN, file_name="big.csv", source="http", sender="dfe.gov.uk", period_hint="FY2024-25")
    with pytest.raises(FileNotLandedError) as caught:
        landing.land(Endless(), origin)
    landing.reject(caught.value, origin)
    [rejected] = landing.arrivals(origin.return_code)
    assert {name: getattr(rejected, name) for name in asdict(origin)} == asdict(origin)


class Endless:
    """A source that never ends and counts the bytes read from it."""

    taken = 0

    def read(self, size: int) -> bytes:
        self.taken += size
        return b"x" * size


def test_a_file_over_the_limit_is_rejected_during_reading_and_leaves_nothing(landing: Landing) -> None:
    source = Endless()
    with pytest.raises(
        FileNotLandedError, match=r"big\.csv is larger than the 1 MB .* OVERSIGHT_MAX_FILE_MB"
    ) as caught:
        landing.land(source, replace(ORIGIN, file_name="big.csv"))
    assert caught.value.rule == "file.too_large"
    assert source.taken <= 3 * 2**20
    assert files(landing.folder) == {}


def test_a_file_of_exactly_the_limit_lands(landing: Landing) -> None:
    assert land(landing, b"x" * 2**20).size_bytes == 2**20


def test_an_announced_size_over_the_limit_is_rejected_before_reading(landing: Landing) -> None:
    source = Endless()
    with (
        pytest.raises(FileNotLandedError),
        landing.stage(source, file_name="big.csv", declared_bytes=2**20 + 1),
    ):
        pass
    assert source.taken == 0


def test_an_empty_file_lands_because_screening_checks_it(landing: Landing) -> None:
    assert land(landing, b"").size_bytes == 0


def test_links_pipes_and_folders_are_refused_without_blocking(landing: Landing, tmp_path: Path) -> None:
    target = tmp_path / "secret"
    target.write_bytes(b"secret")
    link, pipe = tmp_path / "link.csv", tmp_path / "pipe.csv"
    link.symlink_to(target)
    os.mkfifo(pipe)
    for path, words in (
        (link, "symbolic link"),
        (pipe, "not a regular file"),
        (tmp_path, "not a regular file"),
        (tmp_path / "absent.csv", "No such file"),
    ):
        with pytest.raises(FileNotLandedError, match=words), landing.stage(path, path.name):
            pass
    assert files(landing.folder) == {}


def test_a_file_that_grows_while_it_is_read_does_not_land(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing.csv"
    path.write_bytes(b"half")
    read = os.read

    def read_while_another_writes(descriptor: int, size: int) -> bytes:
        chunk = read(descriptor, size)
        with path.open("ab") as writer:
            writer.write(b", and the other half")
        return chunk

    monkeypatch.setattr(os, "read", read_while_another_writes)
    with pytest.raises(FileNotLandedError, match="changed while it was read") as caught, landing.stage(path, path.name):
        pass
    assert caught.value.rule == "file.incomplete"
    assert files(landing.folder) == {}


class Breaking:
    """A source that fails after its first kilobyte."""

    def __init__(self) -> None:
        self.chunks = iter([b"x" * 1000])

    def read(self, size: int) -> bytes:
        for chunk in self.chunks:
            return chunk
        raise ConnectionResetError("the line broke")


def test_a_source_that_fails_lands_nothing_and_its_error_passes_through(landing: Landing) -> None:
    with (
        pytest.raises(ConnectionResetError, match="the line broke"),
        landing.stage(Breaking(), file_name="x.csv"),
    ):
        pass
    assert files(landing.folder) == {}


def test_a_full_disk_is_reported_in_one_sentence_and_leaves_nothing(landing: Landing) -> None:
    land(landing, b"small")
    before = files(landing.folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))
    try:
        with pytest.raises(
            OversightError, match=r"^Cannot write to the landing area .* \(File too large\); free some space"
        ) as caught:
            land(landing, b"x" * 200_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not isinstance(caught.value, FileNotLandedError)
    assert files(landing.folder) == before


class Killed(BaseException):
    """Simulates the end of the process."""


@pytest.mark.parametrize("act", ["move_into_place", "place_once"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interruption_at_any_step_leaves_no_partial_submission_and_landing_again_completes_it(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, act: str, moment: str
) -> None:
    real = getattr(atomic_files, act)

    def die(temporary: Path, final: Path) -> bool:
        if moment == "after":
            real(temporary, final)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(atomic_files, act, die)
        with pytest.raises(Killed):
            land(landing)
    for receipt in landing.receipts():
        landing.verify(receipt)
    receipt = land(landing)
    landing.verify(receipt)
    assert landing.receipts() == [receipt]
    assert sorted(path.split("/")[0] for path in files(landing.folder)) == ["objects", "receipts"]


def test_temporary_files_of_ended_processes_are_deleted_and_those_of_running_ones_are_not(landing: Landing) -> None:
    land(landing, b"first")
    dead = landing.folder / "incoming" / "dead.tmp"
    dead.write_bytes(b"half a file")
    with landing.stage(io.BytesIO(b"living"), file_name="living.csv") as living:
        land(landing, b"second")
        assert not dead.exists()
        assert living.path.exists()


def test_a_damaged_object_is_detected_and_landing_the_file_again_repairs_it(landing: Landing) -> None:
    receipt = land(landing, b"12345")
    path = landing.object_path(receipt.sha256)
    landing.verify(receipt)
    for damaged, words in (
        (b"12X45", "has changed since it landed"),
        (b"123", "has changed"),
        (None, "is missing"),
    ):
        path.chmod(0o644)
        path.write_bytes(damaged) if damaged else path.unlink()
        with pytest.raises(DamagedLandingError, match=words):
            landing.verify(receipt)
        path.unlink(missing_ok=True)
        path.write_bytes(b"123")
        assert land(landing, b"12345") == receipt
        landing.verify(receipt)


def test_a_damaged_receipt_is_reported_and_never_skipped(landing: Landing) -> None:
    receipt = land(landing)
    path = landing.folder / "receipts" / "dfe.lait" / f"{receipt.submission_key}.json"
    path.chmod(0o644)
    path.write_text(path.read_text()[:40])
    with pytest.raises(DamagedLandingError, match=rf"{receipt.submission_key}\.json cannot be read"):
        landing.receipts()


def test_two_files_that_would_share_a_key_are_refused(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "orchestration.returns.landing.landing_area.submission_key", lambda *_: "dfe.lait.20250127T093000Z.00000000"
    )
    land(landing, b"one")
    with pytest.raises(OversightError, match="belongs to another file"):
        land(landing, b"two")
    assert len(landing.receipts()) == 1
