"""A home that an earlier version made opens, is refreshed and rolled back, so that users can upgrade.

Contains the test of the whole way; what changes the home is started in an interpreter of its own, as users start it. Not here: how
the home was made (`earlier_home/make.sh`).
"""

import tarfile
from pathlib import Path

import pytest

from orchestration.warehouse.store.catalogue import current_release
from tests.conftest import Home

pytestmark = pytest.mark.slow

ARCHIVE = Path(__file__).parent / "earlier_home" / "home_3e19b6d.tar.xz"
FIGURES = "SELECT count(*) AS figures, sum(value) AS total, sum(upper_95) AS limits FROM analysis.observations"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="tar")
    return Home(tmp_path / "home", is_warm=False)


def test_a_home_of_an_earlier_version_opens_is_refreshed_and_rolled_back(home: Home) -> None:
    earlier, reader = current_release(home.settings), Home(home.root)
    figures = reader.rows(FIGURES)
    assert int(str(figures[0]["figures"])) > 1000
    summary = home.refresh()
    assert (summary["exit_code"], summary["refused"]) == (0, [])
    assert summary["published"], "the version of DuckDB is part of the fingerprint, so there is a new release"
    assert summary["release_id"] != earlier
    assert reader.rows(FIGURES) == figures
    assert reader.run("changes").returncode == 0
    home.run("rollback", "--reason", "a test of the upgrade")
    assert current_release(home.settings) == earlier
    assert reader.rows(FIGURES) == figures
    assert reader.run("verify").returncode == 0
