"""Submissions that are screened, duplicates, current references, and files that fail without stopping others."""

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import load_contracts
from orchestration.returns.intake import References, Screened, incoming, read_references, screen_all, screen_return
from orchestration.returns.landing.landing_area import Landing, Receipt
from orchestration.returns.landing.origin import Origin
from orchestration.returns.screening import screener
from tests.returns.screening.screening_bench import CONTRACT, GOOD, MEANINGS_FILE, PLACES_FILE, Bench

BAD = GOOD.replace(",50,", ",x,")
NEWER = GOOD.replace(",50,", ",51,")


class Installation:
    """An installation with tiny contracts."""

    def __init__(self, folder: Path, references: bool = True) -> None:
        self.settings = Bench(folder / "bench", references={}).settings
        self.landing = Landing(self.settings)
        self.load()
        if references:
            self.land(PLACES_FILE, "2023-01-01", "places.csv", code="ref.places")
            self.land(MEANINGS_FILE, "2023-01-01", "meanings.csv", code="ref.meanings")

    def load(self) -> None:
        """Load the contracts again."""
        self.contracts = load_contracts(self.settings.contracts)

    def land(
        self, text: str | bytes, day: str, name: str = "figures.csv", code: str = "dept.figures", **more: Any
    ) -> Receipt:
        content = text.encode() if isinstance(text, str) else text
        origin = Origin(
            return_code=code, kind="reference" if code.startswith("ref.") else "return", department_code="dept",
            file_name=name, received_at=datetime.fromisoformat(f"{day}T09:30:00Z"), source="list", **more,
        )  # fmt: skip
        return self.landing.land(io.BytesIO(content), origin)

    @property
    def references(self) -> References:
        return read_references(self.settings, self.contracts)

    def screened(self, progress: list[str] | None = None) -> list[Screened]:
        """Screen all submissions; add the progress messages to `progress`."""
        messages: list[str] = [] if progress is None else progress
        return screen_return(self.settings, self.contracts, self.references, "dept.figures", messages.append)

    def outcomes(self, progress: list[str] | None = None) -> list[str]:
        return [screened.outcome for screened in self.screened(progress)]


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_submissions_are_screened_in_the_order_in_which_they_were_received(place: Installation) -> None:
    later, sooner = place.land(NEWER, "2024-02-01"), place.land(GOOD, "2024-01-01")
    assert [screened.receipt for screened in place.screened()] == [sooner, later]
    assert place.outcomes() == ["accepted", "accepted"]


def test_a_refused_file_does_not_stop_later_ones(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", BAD), ("2024-03-01", b"%PDF"), ("2024-04-01", NEWER)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "refused", "refused", "accepted"]


def test_a_file_with_the_same_bytes_as_the_current_one_is_a_duplicate(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", GOOD), ("2024-03-01", NEWER), ("2024-04-01", GOOD)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "repeat", "accepted", "accepted"]


def test_an_equal_file_after_a_refused_one_is_a_duplicate(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", BAD), ("2024-03-01", GOOD), ("2024-04-01", BAD)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "refused", "repeat", "refused"]


def test_a_withdrawn_file_may_be_sent_again(place: Installation) -> None:
    first = place.land(GOOD, "2024-01-01")
    place.landing.withdraw(first.submission_key, "a mistake", withdrawn_at="2024-01-15T09:30:00Z")
    place.land(GOOD, "2024-02-01")
    assert place.outcomes() == ["accepted", "accepted"]


def test_nothing_is_screened_twice_on_the_same_basis(place: Installation) -> None:
    place.land(GOOD, "2024-01-01")
    place.land(BAD, "2024-02-01", "bad.csv")
    progress: list[str] = []
    assert place.outcomes(progress) == ["accepted", "refused"]
    assert progress == ["screening figures.csv", "screening bad.csv"]
    assert place.outcomes(progress) == ["accepted", "refused"]
    assert len(progress) == 2


@pytest.mark.parametrize("changed", ["returns/dept/figures.yml", "codes.yml", "references/places.yml"])
def test_a_changed_contract_makes_it_screen_again(place: Installation, changed: str) -> None:
    place.land(GOOD, "2024-01-01")
    place.outcomes()
    path = place.settings.contracts / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n# another word\n", encoding="utf-8")
    place.load()
    progress: list[str] = []
    assert place.outcomes(progress) == ["accepted"]
    assert progress == ["screening figures.csv"]


def test_a_new_reference_makes_it_screen_again(place: Installation) -> None:
    place.land(GOOD.replace("E06000002", "E06000009"), "2024-01-01")
    assert place.outcomes() == ["refused"]
    place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-02", "places.csv", code="ref.places")
    assert place.outcomes() == ["accepted"]


def test_a_new_engine_makes_it_screen_again(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    place.land(GOOD, "2024-01-01")
    place.outcomes()
    monkeypatch.setattr("orchestration.returns.intake.ENGINE_VERSION", screener.ENGINE_VERSION + "+")
    progress: list[str] = []
    place.outcomes(progress)
    assert progress == ["screening figures.csv"]


def test_returns_wait_for_references_that_have_not_landed(tmp_path: Path) -> None:
    place = Installation(tmp_path, references=False)
    place.land(GOOD, "2024-01-01")
    assert place.outcomes() == ["refused"]
    place.land(PLACES_FILE, "2024-02-01", "places.csv", code="ref.places")
    assert place.outcomes() == ["accepted"]


def test_the_latest_readable_reference_is_current(place: Installation) -> None:
    newer = place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-01", "places.csv", code="ref.places")
    place.land(b"%PDF", "2024-02-01", "places.csv", code="ref.places")
    place.land(PLACES_FILE.splitlines()[0] + "\n", "2024-03-01", "places.csv", code="ref.places")
    references = place.references
    assert references.in_force["ref.places"][0] == newer
    assert [messages[0] for _, messages in references.refused] == [
        "'places.csv' is a PDF, but the agreed format is csv", "'places.csv' has no data rows below its header",
    ]  # fmt: skip
    assert place.references.refused == references.refused


def test_after_a_withdrawal_the_previous_reference_is_current(place: Installation) -> None:
    (first,) = place.landing.receipts("ref.places")
    second = place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-01", "places.csv", code="ref.places")
    assert place.references.in_force["ref.places"][0] == second
    place.landing.withdraw(second.submission_key, "wrong")
    assert place.references.in_force["ref.places"][0] == first


def test_if_screening_itself_fails_the_file_is_refused_and_screened_again(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.land(GOOD, "2024-01-01")

    def broken(*_: object) -> None:
        raise RuntimeError("out of luck\nand more")

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.returns.screening.meaning.locations.make_places", broken)
        (screened,) = place.screened()
        assert (screened.outcome, screened.facts["is_final"]) == ("refused", False)
    progress: list[str] = []
    assert place.outcomes(progress) == ["accepted"]
    assert progress == ["screening figures.csv"]


def test_an_interrupted_screening_leaves_nothing_behind(place: Installation) -> None:
    receipt = place.land(GOOD, "2024-01-01")
    folder = place.settings.observations / "dept.figures"
    (folder / f".{receipt.submission_key}.123").mkdir(parents=True)
    (folder / receipt.submission_key).mkdir()
    assert place.outcomes() == ["accepted"]
    assert [path.name for path in folder.iterdir()] == [receipt.submission_key]


def test_screening_a_file_twice_gives_the_same_observations(place: Installation) -> None:
    receipt = place.land(GOOD, "2024-01-01")
    (screened,) = place.screened()
    first = {path.name: path.read_bytes() for path in screened.folder.glob("*")}
    again = screener.Screener(place.settings, place.contracts, place.references.files)
    again.screen(incoming(place.landing, receipt), screened.folder)
    second = {path.name: path.read_bytes() for path in screened.folder.glob("*")}
    assert {name for name in first if name != "basis"} == set(second)
    assert second == {name: content for name, content in first.items() if name != "basis"}


def test_screening_without_a_folder_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    file = bench.incoming(GOOD)
    assert bench.screener.screen(file).accepted
    assert sorted(tmp_path.rglob("*")) == sorted([*before, file.path])


def test_all_returns_are_screened(place: Installation) -> None:
    other = place.settings.contracts / "returns" / "dept" / "others.yml"
    other.write_text(
        CONTRACT.replace("dept.figures", "dept.others")
        .replace("dept.rate", "dept.rate2")
        .replace("dept.count", "dept.count2"),
        encoding="utf-8",
    )
    place.load()
    place.land(BAD, "2024-01-01")
    place.land(GOOD, "2024-01-01", code="dept.others")
    done = screen_all(place.settings, place.contracts, place.references)
    assert [(screened.receipt.return_code, screened.outcome) for screened in done] == [
        ("dept.figures", "refused"),
        ("dept.others", "accepted"),
    ]
