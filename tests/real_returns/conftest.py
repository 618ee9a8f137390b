"""The real returns, landed from their list and published once for every test of this room."""

from pathlib import Path

import pytest

from tests.conftest import Home, write_list
from tests.sizes import sized

LEFT_OUT = sized(("dfe.lait",), ())
"""The largest return, a third of all figures: `test_screening_real.py` reads it in the short form too."""


@pytest.fixture(scope="session")
def landed(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home in which every file of the list was landed, and what was said of it."""
    folder = tmp_path_factory.mktemp("real")
    listed = write_list(
        real_returns / "SUBMISSIONS.tsv", folder / "list.tsv", lambda row: row["return_code"] not in LEFT_OUT
    )
    home = Home(folder / "home")
    return home, home.run("land", "--submissions", str(listed)).stdout


@pytest.fixture(scope="session")
def real(landed: tuple[Home, str]) -> Home:
    """The returns that have contracts, published in one release."""
    home, _ = landed
    summary = home.refresh()
    assert summary["published"], summary
    assert summary["refused"] == []
    return home
