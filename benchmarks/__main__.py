"""`make bench`: a refresh of the sample, and of the real returns if they are available, step by step."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchestration.foundation.settings import PROJECT_ROOT
from orchestration.sample import write_sample

REAL_RETURNS = Path(os.environ.get("OVERSIGHT_RETURNS", PROJECT_ROOT.parent / "shared" / "returns"))


def timed(*words: str, home: Path) -> tuple[float, str]:
    """Return the seconds that a command takes in a process of its own, and its last line of output."""
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "OVERSIGHT_HOME": str(home)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return time.perf_counter() - begun, (done.stdout.splitlines() or [""])[-1]


def refresh(title: str, submissions: Path, baseline: float) -> None:
    """Refresh twice in a new home: a first night, and a night without new returns."""
    table = Table(title=title, title_justify="left")
    for column in ("step", "first night, s", "no new returns, s", "first / baseline"):
        table.add_column(column, justify="left" if column == "step" else "right")
    with tempfile.TemporaryDirectory() as folder:
        command = ("-m", "orchestration", "refresh", "--format", "json", "--submissions", str(submissions))
        first, output = timed(*command, home=Path(folder))
        again, second_output = timed(*command, home=Path(folder))
    nights = [json.loads(output)["seconds"], json.loads(second_output)["seconds"]]
    for step in nights[0]:
        table.add_row(step, f"{nights[0][step]:.1f}", f"{nights[1].get(step, 0):.1f}", "")
    table.add_row("wall clock", f"{first:.1f}", f"{again:.1f}", f"{first / baseline:.1f}")
    console = Console()
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    console.print(f"largest process so far: {peak:,.0f} MB", highlight=False)


def main() -> None:
    """Print a baseline, the time to import the frameworks, and the refreshes."""
    with tempfile.TemporaryDirectory() as folder:
        imports = "import dagster, dagster_dbt, great_expectations, dbt.cli.main"
        baseline, _ = timed("-c", imports, home=Path(folder))
        Console().print(f"baseline, importing the frameworks: {baseline:.1f} s", highlight=False)
        refresh("Sample returns", write_sample(Path(folder) / "sample"), baseline)
    if (REAL_RETURNS / "SUBMISSIONS.tsv").is_file():
        refresh("Real returns", REAL_RETURNS / "SUBMISSIONS.tsv", baseline)


if __name__ == "__main__":
    main()
