"""The gate in a process of its own, started early: importing Great Expectations takes longer than judging.

Belongs here: waiting for one candidate and judging it. Does not belong here: the gate itself (`gate`). The
verdict lies beside the candidate either way; publication demands it from there.
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
    """While this lasts, a process has the gate's framework ready; it is ended if nobody needed it.

    A process that has imported the framework already (a daemon, a test) runs the gate itself.
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
    """The verdict on `candidate`, by the waiting process if there is one; raises OversightError if it broke."""
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
        raise OversightError(f"The gate broke on {candidate.release_id}: {answer.strip() or 'it gave no reason'}")
    return read_verdict(candidate.folder)


def main() -> None:
    """Import, wait for one task on standard input, judge, leave the verdict; the reason of a failure is printed."""
    gc.disable()  # the process ends before what its frameworks leave behind could matter
    from expectations.gate import run_gate
    from expectations.suites import all_suites

    try:
        all_suites(None)  # imports what every suite needs
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
