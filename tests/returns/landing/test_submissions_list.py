"""A list of submissions is checked completely, then its files land in the order of receipt."""

import os
from pathlib import Path

import pytest

from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import Landing
from orchestration.returns.landing.submissions_list import SubmissionsListError, WithoutContract, land_list, read_list

HEADER = "file\tkind\tdepartment\treturn_code\treceived_at\tperiod_hint"
KNOWN = {"dfe.lait", "ref.la_codes"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", max_file_mb=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files for a list; the content of each is its own name."""
    folder = tmp_path / "returns"
    (folder / "education").mkdir(parents=True)
    for name in ("education/a.csv", "education/b.csv", "education/c.csv"):
        (folder / name).write_text(name)
    return folder


def write_list(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "SUBMISSIONS.tsv"
    path.write_text("\n".join((header, *lines)) + "\n")
    return path


def line(
    file: str = "education/a.csv",
    kind: str = "return",
    department: str = "dfe",
    return_code: str = "dfe.lait",
    received_at: str = "2025-01-29T09:30:00Z",
    period_hint: str = "",
) -> str:
    return "\t".join((file, kind, department, return_code, received_at, period_hint))


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(SubmissionsListError) as caught:
        read_list(path)
    assert caught.value.exit_code == 1
    return caught.value.problems


def test_files_land_in_the_order_of_receipt_with_the_details_in_the_list(settings: Settings, folder: Path) -> None:
    path = write_list(
        folder,
        line("education/b.csv", received_at="2025-09-17T09:30:00Z", period_hint="FY2024-25"),
        line("education/a.csv", received_at="2025-01-29T10:30:00+01:00"),
        line(
            "education/c.csv",
            kind="reference",
            return_code="ref.la_codes",
            received_at="2023-05-01T09:30:00Z",
        ),
    )
    report = land_list(settings, path, KNOWN)
    assert [(r.file_name, r.kind, r.return_code, r.period_hint) for r in report.landed] == [
        ("c.csv", "reference", "ref.la_codes", None),
        ("a.csv", "return", "dfe.lait", None),
        ("b.csv", "return", "dfe.lait", "FY2024-25"),
    ]
    assert {r.source for r in report.landed} == {"list"}
    landing = Landing(settings)
    assert list(report.landed) == landing.receipts()
    assert landing.object_path(report.landed[0].sha256).read_text() == "education/c.csv"
    assert (report.already_there, report.refused, report.without_contract) == ((), (), ())


def test_landing_a_list_again_lands_nothing_and_reports_the_earlier_receipts(settings: Settings, folder: Path) -> None:
    path = write_list(folder, line(), line("education/b.csv", received_at="2025-02-01T00:00:00Z"))
    first = land_list(settings, path, KNOWN)
    again = land_list(settings, path, KNOWN)
    assert again.landed == ()
    assert again.already_there == first.landed


def test_codes_without_contract_are_counted_by_code_and_kind_and_not_landed(settings: Settings, folder: Path) -> None:
    path = write_list(
        folder,
        line(),
        line(return_code="ons.wellbeing"),
        line("education/b.csv", return_code="ons.wellbeing"),
        line("education/c.csv", return_code="ref.imd", kind="reference"),
    )
    report = land_list(settings, path, KNOWN)
    assert report.without_contract == (
        WithoutContract("ons.wellbeing", "return", 2),
        WithoutContract("ref.imd", "reference", 1),
    )
    assert [r.return_code for r in Landing(settings).receipts()] == ["dfe.lait"]


def test_a_file_over_the_limit_is_reported_with_its_line_and_does_not_stop_the_others(
    settings: Settings, folder: Path
) -> None:
    (folder / "big.csv").write_bytes(b"x" * (2**20 + 1))
    path = write_list(folder, line("big.csv", received_at="2024-01-01T00:00:00Z"), line())
    report = land_list(settings, path, KNOWN)
    (refused,) = report.refused
    assert (refused.line, refused.path.name, refused.rule) == (2, "big.csv", "file.too_large")
    assert "larger than the 1 MB" in refused.reason
    assert [r.file_name for r in report.landed] == ["a.csv"]


def test_all_missing_files_are_named_at_once_and_nothing_lands(settings: Settings, folder: Path) -> None:
    path = write_list(folder, line(), line("gone.csv"), line("also/gone.csv", return_code="ons.unknown"))
    with pytest.raises(SubmissionsListError, match="nothing was landed") as caught:
        land_list(settings, path, KNOWN)
    assert caught.value.problems == (
        "line 3, column file: 'gone.csv' does not exist",
        "line 4, column file: 'also/gone.csv' does not exist",
    )
    assert not settings.landing.exists()


@pytest.mark.parametrize("column", HEADER.split("\t"))
def test_a_missing_column_is_named(folder: Path, column: str) -> None:
    header = "\t".join(name for name in HEADER.split("\t") if name != column)
    assert problems_of(write_list(folder, header=header)) == (f"line 1: column {column} is missing",)


def test_a_repeated_column_is_named(folder: Path) -> None:
    assert problems_of(write_list(folder, header=HEADER + "\tfile")) == ("line 1: column file is repeated",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            line(received_at="2025-01-29T09:30:00"),
            "line 2, column received_at: the time '2025-01-29T09:30:00' has no",
        ),
        (line(received_at="soon"), "line 2, column received_at: the time 'soon' is not a time"),
        (line(received_at=""), "line 2, column received_at: is empty"),
        (line(department=""), "line 2, column department: is empty"),
        (line(kind="Return"), "line 2, column kind: 'Return' is not a kind; use return or reference"),
        (line(return_code="../lait"), "line 2, column return_code: '../lait' is not a code"),
        (line(file="education"), "line 2, column file: 'education' is a folder"),
        (line(file="x" * 300), "File name too long"),
        (line(file="a\0.csv"), "line 2, column file: 'a\0.csv' cannot be reached"),
        (line() + "\tand\tmore", "line 2: 8 cells, but the list has 6 columns"),
        ('"' + line(), "line 2: "),
    ],
)
def test_an_invalid_cell_is_named_by_line_and_column(folder: Path, row: str, message: str) -> None:
    (problem,) = problems_of(write_list(folder, row))
    assert message in problem


def test_links_and_pipes_are_refused_but_paths_may_leave_the_folder(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    (folder / "link.csv").symlink_to(folder / "education" / "a.csv")
    os.mkfifo(folder / "pipe.csv")
    assert problems_of(write_list(folder, line("link.csv"), line("pipe.csv"))) == (
        "line 2, column file: 'link.csv' is a symbolic link; name the file itself",
        "line 3, column file: 'pipe.csv' is not a regular file",
    )
    (tmp_path / "elsewhere.csv").write_text("elsewhere")
    path = write_list(folder, line("../elsewhere.csv"), line(str(folder / "education" / "b.csv")))
    assert sorted(r.file_name for r in land_list(settings, path, KNOWN).landed) == ["b.csv", "elsewhere.csv"]


def test_relative_paths_start_at_the_list_not_at_the_working_directory(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_list(folder, line())
    monkeypatch.chdir(folder.parent)
    assert len(land_list(settings, Path("returns/SUBMISSIONS.tsv"), KNOWN).landed) == 1


def test_other_columns_are_tolerated_and_the_sender_is_kept(settings: Settings, folder: Path) -> None:
    path = write_list(folder, line() + "\tcolour\tdata@dfe.gov.uk", header=HEADER + "\tcolour\tsender")
    assert [r.sender for r in land_list(settings, path, KNOWN).landed] == ["data@dfe.gov.uk"]


def test_changes_that_spreadsheets_and_editors_make_to_a_list_are_tolerated(folder: Path) -> None:
    path = folder / "SUBMISSIONS.tsv"
    shortened = line(file='"education/a.csv"').rstrip("\t")
    path.write_bytes(
        b"\xef\xbb\xbf" + f"{HEADER}\r\n{shortened}\r\n\t\t\t\t\t\r\n\r\n{line('education/b.csv')}".encode()
    )
    assert [(entry.line, entry.path.name) for entry in read_list(path)] == [(2, "a.csv"), (5, "b.csv")]


def test_a_list_that_is_not_text_or_does_not_exist_is_reported(folder: Path) -> None:
    path = folder / "SUBMISSIONS.tsv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe")
    assert "is not UTF-8" in problems_of(path)[0]
    assert "cannot be read (No such file" in problems_of(folder / "absent.tsv")[0]
    path.write_bytes(b"")
    assert "line 1: column file is missing" in problems_of(path)


def test_an_empty_list_lands_nothing(settings: Settings, folder: Path) -> None:
    assert land_list(settings, write_list(folder), KNOWN).landed == ()


def test_many_problems_are_shortened_in_the_sentence_but_all_are_kept(folder: Path) -> None:
    path = write_list(folder, *(line(f"gone{number}.csv") for number in range(50)))
    with pytest.raises(SubmissionsListError, match=r"and 30 more\.$") as caught:
        read_list(path)
    assert len(caught.value.problems) == 50
