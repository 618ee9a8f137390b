"""The real returns, landed from their list and published once for every test of this room."""

from pathlib import Path

import pytest

from tests.conftest import Home


@pytest.fixture(scope="session")
def landed(real_returns: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home in which every file of the list was landed, and what was said of it."""
    home = Home(tmp_path_factory.mktemp("real"))
    return home, home.run("land", "--submissions", str(real_returns / "SUBMISSIONS.tsv")).stdout


@pytest.fixture(scope="session")
def real(landed: tuple[Home, str]) -> Home:
    """The returns that have contracts, published in one release."""
    home, _ = landed
    summary = home.refresh()
    assert summary["published"], summary
    assert summary["refused"] == []
    return home
