"""A lock between processes. It loads nothing else of the venue: the console takes one before it paints."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

_PRIVATE = 0o600
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# How long a holder that was killed may need until what it started has ended too.
_PATIENCE = 5.0
_POLL = 0.05


class StateError(ValueError):
    """A state that cannot be used; the text is one line that names the file."""


class Lock:
    """A file that one process at a time holds, with its id in it. Processes that inherit it hold it too.

    Raises StateError, naming the process, when another one holds it.
    """

    def __init__(self, path: Path, what: str) -> None:
        try:
            self._descriptor = os.open(path, _FLAGS, _PRIVATE)
        except OSError as error:
            reason = f"{path} is a symbolic link" if error.errno == errno.ELOOP else error.strerror
            raise StateError(f"{what} cannot be locked: {reason}") from None
        try:
            self._take(what)
        except OSError as error:
            os.close(self._descriptor)
            raise StateError(f"{what} cannot be locked: {error.strerror}") from None
        except BaseException:
            os.close(self._descriptor)
            raise

    def fileno(self) -> int:
        """For a process that is to inherit it."""
        return self._descriptor

    def close(self) -> None:
        """Let go; those who inherited it still hold it."""
        os.close(self._descriptor)

    def _take(self, what: str) -> None:
        patience = time.monotonic() + _PATIENCE
        while not self._taken():
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            if _runs(holder) or time.monotonic() > patience:
                raise StateError(f"{what} is in use by process {holder or 'unknown'}")
            time.sleep(_POLL)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _runs(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
