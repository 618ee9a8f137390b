"""The reference vectors as tables of an in-memory DuckDB.

Contains their location and how they are read. Not here: methods. The folder is OVERSIGHT_VECTORS, by default
`shared/vectors` beside the repository; other vectors of the same format work too.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from orchestration.foundation.settings import PROJECT_ROOT

VECTORS = Path(os.environ.get("OVERSIGHT_VECTORS", PROJECT_ROOT.parent / "shared" / "vectors"))


@dataclass(frozen=True)
class Vectors:
    """A folder of vectors and the connection that its files are loaded into."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    def load(self, *names: str) -> duckdb.DuckDBPyConnection:
        """Each file `<name>.csv` as a table of that name; skips the test where a file is absent."""
        for name in names:
            file = self.folder / f"{name}.csv"
            if not file.is_file():
                pytest.skip(f"{file.name} is not among the vectors at {self.folder}")
            self.connection.execute(
                f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM read_csv(?, header = true, sample_size = -1)",
                [str(file)],
            )
        return self.connection


@pytest.fixture
def vectors() -> Iterator[Vectors]:
    """The reference vectors; skips where their folder is absent."""
    if not VECTORS.is_dir():
        pytest.skip(f"the reference vectors are not at {VECTORS}")
    with duckdb.connect() as connection:
        yield Vectors(VECTORS, connection)
