"""One good candidate for all tests of the gate; each test that damages it works on a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import Candidate
from tests.expectations import small_warehouse


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Candidate:
    settings = Settings(home=tmp_path_factory.mktemp("good"))
    return small_warehouse.candidate(settings, "good")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "var")


@pytest.fixture
def damaged(good: Candidate, tmp_path: Path) -> Callable[[str], Candidate]:
    """A copy of the good candidate with SQL applied to it."""

    def damage(sql: str) -> Candidate:
        folder = tmp_path / "damaged"
        shutil.copytree(good.folder, folder)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.execute(sql)
        return Candidate(good.release_id, folder, good.tables, good.views, good.macros, good.unproved_macros)

    return damage
