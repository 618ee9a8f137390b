"""`oversight serve` stops on a signal, at any moment.

Contains tests of signals. Not here: what is served (`tests/serving`).
"""

import multiprocessing
import os
import signal

from orchestration.commands.ask.serve import stop_on_signals

_processes = multiprocessing.get_context("forkserver")


def stopped_while_waiting() -> None:
    """Receive the signal while the main thread holds the event's lock, as it does briefly in each wait."""
    stop = stop_on_signals()
    with stop._cond:  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.wait(10)


def test_a_signal_during_a_wait_stops_the_server() -> None:
    process = _processes.Process(target=stopped_while_waiting)
    process.start()
    process.join(30)
    hangs = process.is_alive()
    process.kill()
    process.join()
    assert not hangs
    assert process.exitcode == 0
