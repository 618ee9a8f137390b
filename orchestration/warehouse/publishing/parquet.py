"""The tables of a release as Parquet, the most durable form of them.

Belongs here: one file per table. Does not belong here: views, which every reader can compute from them.
"""

from pathlib import Path

from orchestration.foundation.database import connect
from orchestration.foundation.settings import Settings
from orchestration.foundation.sql import ident, literal


def write_parquet(settings: Settings, database: Path, folder: Path) -> None:
    """Write every table of `database` to `folder`/<table>.parquet (zstd), rows in the order they lie.

    Makes the folder. Raises as `connect` does.
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
