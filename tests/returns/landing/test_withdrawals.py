"""A withdrawal is a record of its own with its own time; nothing landed is altered."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import Landing, Receipt
from orchestration.returns.landing.origin import Origin

MONDAY = datetime(2025, 1, 27, 9, 30, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(Settings(home=tmp_path / "home"))


def land(landing: Landing, content: bytes = b"a,b") -> Receipt:
    origin = Origin(
        return_code="dfe.lait",
        kind="return",
        department_code="dfe",
        file_name="lait.csv",
        received_at=MONDAY,
        source="list",
    )
    return landing.land(io.BytesIO(content), origin)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_withdrawal_is_written_once_and_does_not_alter_bytes_or_receipt(landing: Landing) -> None:
    receipt = land(landing)
    before = files(landing.folder)
    withdrawal = landing.withdraw(receipt.submission_key, " sent in error ", "2025-02-01T12:00:00+00:00")
    assert (withdrawal.reason, withdrawal.withdrawn_at) == (
        "sent in error",
        datetime(2025, 2, 1, 12, tzinfo=UTC),
    )
    assert landing.withdrawals() == [withdrawal]
    after = files(landing.folder)
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {f"withdrawals/{receipt.submission_key}.json"}


def test_repeating_a_withdrawal_returns_the_first_one(landing: Landing) -> None:
    key = land(landing).submission_key
    first = landing.withdraw(key, "sent in error")
    assert landing.withdraw(key, "sent in error") == first
    assert landing.withdrawals() == [first]


@pytest.mark.parametrize(("reason", "at"), [("another reason", None), ("sent in error", "2025-03-01T00:00:00Z")])
def test_a_second_withdrawal_with_another_reason_or_time_is_refused(
    landing: Landing, reason: str, at: str | None
) -> None:
    key = land(landing).submission_key
    first = landing.withdraw(key, "sent in error", "2025-02-01T00:00:00Z")
    with pytest.raises(
        OversightError, match="was already withdrawn at 2025-02-01T00:00:00Z with the reason 'sent in error'"
    ):
        landing.withdraw(key, reason, at)
    assert landing.withdrawals() == [first]


@pytest.mark.parametrize("key", ["dfe.lait.20250127T093000Z.00000000", "nonsense", "../../etc/passwd", ""])
def test_withdrawing_an_unknown_submission_is_refused(landing: Landing, key: str) -> None:
    land(landing)
    with pytest.raises(OversightError, match="No submission has the key"):
        landing.withdraw(key, "sent in error")
    assert landing.withdrawals() == []


def test_a_submission_can_be_withdrawn_at_the_second_of_its_receipt(landing: Landing) -> None:
    key = land(landing).submission_key
    assert landing.withdraw(key, "sent in error", MONDAY).withdrawn_at == MONDAY


def test_a_withdrawal_needs_a_reason_and_cannot_precede_the_submission(landing: Landing) -> None:
    key = land(landing).submission_key
    with pytest.raises(OversightError, match="without a reason"):
        landing.withdraw(key, "  ")
    with pytest.raises(
        OversightError, match="was received at 2025-01-27T09:30:00Z, so it cannot be withdrawn at 2025-01-27T09:29:59Z"
    ):
        landing.withdraw(key, "sent in error", MONDAY - timedelta(seconds=1))
    assert landing.withdrawals() == []


def test_withdrawals_are_known_only_from_their_own_time(landing: Landing) -> None:
    first, second = land(landing, b"1").submission_key, land(landing, b"2").submission_key
    later = landing.withdraw(first, "late", MONDAY + timedelta(days=9))
    sooner = landing.withdraw(second, "soon", MONDAY + timedelta(days=2))
    assert landing.withdrawals() == [sooner, later]
    assert landing.withdrawals(as_at=MONDAY + timedelta(days=2)) == [sooner]
    assert landing.withdrawals(as_at=MONDAY + timedelta(days=1)) == []
