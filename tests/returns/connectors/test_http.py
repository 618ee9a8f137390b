"""Pulling over HTTP: each new edition lands once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from orchestration.foundation.settings import Settings
from orchestration.returns.connectors import web
from orchestration.returns.landing.landing_area import Landing
from tests.returns.connectors.department_server import Server, edition, landed, serving, status, take

JANUARY = datetime(2025, 1, 1, 12, tzinfo=UTC)
FEBRUARY = datetime(2025, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(web, "FIRST_WAIT_SECONDS", 0.01)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    return Settings(home=tmp_path / "home", max_file_mb=1, pull_timeout_seconds=5, pull_attempts=3)


def test_an_edition_lands_with_the_time_of_the_server_and_its_host_as_sender(
    settings: Settings, server: Server
) -> None:
    server.will(edition(b"a,b\n1,2\n", '"one"', JANUARY))
    pulled = take(settings, server)
    (receipt,) = pulled.arrived
    assert (receipt.file_name, receipt.source, receipt.sender) == ("lait.csv", "http", "127.0.0.1")
    assert receipt.received_at == JANUARY
    assert landed(settings) == [b"a,b\n1,2\n"]
    assert pulled.failed == []


@pytest.mark.parametrize(("etag", "changed"), [('"one"', None), (None, JANUARY), ('W/"one"', JANUARY)])
def test_an_unchanged_edition_is_requested_conditionally_and_does_not_land_again(
    settings: Settings, server: Server, etag: str | None, changed: datetime | None
) -> None:
    server.will(edition(b"content", etag, changed))
    take(settings, server)
    again = take(settings, server)
    assert (again.arrived, again.failed) == ([], [])
    first, second = server.requests()
    assert "If-None-Match" not in first
    assert "If-Modified-Since" not in first
    assert second.get("If-None-Match") == etag
    assert second.get("If-Modified-Since") == (format_datetime(changed, usegmt=True) if changed else None)
    assert landed(settings) == [b"content"]


def test_a_changed_edition_lands_as_a_new_submission(settings: Settings, server: Server) -> None:
    server.will(edition(b"first", '"one"', JANUARY), edition(b"second", '"two"', FEBRUARY))
    take(settings, server)
    (receipt,) = take(settings, server).arrived
    assert receipt.received_at == FEBRUARY
    assert landed(settings) == [b"first", b"second"]


def test_a_server_without_conditional_responses_does_not_create_duplicate_submissions(
    settings: Settings, server: Server
) -> None:
    server.will(edition(b"content"))
    before = datetime.now(UTC).replace(microsecond=0)
    (receipt,) = take(settings, server).arrived
    assert before <= receipt.received_at <= datetime.now(UTC)
    assert take(settings, server).arrived == []
    assert len(server.requests()) == 2
    assert landed(settings) == [b"content"]


def test_a_then_b_then_a_again_are_three_submissions_with_any_last_modified(settings: Settings, server: Server) -> None:
    server.will(edition(b"A", changed=JANUARY), edition(b"B", changed=FEBRUARY), edition(b"A", changed=JANUARY))
    for _ in range(3):
        assert len(take(settings, server).arrived) == 1
    assert landed(settings) == [b"A", b"B", b"A"]


@pytest.mark.parametrize("value", [datetime.now(UTC) + timedelta(days=2), "last Tuesday"], ids=["ahead", "no date"])
def test_an_implausible_last_modified_is_replaced_by_the_present_time(
    settings: Settings, server: Server, value: datetime | str
) -> None:
    text = value if isinstance(value, str) else format_datetime(value, usegmt=True)
    server.will(edition(b"content", Last_Modified=text))
    (receipt,) = take(settings, server).arrived
    assert abs(receipt.received_at - datetime.now(UTC)) < timedelta(seconds=10)


def test_two_editions_within_one_second_keep_their_order(settings: Settings, server: Server) -> None:
    server.will(*(edition(str(number).encode()) for number in range(4)))
    for _ in range(4):
        take(settings, server)
    assert landed(settings) == [b"0", b"1", b"2", b"3"]


def test_the_last_download_is_used_only_for_its_address_and_while_its_submission_exists(
    settings: Settings, server: Server
) -> None:
    server.will(edition(b"content", '"one"'))
    server.will(edition(b"content", '"one"'), path="/other.csv")
    take(settings, server)
    take(settings, server, path="/other.csv")
    assert "If-None-Match" not in server.requests("/other.csv")[0]
    path = settings.landing / "pull" / "dfe.lait.json"
    memory = json.loads(path.read_text())
    path.chmod(0o644)
    for damage in (
        json.dumps(memory | {"submission_key": "dfe.lait.20250101T000000Z.00000000"}),
        "half a fi",
    ):
        path.write_text(damage)
        take(settings, server, path="/other.csv")
        assert "If-None-Match" not in server.requests("/other.csv")[-1]
        take(settings, server, path="/other.csv")
        assert server.requests("/other.csv")[-1]["If-None-Match"] == '"one"'
        path.chmod(0o644)


def test_after_an_interruption_before_the_download_is_recorded_the_next_refresh_lands_no_duplicate(
    settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.will(edition(b"content", '"one"', JANUARY))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(web.atomic_files, "write_whole", die)
        with pytest.raises(KeyboardInterrupt):
            take(settings, server)
    before = Landing(settings).receipts()
    assert len(before) == 1
    assert take(settings, server).arrived == []
    assert Landing(settings).receipts() == before


@pytest.mark.parametrize(
    ("path", "headers", "block", "name"),
    [
        ("/a%20b.csv?v=2", {}, {}, "a b.csv"),
        (
            "/export?format=csv",
            {"Content_Disposition": 'attachment; filename="lait 2025.csv"'},
            {},
            "lait 2025.csv",
        ),
        ("/export?format=csv", {"Content_Disposition": 'attachment; filename="../../x.csv"'}, {}, "x.csv"),
        (
            "/export?format=csv",
            {"Content_Disposition": "attachment; filename*=UTF-8''M%C3%B4n.csv; filename=\"mon.csv\""},
            {},
            "Môn.csv",
        ),
        # http.server sends Latin-1: these are the bytes of "Môn.csv" in UTF-8.
        ("/export?format=csv", {"Content_Disposition": 'attachment; filename="MÃ´n.csv"'}, {}, "Môn.csv"),
        ("/a/b.csv", {"Content_Disposition": "attachment"}, {}, "b.csv"),
        ("/export?format=csv", {}, {"file_name": "lait.csv"}, "lait.csv"),
        ("/", {}, {}, "dfe.lait"),
    ],
)
def test_the_file_is_named_by_the_contract_the_server_or_the_address(
    settings: Settings, server: Server, path: str, headers: dict[str, str], block: dict[str, str], name: str
) -> None:
    server.will(edition(b"content", **headers), path=path)
    assert take(settings, server, path=path, **block).arrived[0].file_name == name


@pytest.mark.parametrize(
    ("path", "pattern", "period"),
    [
        ("/payments_2022-23.csv", r"\d{4}-\d{2}", "2022-23"),
        ("/2022_23/payments.csv", r"(\d{4})_(\d{2})", "2022-23"),
        ("/export?year=2022-23", r"year=([\d-]+)", "2022-23"),
        ("/payments%202022-23.csv", r"payments (\d{4}-\d{2})", "2022-23"),
        ("/payments_2022-23.csv", None, None),
    ],
)
def test_the_period_is_found_in_the_name_or_the_address_by_the_pattern_of_the_contract(
    settings: Settings, server: Server, path: str, pattern: str | None, period: str | None
) -> None:
    server.will(edition(b"content"), path=path)
    (receipt,) = take(settings, server, path=path, period=pattern).arrived
    assert receipt.period_hint == period


def test_the_period_is_found_in_the_address_after_a_redirect(settings: Settings, server: Server) -> None:
    server.will(status(302, Location="/2023-24/payments.csv"), path="/latest")
    server.will(edition(b"content"), path="/2023-24/payments.csv")
    (receipt,) = take(settings, server, path="/latest", period=r"/(\d{4}-\d{2})/").arrived
    assert receipt.period_hint == "2023-24"


def test_a_file_whose_period_is_not_found_still_lands_with_a_note(settings: Settings, server: Server) -> None:
    server.will(edition(b"content"))
    pulled = take(settings, server, period=r"\d{4}-\d{2}")
    assert [receipt.period_hint for receipt in pulled.arrived] == [None]
    assert "do not contain a period that matches the contract's pattern" in pulled.notes[0]
