"""A file on this machine, read so that a change while it is read is noticed.

Belongs here: opening what somebody put somewhere, and the error of one file that cannot land. Does not belong
here: where its bytes go (`landing`).
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.foundation.errors import OversightError


class FileNotLandedError(OversightError):
    """This one file cannot land (too large, still being written, not an ordinary file); others can.

    `rule` is the reason as a word, as screening names its rules; `size_bytes` is what is known of the size.
    """

    def __init__(self, message: str, rule: str, size_bytes: int = 0) -> None:
        super().__init__(message)
        self.rule = rule
        self.size_bytes = size_bytes


class OrdinaryFile:
    """An open file on this machine that says so if it changes while it is read."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor, self._path = descriptor, path
        self._before = os.fstat(descriptor)
        self.size_bytes = self._before.st_size
        if not stat.S_ISREG(self._before.st_mode):
            raise FileNotLandedError(f"{path} is not an ordinary file; give the path of one.", rule="file.unreadable")

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises FileNotLandedError if the file is no longer what it was."""
        try:
            chunk = os.read(self._descriptor, size)
        except OSError as error:
            raise FileNotLandedError(
                f"{self._path} cannot be read to its end ({error.strerror}); check the disk it lies on.",
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
def ordinary_file(path: Path) -> Iterator[OrdinaryFile]:
    """Opens `path` for landing; raises FileNotLandedError unless it is an ordinary file that can be read."""
    try:
        # No symbolic links: a drop folder must not be able to make the centre read its own secrets.
        # Not blocking: a named pipe would otherwise hold the night for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        reason = "it is a symbolic link" if path.is_symlink() else said
        raise FileNotLandedError(
            f"{path} cannot be read ({reason}); give the path of an ordinary, readable file.",
            rule="file.unreadable",
        ) from error
    try:
        yield OrdinaryFile(descriptor, path)
    finally:
        os.close(descriptor)
