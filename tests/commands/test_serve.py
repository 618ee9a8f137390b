"""`oversight serve` stops when it is told to, whatever it is doing at that moment.

Contains the signals. Not here: what is served (`tests/serving`).
"""

import multiprocessing
import os
import signal

from orchestration.commands.ask.serve import stop_on_signals

_processes = multiprocessing.get_context("forkserver")


def stopped_in_the_middle_of_waiting() -> None:
    """Get the signal while the main thread holds the lock of the event, as it does for a moment in each wait."""
    stop = stop_on_signals()
    with stop._cond:  # type: ignore[attr-defined]
        os.kill(os.getpid(), signal.SIGTERM)
    assert stop.wait(10)


def test_a_signal_in_the_middle_of_waiting_stops_the_server() -> None:
    process = _processes.Process(target=stopped_in_the_middle_of_waiting)
    process.start()
    process.join(30)
    hangs = process.is_alive()
    process.kill()
    process.join()
    assert not hangs
    assert process.exitcode == 0
