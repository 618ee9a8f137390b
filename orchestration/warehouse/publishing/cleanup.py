"""What killed runs leave behind, and removing it before it fills the disk.

Belongs here: finding what certainly nobody needs any more. Does not belong here: releases (`retention`), temporary
files of landing, which landing itself removes, and candidates that wait or were refused (`candidate`).
"""

import os
import shutil
import socket
from pathlib import Path

from orchestration.foundation.atomic_files import sweep
from orchestration.foundation.database import SPILL
from orchestration.foundation.locks import refresh_lock
from orchestration.foundation.settings import Settings
from orchestration.warehouse.store.candidate import prune_candidates


def clear_leftovers(settings: Settings) -> None:
    """Remove half-made candidates, those beyond `keep_builds`, files half written beside the releases, and what DuckDB
    spilled in processes that are dead. Under the lock of a refresh, so that no candidate is still being made.

    Raises `RefreshLockedError` while another process refreshes.
    """
    with refresh_lock(settings):
        prune_candidates(settings)
        for folder in _where_files_are_written_whole(settings):
            sweep(folder)
        _clear_spill(settings.build / SPILL)


def _where_files_are_written_whole(settings: Settings) -> list[Path]:
    beside = [settings.releases, *settings.pins.glob("*"), *settings.pruned.glob("*")]
    return [*beside, *settings.pruned.glob("*/*"), *settings.candidates.glob("*")]


def _clear_spill(folder: Path) -> None:
    """A spill folder is named after machine and process (`connection.spill_folder`); only this machine's can be known
    to be dead."""
    prefix = f"oversight-{socket.gethostname()}-"
    for spilled in folder.glob(f"{prefix}*"):
        if not is_alive(spilled.name.removeprefix(prefix)):
            shutil.rmtree(spilled, ignore_errors=True)


def is_alive(process: str) -> bool:
    """Whether the process of that number is there on this machine; false for what is no number."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # another user's
        return True
    return True
