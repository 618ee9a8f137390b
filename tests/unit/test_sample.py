"""The sample is the same every time, whole, and what its list says."""

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from orchestration.contracts import load_contracts
from orchestration.foundation.settings import Settings
from orchestration.sample import write_sample
from orchestration.sample.chance import stream
from orchestration.sample.ho_stop_and_search import FILE as SEARCHES
from orchestration.sample.ho_stop_and_search import write_stop_and_search

COLUMNS = ["file", "kind", "department", "return_code", "received_at", "period_hint"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def listed(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_same_seed_gives_the_same_bytes_in_another_folder(sample: Path, tmp_path: Path) -> None:
    again = write_sample(tmp_path / "some" / "other place")

    assert contents(again.parent) == contents(sample.parent)


def test_another_process_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    """Whatever order its sets have: text hashes differ from process to process."""
    command = "import sys, pathlib, orchestration.sample as s; s.write_sample(pathlib.Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", command, str(tmp_path)], check=True, env=environment, timeout=120)

    assert contents(tmp_path) == contents(sample.parent)


def test_another_seed_gives_other_figures_under_the_same_names(sample: Path, tmp_path: Path) -> None:
    first, second = contents(sample.parent), contents(write_sample(tmp_path, seed=7).parent)

    assert first.keys() == second.keys()
    equal = {name for name in first if first[name] == second[name]}
    # Prices are those of the country, whichever returns there are.
    assert equal == {
        "SUBMISSIONS.tsv",
        "education/lait_data_dictionary_v2026-02-11.csv",
        "denominators/ons_gdp_deflator_ybgb_v2025-06-30.csv",
    }


def test_one_return_does_not_depend_on_whether_others_are_written(sample: Path, tmp_path: Path) -> None:
    write_stop_and_search(tmp_path, 2008)

    assert (tmp_path / SEARCHES).read_bytes() == (sample.parent / SEARCHES).read_bytes()


def test_streams_of_different_names_differ_and_of_one_name_agree() -> None:
    assert stream(1, "a").integers(0, 10**9) == stream(1, "a").integers(0, 10**9)
    assert stream(1, "a").integers(0, 10**9) != stream(1, "b").integers(0, 10**9)


def test_the_list_has_the_agreed_columns_and_names_every_file_once(sample: Path) -> None:
    entries = listed(sample)

    assert list(entries[0]) == COLUMNS
    files = [entry["file"] for entry in entries]
    assert sorted(files) == sorted(contents(sample.parent).keys() - {sample.name})


def test_the_list_has_eleven_returns_and_the_references_they_need_each_with_a_contract(sample: Path) -> None:
    contracts = load_contracts(Settings().contracts)

    sent = {(entry["kind"], entry["return_code"]) for entry in listed(sample)}
    returns = {code for kind, code in sent if kind == "return"}
    references = {code for kind, code in sent if kind == "reference"}
    assert len(returns) == 11
    assert returns <= set(contracts.returns)
    assert references <= set(contracts.references)
    teachers = {code for code, contract in contracts.references.items() if contract.places}
    assert references >= teachers
    assert references >= {"ref.statistical_neighbours", "ref.population", "ref.lait_dictionary"}


def test_a_return_comes_from_the_department_its_code_names(sample: Path) -> None:
    for entry in listed(sample):
        if entry["kind"] == "return":
            assert entry["return_code"].startswith(entry["department"] + ".")


def test_the_whole_sample_is_small(sample: Path) -> None:
    assert sum(map(len, contents(sample.parent).values())) < 30_000_000


def test_packages_hold_no_time_of_writing(sample: Path) -> None:
    packages = [*sample.parent.rglob("*.ods"), *sample.parent.rglob("*.xlsx")]

    assert len(packages) == 4
    for package in packages:
        with zipfile.ZipFile(package) as opened:
            assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_second_writing_into_the_same_folder_leaves_the_same_files(tmp_path: Path) -> None:
    before = contents(write_sample(tmp_path).parent)

    assert contents(write_sample(tmp_path).parent) == before
