"""A file over the size limit is a refused submission like any other, whichever way it was sent."""

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
    """An installation in which a good file is in force and no file may have more than a megabyte."""
    place = Installation(tmp_path)
    place.land(GOOD, "2024-06-01")
    place.settings = place.settings.model_copy(update={"max_file_mb": 1})
    return place


@pytest.fixture(params=["list", "drop folder", "http", "http without size or date"])
def send(
    request: pytest.FixtureRequest, place: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Send]:
    """Sends the same file that is too large, as often as it is called."""
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
    """An answer that says neither how much comes nor when it was made."""
    handler.send_response(200)  # type: ignore[attr-defined]
    handler.end_headers()  # type: ignore[attr-defined]
    handler.close_connection = True  # type: ignore[attr-defined]
    try:
        handler.wfile.write(BIG * 4)  # type: ignore[attr-defined]
    except OSError:
        """Whoever asked has heard enough."""


def _from(server: Server, answer: Answer, place: Installation, monkeypatch: pytest.MonkeyPatch) -> Send:
    server.will(answer, path="/big.csv")
    sources = arrivals._sources

    def pulled(contracts: Contracts) -> list[arrivals.Source]:
        block = {"connector": "http", "url": f"{server.url}/big.csv"}
        found = [source for source in sources(contracts) if source.return_code != CODE]
        return [*found, arrivals.Source(CODE, "dept", block)]

    monkeypatch.setattr(arrivals, "_sources", pulled)
    return lambda: bring_in(place.settings, place.contracts)


def night(place: Installation, send: Send) -> list[str]:
    """What the outbox holds anew after a night."""
    send()
    done = screen_return(place.settings, place.contracts, place.references, CODE)
    return [path.read_text(encoding="utf-8") for path in write_reports(place.settings, done)]


def test_it_is_refused_with_file_rule_and_remedy_in_a_report_to_send_back(place: Installation, send: Send) -> None:
    [report] = night(place, send)
    assert report.startswith(f"Refused: big.csv ({CODE}), 1 error, 0 warnings\n")
    assert "file.too_large (1 time)" in report
    assert "What to do: Send the return in smaller files" in report
    assert "'big.csv' has more than the 1 MB that a file may have" in report


def test_the_file_in_force_stays_and_no_byte_of_the_large_one_is_kept(place: Installation, send: Send) -> None:
    night(place, send)
    done = screen_return(place.settings, place.contracts, place.references, CODE)
    assert [(one.receipt.file_name, one.outcome) for one in done] == [
        ("figures.csv", "accepted"),
        ("big.csv", "refused"),
    ]
    objects = [path for path in (place.settings.landing / "objects").rglob("*") if path.is_file()]
    assert all(path.stat().st_size < 2**20 for path in objects)


def test_the_night_says_so_and_the_status_names_it(place: Installation, send: Send) -> None:
    came = send()
    said = [refused.reason for refused in came.refused] + came.failed
    assert len(said) == 1
    assert "big.csv has more than the 1 MB that a file may have" in said[0]
    screen_return(place.settings, place.contracts, place.references, CODE)
    so_far = screened_so_far(place.settings, place.contracts)
    [standing] = [s for s in standings(place.contracts, so_far, JANUARY.date()) if s.return_code == CODE]
    assert standing.refused_since == ("big.csv",)


def test_the_same_file_on_the_next_night_is_no_second_refusal(place: Installation, send: Send) -> None:
    assert len(night(place, send)) == 1
    assert night(place, send) == []
    assert len(screened_so_far(place.settings, place.contracts)) == 2


def test_once_the_limit_is_raised_it_lands_and_is_judged_by_what_it_says(place: Installation, send: Send) -> None:
    night(place, send)
    place.settings = place.settings.model_copy(update={"max_file_mb": 64})
    [report] = night(place, send)
    assert "file.too_large" not in report


def test_a_reference_that_is_too_large_is_told_and_is_no_submission(place: Installation, tmp_path: Path) -> None:
    (tmp_path / "big.csv").write_bytes(BIG)
    listed = tmp_path / "list.tsv"
    listed.write_text(f"{HEADER}big.csv\treference\tdept\tref.places\t2025-01-01T12:00:00Z\t\n", encoding="utf-8")
    came = bring_in(place.settings, place.contracts, str(listed))
    assert [refused.rule for refused in came.refused] == ["file.too_large"]
    assert not (place.settings.landing / "turned_away").exists()
