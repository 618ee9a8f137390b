"""All files of the Superset import, generated from dbt's manifests and the dashboards.

Contains the names and format of the files. Not here: their content (`datasets`, `charts`, `layout`).

The files do not depend on the time or place of generation, so the same definitions give the same bytes.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from orchestration.bi.dashboards import DASHBOARDS
from orchestration.bi.datasets import FOLDER, database, datasets
from orchestration.bi.identity import VERSION
from orchestration.foundation.settings import PROJECT_ROOT

ASSETS = PROJECT_ROOT / "bi" / "superset"

_METADATA = {"type": "Dashboard", "version": VERSION, "timestamp": "2000-01-01T00:00:00+00:00"}
"""Superset requires a time; version control records when the files changed."""


def assets() -> dict[str, str]:
    """Return the text of each file, by its path below `bi/superset`."""
    files: dict[str, Any] = {"metadata.yaml": _METADATA, f"databases/{FOLDER}.yaml": database()}
    for view, dataset in datasets().items():
        files[f"datasets/{FOLDER}/{view}.yaml"] = dataset
    for dashboard in DASHBOARDS:
        files[f"dashboards/{dashboard.slug}.yaml"] = dashboard.as_asset()
        for chart in dashboard.charts():
            files[f"charts/{dashboard.slug}/{_slug(chart.title)}.yaml"] = chart.as_asset(dashboard.slug)
    return {path: _written(content) for path, content in sorted(files.items())}


def write_assets(folder: Path = ASSETS) -> list[Path]:
    """Write all files into the folder, and delete everything else in it."""
    if folder.exists():
        shutil.rmtree(folder)
    written = []
    for name, text in assets().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _written(content: dict[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Plain, sort_keys=True, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """YAML without anchors: a filter shared by two charts is repeated in both."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the name is PyYAML's
        return True
