"""The tables of a release as Parquet, their most durable format.

Contains the export of one file per table. Not here: views, which readers can calculate from the tables.
"""

from pathlib import Path

from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal


def write_parquet(settings: Settings, database: Path, folder: Path) -> None:
    """Create `folder` and write every table of `database` to <table>.parquet (zstd), in the order of its rows.

    Raises the same errors as `connect`.
    """
    folder.mkdir()
    with connect(database, settings, read_only=True) as connection:
        for schema, table in connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
        ).fetchall():
            target = folder / f"{table}.parquet"
            connection.execute(
                f"COPY {ident(schema)}.{ident(table)} TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)"
            )
