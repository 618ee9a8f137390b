"""Who may read what an installation keeps: its own account all, analysts the restricted tier, everybody the open one.

Belongs here: rights of files and folders. Does not belong here: when a release is sealed (`warehouse.release`).

Whatever is made is made for its owner alone (`keep_to_owner`). A sealed release is opened to the group of the folder
that its tier lies in, `releases/restricted`, or to everybody.
"""

import os
from contextlib import suppress
from pathlib import Path

from orchestration.foundation.errors import OversightError

_READ, _PASS = 0o444, 0o111
_GROUP, _EVERYBODY = 0o770, 0o777


def keep_to_owner() -> None:
    """From now on this process makes files and folders that nobody but its account may read."""
    os.umask(0o077)


def readable(path: Path, tier: str) -> None:
    """Make a file or folder of a release read-only, for the readers of its tier."""
    path.chmod((_READ | _PASS if path.is_dir() else _READ) & _readers(tier))


def hand_over(path: Path, folder: Path) -> None:
    """Give `path` the group of `folder`; raises OversightError if the account is not in that group."""
    group = folder.stat().st_gid
    if path.stat().st_gid != group:
        try:
            os.chown(path, -1, group)
        except PermissionError as error:
            raise OversightError(
                f"{folder} belongs to the group {group}, which this account is not in: nobody could read what is "
                "published there. Add the account to the group, or chgrp the folder."
            ) from error


def let_through(tier: str, tier_folder: Path, *on_the_way: Path) -> None:
    """Let the readers of a tier list its folder, and pass through those above it without seeing what else is there."""
    for path, mode in ((tier_folder, _READ | _PASS), *((path, _PASS) for path in on_the_way)):
        has = path.stat().st_mode
        wanted = has | (mode & _readers(tier))
        if wanted != has:
            # Another's folder has the rights that its owner gave it.
            with suppress(PermissionError):
                path.chmod(wanted & 0o7777)


def _readers(tier: str) -> int:
    return _EVERYBODY if tier == "open" else _GROUP
