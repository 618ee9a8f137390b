"""The example notebooks run on the sample, from the first cell to the last.

Contains runs of them. Not here: `orchestration.connect` itself (`test_analyst`).
"""

import json
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

from orchestration.foundation.settings import PROJECT_ROOT
from tests.conftest import Home

pytestmark = pytest.mark.slow

NOTEBOOKS = sorted((PROJECT_ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def shown(chart: alt.TopLevelMixin) -> set[float]:
    """The different values on the vertical axis of a chart or of the last of its layers."""
    drawing = chart.to_dict()
    field = drawing.get("layer", [drawing])[-1]["encoding"]["y"]["field"]
    return {row[field] for rows in drawing["datasets"].values() for row in rows}


def test_there_is_one_for_each_kind_of_question() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["fairness", "standards", "value-for-money"]


@each
def test_a_notebook_runs_its_tables_have_rows_and_its_charts_are_not_flat(
    path: Path, published: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERSIGHT_HOME", str(published.root))
    names: dict[str, Any] = {}
    for cell in code(path):
        exec(compile(cell, path.name, "exec"), names)
    frames = {name: frame for name, frame in names.items() if isinstance(frame, pd.DataFrame)}
    assert len(frames) >= 2
    assert [name for name, frame in frames.items() if frame.empty] == []
    charts = {name: shown(chart) for name, chart in names.items() if name.endswith("_chart")}
    assert charts
    assert {name: values for name, values in charts.items() if len(values) < 3} == {}


@each
def test_a_notebook_is_kept_without_results(path: Path) -> None:
    """Results would be another release's, and might be restricted."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
