"""What the forkserver imports once (`tests.warm`): everything that commands import, and nothing that opens a file."""

import importlib
import os

# Read when the frameworks are imported, as `orchestration.cli` sets them.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")

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
