"""Regular file on this machine, opened so that a change while it is read is detected.

Contains opening the file and the error for a file that cannot be landed. Not here: storing its bytes
(`landing_area`).
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.foundation.errors import OversightError


class FileNotLandedError(OversightError):
    """A file that cannot be landed (too large, still being written, not a regular file); other files can.

    `rule` is the code of a screening rule; `size_bytes` is the size as far as it is known.
    """

    def __init__(self, message: str, rule: str, size_bytes: int = 0) -> None:
        super().__init__(message)
        self.rule = rule
        self.size_bytes = size_bytes


class RegularFile:
    """Open file on this machine; reading raises if the file has changed."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor, self._path = descriptor, path
        self._before = os.fstat(descriptor)
        self.size_bytes = self._before.st_size
        if not stat.S_ISREG(self._before.st_mode):
            raise FileNotLandedError(
                f"{path} is not a regular file; give the path of a regular file.", rule="file.unreadable"
            )

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; raise FileNotLandedError if the file has changed."""
        try:
            chunk = os.read(self._descriptor, size)
        except OSError as error:
            raise FileNotLandedError(
                f"{self._path} cannot be read to its end ({error.strerror}); check the disk that it is on.",
                rule="file.unreadable",
            ) from error
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self._before.st_mtime_ns):
            raise FileNotLandedError(
                f"{self._path} changed while it was read; land it again once it is complete.",
                rule="file.incomplete",
            )
        return chunk


@contextmanager
def open_regular_file(path: Path) -> Iterator[RegularFile]:
    """Open `path` for landing; raise FileNotLandedError unless it is a regular file that can be read."""
    try:
        # No symbolic links: a link in a drop folder could point at the centre's own secrets.
        # Non-blocking: opening a named pipe would otherwise hang the refresh.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        reason = "it is a symbolic link" if path.is_symlink() else cause
        raise FileNotLandedError(
            f"{path} cannot be read ({reason}); give the path of a regular file that this account can read.",
            rule="file.unreadable",
        ) from error
    try:
        yield RegularFile(descriptor, path)
    finally:
        os.close(descriptor)
