"""The star schema, built by dbt in this process.

Contains parsing and running the dbt project, and the message if it fails. Not here: models (`dbt_project/`), or how the
run is shown (`orchestration.defs.transform`).

dbt runs inside this process with the manifest that set-up parsed: in a process of its own, imports and parsing would
take longer than building the star schema of the sample.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.foundation.errors import GateRefusedError, OversightError
from orchestration.foundation.progress import spent
from orchestration.foundation.settings import DBT_FOLDER, DBT_MANIFEST, Settings

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

ALL = "fqn:*"
"""The selection of every node."""


def parse() -> None:
    """Create the manifest, as set-up does. Raises OversightError if the project does not parse."""
    from dbt.cli.main import dbtRunner

    where = ["--project-dir", str(DBT_FOLDER), "--profiles-dir", str(DBT_FOLDER)]
    result = dbtRunner().invoke(["--quiet", "parse", "--no-partial-parse", *where])
    if not result.success:
        raise OversightError(f"The dbt project does not parse: {str(result.exception).splitlines()[0]}")


def is_stale() -> bool:
    """Return whether the manifest is missing or older than a model, macro or test."""
    if not DBT_MANIFEST.exists():
        return True
    made = DBT_MANIFEST.stat().st_mtime
    sources = [path for folder in ("models", "macros", "tests") for path in (DBT_FOLDER / folder).rglob("*")]
    return any(path.stat().st_mtime > made for path in [*sources, DBT_FOLDER / "dbt_project.yml"] if path.is_file())


def build_star(
    settings: Settings, target: Path, selected: list[str]
) -> tuple[list[dict[str, Any]], OversightError | None]:
    """Run `dbt build`; return its events as dictionaries, and the error if it failed."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    os.environ["OVERSIGHT_BUILD_DATABASE"] = str(settings.build_database)
    events: list[dict[str, Any]] = []

    def keep(message: Any) -> None:
        if message.info.level != "debug":
            events.append(msg_to_dict(message))

    # dbt formats thousands of events that its log level then drops, and writes out the manifest that it was given:
    # together a quarter of its time. Both are switched off, and the log is written below.
    words = ["--log-level", "none", "--log-level-file", "none", "--no-use-colors", "--no-write-json"]
    runner = dbtRunner(manifest=_manifest(), callbacks=[keep])
    words += ["--log-path", str(settings.logs / "dbt"), "build"]
    words += ["--project-dir", str(DBT_FOLDER), "--profiles-dir", str(DBT_FOLDER), "--target-path", str(target)]
    words += ["--exclude-resource-type", "unit_test", *selected]
    try:
        result = runner.invoke(words)
    finally:
        _log(settings.logs / "dbt" / "dbt.log", events)
        # dbt keeps its connection for the next run, but the candidate must open the file read-only.
        reset_adapters()  # type: ignore[no-untyped-call]
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if result.result is None:
        reason = str(result.exception or "no reason given").splitlines()[0]
        return events, OversightError(f"dbt could not start ({reason}); see the log in {settings.logs / 'dbt'}.")
    result.result.write(str(target / "run_results.json"))  # type: ignore[union-attr]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    # The time of dbt's nodes counts as work, the rest as time of the framework.
    spent("dbt nodes", float(results["elapsed_time"]))
    return events, None if result.success else _failure(results["results"])


def _log(path: Path, events: list[dict[str, Any]]) -> None:
    """Append dbt's events to its log, one line each, without events of level debug."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as log:
        log.writelines(f"{e['info']['ts']} {e['info']['level']:5} {e['info']['msg']}\n" for e in events)


def _manifest() -> "Manifest | None":
    """Return the manifest that set-up parsed, or None if there is none; dbt then parses the project."""
    from dbt.contracts.graph.manifest import Manifest

    parsed = DBT_MANIFEST.parent / "partial_parse.msgpack"
    if not parsed.exists():
        return None
    manifest = Manifest.from_msgpack(parsed.read_bytes())
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _failure(results: list[dict[str, Any]]) -> OversightError:
    """Return the error for a build that failed: broken SQL is a fault, a failed test is a refusal."""
    broken = [r for r in results if r["status"] == "error"]
    if broken:
        message = " ".join(str(broken[0]["message"]).split())
        if "Out of Memory" in message:
            return OversightError(
                f"Not enough memory to build {broken[0]['unique_id']}; increase OVERSIGHT_MEMORY_LIMIT to "
                "about 1.3 GB for each million figures that are compared (docs/runbooks/not-enough-memory.md)."
            )
        return OversightError(f"dbt could not build {broken[0]['unique_id']}: {message[:300]}")
    failed = [r["unique_id"].split(".")[2] for r in results if r["status"] == "fail"]
    tests = "1 of dbt's tests" if len(failed) == 1 else f"{len(failed)} of dbt's tests"
    return GateRefusedError(
        f"{tests} failed, first '{failed[0] if failed else 'unknown'}'; nothing was published and the current "
        "release has not changed."
    )
