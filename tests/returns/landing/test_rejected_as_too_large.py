"""A file over the size limit is a refused submission, however it was sent."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.contracts.load import Contracts
from orchestration.returns import arrivals
from orchestration.returns.arrivals import Arrivals, bring_in
from orchestration.returns.due import standings
from orchestration.returns.intake import screen_return, screened_so_far
from orchestration.returns.report import write_reports
from tests.returns.connectors.department_server import Answer, Server, edition, serving
from tests.returns.connectors.test_drop_folder import drop
from tests.returns.screening.screening_bench import GOOD
from tests.returns.test_intake import Installation

JANUARY = datetime(2025, 1, 1, 12, tzinfo=UTC)
BIG = b"x" * (2**20 + 1)
CODE = "dept.figures"
HEADER = "file\tkind\tdepartment\treturn_code\treceived_at\tperiod_hint\n"

Send = Callable[[], Arrivals]


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """An installation with one accepted file and a limit of 1 MB."""
    place = Installation(tmp_path)
    place.land(GOOD, "2024-06-01")
    place.settings = place.settings.model_copy(update={"max_file_mb": 1})
    return place


@pytest.fixture(params=["list", "drop folder", "http", "http without size or date"])
def send(
    request: pytest.FixtureRequest, place: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Send]:
    """Function that sends the same file, which is too large, at each call."""
    if request.param == "list":
        (tmp_path / "big.csv").write_bytes(BIG)
        listed = tmp_path / "list.tsv"
        listed.write_text(f"{HEADER}big.csv\treturn\tdept\t{CODE}\t2025-01-01T12:00:00Z\t\n", encoding="utf-8")
        yield lambda: bring_in(place.settings, place.contracts, str(listed))
    elif request.param == "drop folder":
        folder = place.settings.drop_folder / CODE
        folder.mkdir(parents=True)
        drop(folder, "big.csv", BIG, JANUARY)
        yield lambda: bring_in(place.settings, place.contracts)
    else:
        for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(proxy, raising=False)
        with serving() as server:
            answer = edition(BIG, '"one"', JANUARY) if request.param == "http" else _until_closed
            yield _from(server, answer, place, monkeypatch)


def _until_closed(handler: object) -> None:
    """A response without a size or a date."""
    handler.send_response(200)  # type: ignore[attr-defined]
    handler.end_headers()  # type: ignore[attr-defined]
    handler.close_connection = True  # type: ignore[attr-defined]
    try:
        handler.wfile.write(BIG * 4)  # type: ignore[attr-defined]
    except OSError:
        """The client has closed the connection."""


def _from(server: Server, answer: Answer, place: Installation, monkeypatch: pytest.MonkeyPatch) -> Send:
    server.will(answer, path="/big.csv")
    sources = arrivals._sources

    def pulled(contracts: Contracts) -> list[arrivals.Source]:
        block = {"connector": "http", "url": f"{server.url}/big.csv"}
        others = [source for source in sources(contracts) if source.return_code != CODE]
        return [*others, arrivals.Source(CODE, "dept", block)]

    monkeypatch.setattr(arrivals, "_sources", pulled)
    return lambda: bring_in(place.settings, place.contracts)


def refresh(place: Installation, send: Send) -> list[str]:
    """Return the reports that a refresh adds to the outbox."""
    send()
    done = screen_return(place.settings, place.contracts, place.references, CODE)
    return [path.read_text(encoding="utf-8") for path in write_reports(place.settings, done)]


def test_it_is_refused_with_file_rule_and_remedy_in_a_report_for_the_sender(place: Installation, send: Send) -> None:
    [report] = refresh(place, send)
    assert report.startswith(f"Refused: big.csv ({CODE}), 1 error, 0 warnings\n")
    assert "file.too_large (1 time)" in report
    assert "What to do: Send the return in smaller files" in report
    assert "'big.csv' is larger than the 1 MB limit" in report


def test_the_last_accepted_file_still_counts_and_the_large_one_is_not_stored(place: Installation, send: Send) -> None:
    refresh(place, send)
    done = screen_return(place.settings, place.contracts, place.references, CODE)
    assert [(screened.receipt.file_name, screened.outcome) for screened in done] == [
        ("figures.csv", "accepted"),
        ("big.csv", "refused"),
    ]
    objects = [path for path in (place.settings.landing / "objects").rglob("*") if path.is_file()]
    assert all(path.stat().st_size < 2**20 for path in objects)


def test_the_refresh_reports_it_and_the_status_names_it(place: Installation, send: Send) -> None:
    came = send()
    messages = [refused.reason for refused in came.refused] + came.failed
    assert len(messages) == 1
    assert "big.csv is larger than the 1 MB limit" in messages[0]
    screen_return(place.settings, place.contracts, place.references, CODE)
    so_far = screened_so_far(place.settings, place.contracts)
    [standing] = [s for s in standings(place.contracts, so_far, JANUARY.date()) if s.return_code == CODE]
    assert standing.refused_since == ("big.csv",)


def test_the_same_file_in_the_next_refresh_is_not_refused_again(place: Installation, send: Send) -> None:
    assert len(refresh(place, send)) == 1
    assert refresh(place, send) == []
    assert len(screened_so_far(place.settings, place.contracts)) == 2


def test_once_the_limit_is_increased_it_lands_and_its_content_is_checked(place: Installation, send: Send) -> None:
    refresh(place, send)
    place.settings = place.settings.model_copy(update={"max_file_mb": 64})
    [report] = refresh(place, send)
    assert "file.too_large" not in report


def test_a_reference_that_is_too_large_is_reported_and_is_not_a_submission(place: Installation, tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_bytes(BIG)
    listed = tmp_path / "list.tsv"
    listed.write_text(f"{HEADER}big.csv\treference\tdept\tref.places\t2025-01-01T12:00:00Z\t\n", encoding="utf-8")
    came = bring_in(place.settings, place.contracts, str(listed))
    assert [refused.rule for refused in came.refused] == ["file.too_large"]
    assert not (place.settings.landing / "turned_away").exists()
