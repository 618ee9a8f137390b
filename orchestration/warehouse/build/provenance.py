"""Provenance of a release: versions of code and contracts, the inputs, the reference files.

Contains the facts that the manifest states about the data. Not here: writing the manifest (`store.manifest`).
"""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orchestration.contracts.load import Contracts
from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.warehouse.build.inputs import Inputs

_CODE = (
    "orchestration/**/*.py",
    "expectations/**/*.py",
    "dbt_project/models/**/*",
    "dbt_project/macros/**/*",
)


def build_provenance(contracts: Contracts, inputs: Inputs) -> dict[str, object]:
    """Return what a build is based on, with the versions of code and contracts, as the manifest states it."""
    return {
        "inputs": inputs.digest,
        "as_at": inputs.as_at,
        "reference_files": inputs.references,
        "contracts": contracts.fingerprint,
        "contract_versions": dict(sorted(contracts.fingerprints.items())),
        "code": code_fingerprint(),
        "version": package_version(),
    }


def package_version() -> str:
    """Return the version of the installed package, or `unknown` if it is not installed."""
    try:
        return version("oversight-warehouse")
    except PackageNotFoundError:
        return "unknown"


def code_fingerprint() -> str:
    """Return twelve hexadecimal digits of a hash of the code behind the figures: Python, models and macros."""
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _files() -> set[Path]:
    return {
        path
        for pattern in _CODE
        for path in PROJECT_ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
