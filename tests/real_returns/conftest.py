"""The real returns, landed from their list and published once for every test of this room."""

from pathlib import Path

import duckdb
import pytest

from tests.conftest import Home, write_list
from tests.sizes import FULL

LARGEST = "dfe.lait"
KEPT = "\"Short Desc\" LIKE '%LAC%' OR \"Short Desc\" LIKE 'KS1P%'"
"""A third of all figures come from one return. Of it the short form lands the measures of looked-after children, which
unit costs need, and of phonics, which have provisional figures; `test_screening_real.py` reads the whole files."""


@pytest.fixture(scope="session")
def landed(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home in which the files of the list were landed, and the output of the command."""
    folder = tmp_path_factory.mktemp("real")
    listed = folder / "list.tsv"
    write_list(real_returns / "SUBMISSIONS.tsv", listed, lambda row: True)
    if not FULL:
        lines = [_shortened(line, folder) for line in listed.read_text(encoding="utf-8").splitlines()]
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    home = Home(folder / "home")
    return home, home.run("land", "--submissions", str(listed)).stdout


def _shortened(line: str, folder: Path) -> str:
    """A line of the list; a file of the largest return is replaced by a shorter copy."""
    file = next((Path(text) for text in line.split("\t") if text.endswith(".parquet")), None)
    if file is None or f"\t{LARGEST}\t" not in line:
        return line
    copy = folder / file.name
    duckdb.execute(f"COPY (FROM '{file}' WHERE {KEPT}) TO '{copy}'")
    return line.replace(str(file), str(copy))


@pytest.fixture(scope="session")
def real(landed: tuple[Home, str]) -> Home:
    """The returns that have contracts, published in one release."""
    home, _ = landed
    summary = home.refresh()
    assert summary["published"], summary
    assert summary["refused"] == []
    return home
