"""File permissions: the installation's account may read everything, analysts the restricted tier, the public the open.

Contains the modes and groups of files and folders. Not here: when a release is sealed
(`orchestration.warehouse.store.sealing`).

New files are readable by their owner only (`keep_to_owner`). A sealed restricted release is opened to the group of the
folder `releases/restricted`, an open one to all accounts.
"""

import os
from contextlib import suppress
from pathlib import Path

from orchestration.foundation.errors import OversightError

_READ, _PASS = 0o444, 0o111
_GROUP, _ALL = 0o770, 0o777


def keep_to_owner() -> None:
    """Make the files and folders that this process creates from now on readable by its account only."""
    os.umask(0o077)


def readable(path: Path, tier: str) -> None:
    """Make a file or folder of a release read-only, for the readers of its tier."""
    path.chmod((_READ | _PASS if path.is_dir() else _READ) & _readers(tier))


def hand_over(path: Path, folder: Path) -> None:
    """Give `path` the group of `folder`. Raise OversightError if the account is not in that group."""
    group = folder.stat().st_gid
    if path.stat().st_gid != group:
        try:
            os.chown(path, -1, group)
        except PermissionError as error:
            raise OversightError(
                f"{folder} belongs to group {group}, but this account is not a member, so readers could not open its "
                "releases; add the account to the group, or change the folder's group."
            ) from error


def let_through(tier: str, tier_folder: Path, *on_the_way: Path) -> None:
    """Let the readers of a tier list its folder, and pass through the folders above it without listing them."""
    for path, mode in ((tier_folder, _READ | _PASS), *((path, _PASS) for path in on_the_way)):
        current = path.stat().st_mode
        wanted = current | (mode & _readers(tier))
        if wanted != current:
            # The folder may belong to another account, which decides on its permissions.
            with suppress(PermissionError):
                path.chmod(wanted & 0o7777)


def _readers(tier: str) -> int:
    return _ALL if tier == "open" else _GROUP
