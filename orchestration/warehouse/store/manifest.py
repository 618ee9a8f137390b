"""The manifest of a release: every file with its sha256, and the sources of the figures.

Contains writing and reading it, and comparing a release folder with it. Not here: when a manifest is required
(`publishing`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration.foundation.database import connect
from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.sealing import files_below, sha256_of, write_json

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.minisig"

_OF_THE_FOLDER = (MANIFEST, SIGNATURE)
"""Files that the manifest does not list."""


def write_manifest(settings: Settings, folder: Path, facts: Mapping[str, object]) -> None:
    """Write `folder`/manifest.json: `facts`, row counts, submissions, and the sha256 of every file.

    `folder` is complete except for its manifest and its signature. `files` maps each path in it to `sha256` and
    `bytes`.
    """
    files = [path for path in files_below(folder) if path.name not in _OF_THE_FOLDER]
    with connect(folder / DATABASE, settings, read_only=True) as connection:
        content = {
            **facts,
            "duckdb_version": duckdb.__version__,
            "tables": _row_counts(connection),
            "submissions": _submissions(connection),
            "files": {
                str(path.relative_to(folder)): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
                for path in files
            },
        }
    write_json(folder / MANIFEST, content)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a release folder. Raises `OversightError` if it is missing or damaged."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(content["files"], dict) or content["release_id"] != folder.name:
            raise ValueError("it is another release's")
    except FileNotFoundError as error:
        raise OversightError(
            f"The release {folder.name} has no manifest; choose another that `oversight releases` lists."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise OversightError(
            f"The manifest of release {folder.name} cannot be read ({error}); choose another release that "
            "`oversight releases` lists."
        ) from error
    return dict(content)


def manifest_problems(folder: Path) -> list[str]:
    """Return the differences between a folder and its manifest; empty if they match byte for byte.

    Each is part of a sentence: the file, and that it is missing, changed or not listed. Raises as `read_manifest`.
    """
    listed: dict[str, Any] = read_manifest(folder)["files"]
    present = {str(path.relative_to(folder)): path for path in files_below(folder) if path.name not in _OF_THE_FOLDER}
    problems = []
    for name in sorted(listed.keys() | present.keys()):
        if name not in present:
            problems.append(f"{name} is missing")
        elif name not in listed:
            problems.append(f"{name} is not in its manifest")
        elif sha256_of(present[name]) != listed[name]["sha256"]:
            problems.append(f"{name} differs from its manifest")
    return problems


def verify_manifest(folder: Path) -> dict[str, Any]:
    """Check that a folder contains exactly the files of its manifest; return the manifest.

    Raises `OversightError` naming the first file that is missing, changed or not listed.
    """
    if problems := manifest_problems(folder):
        raise OversightError(
            f"The release {folder.name} is damaged ({problems[0]}); choose another that `oversight releases` lists."
        )
    return read_manifest(folder)


def _row_counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal ORDER BY ALL"
    ).fetchall()
    return {
        f"{schema}.{table}": connection.execute(f'SELECT count(*) FROM "{schema}"."{table}"').fetchall()[0][0]
        for schema, table in tables
    }


def _submissions(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Return every submission that the figures are based on: with contracts and code, they reproduce the release."""
    columns = ("submission_key", "return_code", "sha256", "outcome", "received_at", "withdrawn_at")
    rows = connection.execute(
        f"SELECT {', '.join(columns)} FROM marts.dim_submission ORDER BY received_at, submission_key"
    ).fetchall()
    return [
        {
            name: value.isoformat() if hasattr(value, "isoformat") else value
            for name, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]
