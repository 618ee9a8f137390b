"""What every conformance test may use: the folder of reference vectors, and a DuckDB of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.settings import PROJECT_ROOT

VECTORS = Path(os.environ.get("OVERSIGHT_VECTORS", PROJECT_ROOT.parent / "shared" / "vectors"))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Folder of the reference vectors; skips where it is not beside the repository."""
    if not VECTORS.is_dir():
        pytest.skip(f"the reference vectors are not at {VECTORS}")
    return VECTORS


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    yield connection
    connection.close()
