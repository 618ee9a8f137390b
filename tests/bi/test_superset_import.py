"""Superset itself imports the files, with both of its commands.

Contains imports into a separate Superset, if OVERSIGHT_SUPERSET names an environment that has one. Not here: the
appearance of dashboards.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.bi.assets import ASSETS
from orchestration.bi.dashboards import DASHBOARDS
from tests.bi.asking import DATASETS

SUPERSET = os.environ.get("OVERSIGHT_SUPERSET")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(SUPERSET is None, reason="OVERSIGHT_SUPERSET names no environment with Apache Superset"),
]


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., sqlite3.Connection]:
    """Runs a command of Superset; gives its own database to look into."""
    home = tmp_path_factory.mktemp("superset")
    config = home / "superset_config.py"
    config.write_text(
        f'SECRET_KEY = "{"k" * 42}"\nSQLALCHEMY_DATABASE_URI = "sqlite:///{home / "superset.db"}"\n', encoding="utf-8"
    )
    environment = {**os.environ, "SUPERSET_CONFIG_PATH": str(config), "FLASK_APP": "superset"}

    def run(*words: str) -> sqlite3.Connection:
        command = [str(Path(str(SUPERSET)) / "bin" / "superset"), *words]
        done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return sqlite3.connect(home / "superset.db")

    run("db", "upgrade")
    run("fab", "create-admin", "--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "a@example.gov.uk",
        "--password", "admin")  # fmt: skip
    run("init")
    return run


def imported(superset: sqlite3.Connection) -> dict[str, int]:
    tables = ("dbs", "tables", "slices", "dashboards", "dashboard_slices")
    return {table: superset.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def test_both_commands_import_every_chart_once(superset: Callable[..., sqlite3.Connection], tmp_path: Path) -> None:
    charts = sum(len(dashboard.charts()) for dashboard in DASHBOARDS)
    wanted = {
        "dbs": 1,
        "tables": len(DATASETS),
        "slices": charts,
        "dashboards": len(DASHBOARDS),
        "dashboard_slices": charts,
    }
    archive = shutil.make_archive(str(tmp_path / "superset"), "zip", ASSETS.parent, ASSETS.name)
    assert imported(superset("import-dashboards", "-p", archive, "-u", "admin")) == wanted
    assert imported(superset("import-directory", "--overwrite", str(ASSETS))) == wanted
