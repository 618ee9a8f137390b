"""Landing without a lock: processes that land at the same time, and a process that is killed."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from orchestration.foundation.settings import Settings
from orchestration.returns.landing.landing_area import Landing
from orchestration.returns.landing.origin import Origin

LAND_MANY = """
import io, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from orchestration.returns.landing.landing_area import Landing
from orchestration.returns.landing.origin import Origin
from orchestration.foundation.settings import Settings

landing = Landing(Settings(home=Path(sys.argv[1])))
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    origin = Origin(
        return_code="dfe.lait", kind="return", department_code="dfe", file_name="lait.csv", source="list",
        received_at=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=number))
    receipt = landing.land(io.BytesIO(b"x" * 5000 + str(number).encode()), origin)
    print(receipt.model_dump_json(), flush=True)
"""

LAND_SLOWLY = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from orchestration.returns.landing.landing_area import Landing
from orchestration.returns.landing.origin import Origin
from orchestration.foundation.settings import Settings

class Slow:
    sent = False
    def read(self, size):
        if self.sent:
            print("half way", flush=True)
            time.sleep(60)
        self.sent = True
        return b"half of it"

Landing(Settings(home=Path(sys.argv[1]))).land(
    Slow(), Origin(return_code="dfe.lait", kind="return", department_code="dfe", file_name="lait.csv", source="http",
                   received_at=datetime(2025, 1, 1, tzinfo=UTC)))
"""


def start(script: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_that_land_the_same_files_at_once_return_the_same_receipts(tmp_path: Path) -> None:
    workers = [start(LAND_MANY, tmp_path) for _ in range(2)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    printed = [worker.communicate(timeout=20)[0].splitlines() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    landing = Landing(Settings(home=tmp_path))
    kept = [receipt.model_dump_json() for receipt in landing.receipts()]
    assert len(kept) == 60
    assert printed == [kept, kept]
    for receipt in landing.receipts():
        landing.verify(receipt)
    assert list((landing.folder / "incoming").iterdir()) == []


def test_a_killed_process_lands_nothing_and_the_next_one_cleans_up_and_lands(tmp_path: Path) -> None:
    worker = start(LAND_SLOWLY, tmp_path)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "half way\n"
    landing = Landing(Settings(home=tmp_path))
    assert len(list((landing.folder / "incoming").iterdir())) == 1
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    assert landing.receipts() == []
    assert not (landing.folder / "objects").exists()
    whole = tmp_path / "lait.csv"
    whole.write_bytes(b"half of it, and the other half")
    origin = Origin(
        return_code="dfe.lait",
        kind="return",
        department_code="dfe",
        file_name="lait.csv",
        received_at=datetime(2025, 1, 1, tzinfo=UTC),
        source="http",
    )
    receipt = landing.land(whole, origin)
    assert landing.receipts() == [receipt]
    assert landing.object_path(receipt.sha256).read_bytes() == whole.read_bytes()
    assert list((landing.folder / "incoming").iterdir()) == []
