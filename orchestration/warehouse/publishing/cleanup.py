"""Removal of what interrupted runs leave behind, before it fills the disk.

Contains the search for files that are certainly no longer needed. Not here: releases (`retention`), temporary files of
landing, which landing itself removes, and candidates that are waiting or were refused (`candidate`).
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
    """Remove incomplete candidates, those beyond `keep_builds`, incomplete files beside the releases, and temporary
    files of DuckDB from processes that have ended.

    Takes the refresh lock, so that no candidate is still being built. Raises `RefreshLockedError` while another process
    refreshes.
    """
    with refresh_lock(settings):
        prune_candidates(settings)
        for folder in _atomic_write_folders(settings):
            sweep(folder)
        _clear_temporary_files(settings.build / SPILL)


def _atomic_write_folders(settings: Settings) -> list[Path]:
    folders = [settings.releases, *settings.pins.glob("*"), *settings.pruned.glob("*")]
    return [*folders, *settings.pruned.glob("*/*"), *settings.candidates.glob("*")]


def _clear_temporary_files(folder: Path) -> None:
    """Remove the temporary files of processes that have ended on this machine.

    Their folders are named after machine and process; processes of other machines cannot be checked.
    """
    prefix = f"oversight-{socket.gethostname()}-"
    for process_folder in folder.glob(f"{prefix}*"):
        if not is_alive(process_folder.name.removeprefix(prefix)):
            shutil.rmtree(process_folder, ignore_errors=True)


def is_alive(process: str) -> bool:
    """Return True if a process with this number is running on this machine; False if it is not a number."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # another user's
        return True
    return True
