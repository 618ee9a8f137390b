"""Commands in processes that have imported everything before, so that a test waits for its work and not for imports.

Contains the process that `Home.run` starts commands from. Not here: the start of a real interpreter, as
`tests/end_to_end/test_upgrade.py` has it (`Home.is_warm`).

The forkserver imports the frameworks once and opens nothing; each command is a process forked from it, with an
environment, a working directory and streams of its own.
"""

import contextlib
import logging
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.preload"])


def run_command(
    words: Sequence[str], environment: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Run `oversight` with these words as a process of its own; return its code and what it wrote."""
    with tempfile.TemporaryDirectory(prefix="oversight-command-") as streams:
        out, err = Path(streams) / "out", Path(streams) / "err"
        process = _processes.Process(target=_command, args=(list(words), dict(environment), folder, out, err))
        process.start()
        process.join()
        code = process.exitcode
        assert code is not None
        return subprocess.CompletedProcess(
            ["oversight", *words], code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        )


def _command(words: list[str], environment: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    """Become `oversight words`, as the shell would start it."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for stream, path in ((1, out), (2, err)):
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(target, stream)
        os.close(target)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the stream of the process
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["oversight", *words]
    with _coverage():
        from orchestration.cli import main

        try:
            main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            logging.shutdown()


@contextlib.contextmanager
def _coverage():  # type: ignore[no-untyped-def]
    """Measure this process too, where the tests are measured."""
    config = os.environ.get("OVERSIGHT_COVERAGE")
    if not config:
        yield
        return
    import coverage

    measured = coverage.Coverage(config_file=config, data_suffix=True)
    measured.start()
    try:
        yield
    finally:
        measured.stop()
        measured.save()
