"""Which landed submissions are screened, repeats, references in force, and that one bad file stops no other."""

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
    """A home with tiny contracts, into which files land."""

    def __init__(self, folder: Path, references: bool = True) -> None:
        self.settings = Bench(folder / "bench", references={}).settings
        self.landing = Landing(self.settings)
        self.load()
        if references:
            self.land(PLACES_FILE, "2023-01-01", "places.csv", code="ref.places")
            self.land(MEANINGS_FILE, "2023-01-01", "meanings.csv", code="ref.meanings")

    def load(self) -> None:
        """Contracts as they are now."""
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

    def screened(self, said: list[str] | None = None) -> list[Screened]:
        """What became of every submission; `said` collects what progress says."""
        told: list[str] = [] if said is None else said
        return screen_return(self.settings, self.contracts, self.references, "dept.figures", told.append)

    def outcomes(self, said: list[str] | None = None) -> list[str]:
        return [one.outcome for one in self.screened(said)]


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_submissions_are_screened_in_the_order_in_which_they_were_received(place: Installation) -> None:
    later, sooner = place.land(NEWER, "2024-02-01"), place.land(GOOD, "2024-01-01")
    assert [one.receipt for one in place.screened()] == [sooner, later]
    assert place.outcomes() == ["accepted", "accepted"]


def test_a_refused_file_does_not_stop_what_comes_after_it(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", BAD), ("2024-03-01", b"%PDF"), ("2024-04-01", NEWER)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "refused", "refused", "accepted"]


def test_what_repeats_the_bytes_in_force_is_no_submission(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", GOOD), ("2024-03-01", NEWER), ("2024-04-01", GOOD)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "repeat", "accepted", "accepted"]


def test_a_refused_file_between_two_equal_ones_makes_the_second_a_repeat(place: Installation) -> None:
    for day, text in (("2024-01-01", GOOD), ("2024-02-01", BAD), ("2024-03-01", GOOD), ("2024-04-01", BAD)):
        place.land(text, day)
    assert place.outcomes() == ["accepted", "refused", "repeat", "refused"]


def test_what_was_withdrawn_may_be_sent_again(place: Installation) -> None:
    first = place.land(GOOD, "2024-01-01")
    place.landing.withdraw(first.submission_key, "a mistake", withdrawn_at="2024-01-15T09:30:00Z")
    place.land(GOOD, "2024-02-01")
    assert place.outcomes() == ["accepted", "accepted"]


def test_nothing_is_screened_twice_on_the_same_basis(place: Installation) -> None:
    place.land(GOOD, "2024-01-01")
    place.land(BAD, "2024-02-01", "bad.csv")
    said: list[str] = []
    assert place.outcomes(said) == ["accepted", "refused"]
    assert said == ["screening figures.csv", "screening bad.csv"]
    assert place.outcomes(said) == ["accepted", "refused"]
    assert len(said) == 2


@pytest.mark.parametrize("changed", ["returns/dept/figures.yml", "codes.yml", "references/places.yml"])
def test_a_changed_contract_makes_it_screen_again(place: Installation, changed: str) -> None:
    place.land(GOOD, "2024-01-01")
    place.outcomes()
    path = place.settings.contracts / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n# another word\n", encoding="utf-8")
    place.load()
    said: list[str] = []
    assert place.outcomes(said) == ["accepted"]
    assert said == ["screening figures.csv"]


def test_a_new_reference_makes_it_screen_again(place: Installation) -> None:
    place.land(GOOD.replace("E06000002", "E06000009"), "2024-01-01")
    assert place.outcomes() == ["refused"]
    place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-02", "places.csv", code="ref.places")
    assert place.outcomes() == ["accepted"]


def test_a_new_engine_makes_it_screen_again(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    place.land(GOOD, "2024-01-01")
    place.outcomes()
    monkeypatch.setattr("orchestration.returns.intake.ENGINE_VERSION", screener.ENGINE_VERSION + "+")
    said: list[str] = []
    place.outcomes(said)
    assert said == ["screening figures.csv"]


def test_returns_wait_for_references_that_have_not_landed(tmp_path: Path) -> None:
    place = Installation(tmp_path, references=False)
    place.land(GOOD, "2024-01-01")
    assert place.outcomes() == ["refused"]
    place.land(PLACES_FILE, "2024-02-01", "places.csv", code="ref.places")
    assert place.outcomes() == ["accepted"]


def test_the_latest_readable_reference_is_in_force(place: Installation) -> None:
    newer = place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-01", "places.csv", code="ref.places")
    place.land(b"%PDF", "2024-02-01", "places.csv", code="ref.places")
    place.land(PLACES_FILE.splitlines()[0] + "\n", "2024-03-01", "places.csv", code="ref.places")
    references = place.references
    assert references.in_force["ref.places"][0] == newer
    assert [messages[0] for _, messages in references.refused] == [
        "'places.csv' is a PDF, but the agreed format is csv", "'places.csv' has no rows of data below its header",
    ]  # fmt: skip
    assert place.references.refused == references.refused


def test_a_withdrawn_reference_gives_way_to_the_one_before(place: Installation) -> None:
    (first,) = place.landing.receipts("ref.places")
    second = place.land(PLACES_FILE + "E06000009,Iota,,\n", "2024-01-01", "places.csv", code="ref.places")
    assert place.references.in_force["ref.places"][0] == second
    place.landing.withdraw(second.submission_key, "wrong")
    assert place.references.in_force["ref.places"][0] == first


def test_where_the_screening_itself_breaks_the_file_is_refused_and_tried_again(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.land(GOOD, "2024-01-01")

    def broken(*_: object) -> None:
        raise RuntimeError("out of luck\nand more")

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.returns.screening.meaning.locations.make_places", broken)
        (one,) = place.screened()
        assert (one.outcome, one.facts["is_final"]) == ("refused", False)
    said: list[str] = []
    assert place.outcomes(said) == ["accepted"]
    assert said == ["screening figures.csv"]


def test_a_screening_that_was_killed_leaves_nothing_behind(place: Installation) -> None:
    receipt = place.land(GOOD, "2024-01-01")
    folder = place.settings.observations / "dept.figures"
    (folder / f".{receipt.submission_key}.123").mkdir(parents=True)
    (folder / receipt.submission_key).mkdir()
    assert place.outcomes() == ["accepted"]
    assert [path.name for path in folder.iterdir()] == [receipt.submission_key]


def test_screening_a_file_twice_gives_the_same_observations(place: Installation) -> None:
    receipt = place.land(GOOD, "2024-01-01")
    (one,) = place.screened()
    first = {path.name: path.read_bytes() for path in one.folder.glob("*")}
    again = screener.Screener(place.settings, place.contracts, place.references.files)
    again.screen(incoming(place.landing, receipt), one.folder)
    second = {path.name: path.read_bytes() for path in one.folder.glob("*")}
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
    assert [(one.receipt.return_code, one.outcome) for one in done] == [
        ("dept.figures", "refused"),
        ("dept.others", "accepted"),
    ]
