"""Nights killed with SIGKILL, at a named step or at a random moment, and their remains.

Contains the child processes and their findings. Not here: the night itself (`tiny`), and the requirements
(`test_killed_nights`).

Production code does not know about this: the process that is to die wraps the named function, or counts the operations
on files that Python reports, before the night begins. The processes are forked from one that has imported everything
and opened nothing, so each starts in a few milliseconds.
"""

import importlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.warehouse.publishing.verification import verify_all
from orchestration.warehouse.store.candidate import DATABASE
from orchestration.warehouse.store.catalogue import names_in, resolve_release
from orchestration.warehouse.store.fingerprint import fingerprint
from orchestration.warehouse.store.manifest import verify_manifest
from tests.faults import tiny

_RETURNS, _WAREHOUSE = "orchestration.returns", "orchestration.warehouse"
_STORE, _PUBLISHING = f"{_WAREHOUSE}.store", f"{_WAREHOUSE}.publishing"

STEPS = {
    "landing: bytes moved into place": ("orchestration.foundation.atomic_files", "move_into_place"),
    "landing: receipt placed": ("orchestration.foundation.atomic_files", "place_once"),
    "screening: one file judged": (f"{_RETURNS}.screening.screener", "Screener.screen"),
    "screening: all files judged": (f"{_RETURNS}.intake", "screen_all"),
    "laying out: submissions": (f"{_WAREHOUSE}.build.inputs", "_submissions"),
    "laying out: references": (f"{_WAREHOUSE}.build.inputs", "_references"),
    "building: a part of the star": ("tests.faults.tiny", "build_part"),
    "candidate: tables copied": (f"{_STORE}.candidate", "_copy"),
    "candidate: seen from outside": (f"{_STORE}.candidate", "_look"),
    "candidate: provenance written": (f"{_STORE}.candidate", "write_json"),
    "gate: verdict written": (f"{_STORE}.verdict", "write_json"),
    "publishing: parquet": (f"{_PUBLISHING}.promotion", "write_parquet"),
    "publishing: changes": (f"{_PUBLISHING}.promotion", "write_changes"),
    "publishing: notes": (f"{_PUBLISHING}.promotion", "write_notes"),
    "publishing: manifest": (f"{_PUBLISHING}.promotion", "write_manifest"),
    "publishing: files sealed": (f"{_PUBLISHING}.promotion", "seal_files"),
    "publishing: folder moved": (f"{_PUBLISHING}.promotion", "move_folder"),
    "publishing: folders sealed": (f"{_PUBLISHING}.promotion", "seal_folders"),
    "publishing: audit line": (f"{_PUBLISHING}.promotion", "record"),
    "publishing: pointer": (f"{_PUBLISHING}.promotion", "point"),
    "pruning: manifest kept": (f"{_PUBLISHING}.retention", "write_whole"),
    "pruning: audit line": (f"{_PUBLISHING}.retention", "record"),
    "pruning: folder hidden": (f"{_PUBLISHING}.retention", "move_folder"),
    "pruning: files removed": (f"{_PUBLISHING}.retention", "remove_sealed"),
    "pruning: leftovers": (f"{_PUBLISHING}.cleanup", "clear_leftovers"),
}
"""The named steps, each a function that a night calls."""

_ON_FILES = {"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"}

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.faults.killing"])


@dataclass(frozen=True)
class Undisturbed:
    """An undisturbed third night: fingerprints before and after it, its operations on files, and its
    seconds."""

    before: str
    after: str
    operations: int
    seconds: float


@dataclass(frozen=True)
class Fate:
    """What became of an installation whose third night was killed.

    `signal` is what ended the night (0: nothing did). `seen` is the fingerprint of the release in force right after,
    `final` that after the next night; `problems` is what was wrong then, a sentence each, and `left` the releases.
    """

    signal: int
    seen: str
    final: str
    problems: tuple[str, ...]
    left: tuple[str, ...]


def prepare(base: Path) -> Undisturbed:
    """An installation in `base` after two nights, ready to be copied, and what its third would be."""
    base.mkdir()
    tiny.install(base)
    for number in (1, 2):
        _in_a_process(_night, base, number)
    ahead = base.with_name(f"{base.name}_undisturbed")
    shutil.copytree(base, ahead, symlinks=True)
    said = ahead / "undisturbed.json"
    assert _in_a_process(_measured_night, ahead, said) == 0
    return Undisturbed(**json.loads(said.read_text(encoding="utf-8")))


def killed_at(step: str, when: str, base: Path, folder: Path) -> Fate:
    """The fate of a copy of `base` in `folder` that is killed `before` or `after` the first call of a named step."""
    return _killed(base, folder, _at_step, step, when)


def failed_at(step: str, error: OSError, base: Path, folder: Path) -> Fate:
    """The fate of a copy of `base` in which a named step raises `error`; `signal` is -1, for the night's exit code."""
    return _killed(base, folder, _failing_step, step, error.errno)


def killed_at_random(seed: int, usual: Undisturbed, base: Path, folder: Path) -> Fate:
    """The same at a moment that `seed` picks: before an operation on files (even seeds; the same one each time), or
    after some time (odd seeds), which also meets DuckDB in the middle of writing."""
    chance = random.Random(seed)
    if seed % 2:
        return _killed(base, folder, _after_seconds, chance.uniform(0, usual.seconds))
    return _killed(base, folder, _at_operation, chance.randrange(usual.operations))


def _killed(base: Path, folder: Path, arm: Callable[..., None], *moment: object) -> Fate:
    shutil.copytree(base, folder, symlinks=True)
    code = _in_a_process(_dying_night, folder, arm, *moment)
    said = folder / "fate.json"
    assert _in_a_process(_recover, folder, said) == 0, f"the night after the kill broke in {folder}"
    found = json.loads(said.read_text(encoding="utf-8"))
    fate = Fate(-code, found["seen"], found["final"], tuple(found["problems"]), tuple(found["left"]))
    shutil.rmtree(folder)
    return fate


def _in_a_process(work: Callable[..., None], *arguments: object) -> int:
    """Run `work` in a process of its own; its exit code, negative if a signal ended it."""
    process = _processes.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _night(base: Path, number: int) -> None:
    tiny.night(tiny.settings_of(base), number)


def _measured_night(base: Path, said: Path) -> None:
    settings = tiny.settings_of(base)
    before = _whole_release(base)
    counted = [0]

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        counted[0] += event in _ON_FILES

    begun = time.perf_counter()
    sys.addaudithook(count)
    tiny.night(settings, tiny.NIGHTS)
    operations, seconds = counted[0], time.perf_counter() - begun
    said.write_text(json.dumps(asdict(Undisturbed(before, _whole_release(base), operations, seconds))))


def _dying_night(folder: Path, arm: Callable[..., None], *moment: object) -> None:
    arm(*moment)
    tiny.night(tiny.settings_of(folder), tiny.NIGHTS)


def _recover(folder: Path, said: Path) -> None:
    """Look at what the kill left, run the next night, and look again."""
    settings = tiny.settings_of(folder)
    seen = _whole_release(folder)
    tiny.night(settings, tiny.NIGHTS)
    problems = [f"{found.what}: {problem}" for found in verify_all(settings) for problem in found.problems]
    half = [*settings.landing.rglob("*.tmp"), *settings.releases.rglob("*.tmp"), *settings.pruned.rglob("*.tmp")]
    half += [*settings.releases.glob("*/.*"), *settings.candidates.glob(".*"), *settings.current.glob(".*")]
    problems += [f"{path.relative_to(settings.root)} was left behind" for path in half]
    left = names_in(settings.releases / "restricted")
    said.write_text(
        json.dumps({"seen": seen, "final": _whole_release(folder), "problems": problems, "left": left}),
        encoding="utf-8",
    )


def _whole_release(folder: Path) -> str:
    """The fingerprint of the current release, checked against its manifest."""
    settings = tiny.settings_of(folder)
    release = resolve_release(settings)
    manifest = verify_manifest(release)
    value = fingerprint(release / DATABASE, settings).value
    assert value == manifest["fingerprint"], f"{release} is a mixture"
    return value


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _at_step(step: str, when: str) -> None:
    module, name = STEPS[step]
    owner: Any = importlib.import_module(module)
    *above, last = name.split(".")
    for part in above:
        owner = getattr(owner, part)
    original = getattr(owner, last)

    def dies(*arguments: object, **named: object) -> None:
        if when == "after":
            original(*arguments, **named)
        _die()

    setattr(owner, last, dies)


def _failing_step(step: str, number: int) -> None:
    module, name = STEPS[step]
    owner: Any = importlib.import_module(module)
    *above, last = name.split(".")
    for part in above:
        owner = getattr(owner, part)

    def fails(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    setattr(owner, last, fails)


def _at_operation(number: int) -> None:
    left = [number]

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _ON_FILES:
            if left[0] <= 0:
                _die()
            left[0] -= 1

    sys.addaudithook(count)


def _after_seconds(seconds: float) -> None:
    # The kernel acts on a signal without a handler: no Python code runs any more.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
