"""What the forkserver imports once (`tests.warm`): everything that commands import, and nothing that opens a file."""

import importlib
import os
import sys

# Read when the frameworks are imported, as `orchestration.cli` sets them.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")

# DuckDB takes a process whose main module has no file for an interactive one, and draws progress bars.
sys.modules["__main__"].__file__ = __file__

for module in (
    "orchestration.cli",
    "orchestration.refresh",
    "orchestration.defs.assembly",
    "expectations.gate",
    "expectations.suites",
    "dagster_dbt",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "great_expectations",
):
    importlib.import_module(module)
