"""The gate in a separate process, started early because importing Great Expectations takes longer than its checks.

Contains waiting for one candidate and checking it. Not here: the gate itself (`gate`). In both cases the verdict is
written beside the candidate, where publication reads it.
"""

import gc
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from orchestration.foundation.errors import OversightError
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import Candidate, open_candidate
from orchestration.warehouse.store.verdict import Verdict, read_verdict

_waiting: ContextVar["subprocess.Popen[str] | None"] = ContextVar("gate_worker", default=None)


@contextmanager
def gate_worker() -> Iterator[None]:
    """Keep a process ready that has imported the gate's framework, and end it if it was not needed.

    A process that has already imported the framework (a daemon, a test) runs the gate itself.
    """
    if "great_expectations" in sys.modules:
        yield
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "expectations.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    token = _waiting.set(process)
    try:
        yield
    finally:
        _waiting.reset(token)
        process.kill()
        process.communicate()


def judge_candidate(
    settings: Settings, candidate: Candidate, dbt_results: Mapping[str, Any] | None, previous: Path | None
) -> Verdict:
    """Return the verdict on `candidate`, from the waiting process if any. Raises OversightError if it fails."""
    process = _waiting.get()
    if process is None:
        from expectations.gate import run_gate

        return run_gate(settings, candidate, dbt_results, previous)
    task = {
        "settings": settings.model_dump(mode="json"),
        "release_id": candidate.release_id,
        "dbt_results": dbt_results,
        "previous": str(previous) if previous else None,
    }
    answer, _ = process.communicate(json.dumps(task))
    if process.returncode != 0:
        raise OversightError(
            f"The gate failed on {candidate.release_id} ({answer.strip() or 'no reason given'}); refresh again."
        )
    return read_verdict(candidate.folder)


def main() -> None:
    """Import, wait for one task on standard input, run the gate, and print the reason if it fails."""
    gc.disable()  # The process ends before garbage matters.
    from expectations.gate import run_gate
    from expectations.suites import all_suites

    try:
        all_suites(None)  # Imports what every suite needs.
        text = sys.stdin.read()
        if not text:
            return
        task = json.loads(text)
        settings = Settings(**task["settings"])
        candidate = open_candidate(settings, task["release_id"])
        run_gate(settings, candidate, task["dbt_results"], Path(task["previous"]) if task["previous"] else None)
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
