"""The nonces of signers: milliseconds, none given twice, whichever of this machine's processes draws them."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypertui.core.clock import wall_ms
from hypertui.core.files import update_private

_LOG = logging.getLogger(__name__)

_FORM = re.compile(rb"[0-9]{20}\n")
_MOST = 64  # bytes that are read of a file
_FARTHEST = 23 * 3_600_000  # ms ahead of the clock; the venue takes none that is a day ahead
_TRIES = 3
_PATIENCE = 0.05  # seconds in which another process gives up the lock that it needs for some microseconds
_GLANCE = 0.0001  # seconds
_REST = 1.0  # seconds in which what has failed is not tried again


class NonceSource:
    """Gives each signer's nonces: the time, or one more than the last nonce where that is higher.

    In `folder` the last one of each signer stands in a file, so that processes which sign with the same key
    never draw the same; the folder is best one in memory, since a write may have to wait for a disk. Without
    one, and where the file is of no use, each process counts for itself. Use it on one thread.
    """

    def __init__(self, folder: Path | None = None, clock: Callable[[], int] = wall_ms) -> None:
        self._folder = folder
        self._clock = clock
        self._counters: dict[str, _Counter] = {}

    def draw(self, signer: str) -> int:
        """The next nonce of the signer with this address, in lower case. Raises nothing, and waits at most 50
        ms in a second for another process."""
        counter = self._counters.get(signer)
        if counter is None:
            path = None if self._folder is None else self._folder / f"{signer}.nonce"
            counter = self._counters[signer] = _Counter(path, self._clock)
        return counter.draw()


class _Counter:
    """One signer's last nonce, here and in the file at `path`."""

    def __init__(self, path: Path | None, clock: Callable[[], int]) -> None:
        self._path = path
        self._clock = clock
        self._last = 0
        self._file: int | None = None
        self._rests_until = 0.0
        self._has_complained = False

    def draw(self) -> int:
        self._last = max(self._clock(), self._last + 1)
        if self._path is not None and time.monotonic() >= self._rests_until:
            try:
                self._agree(self._path)
            except OSError as error:
                self._let_go()
                self._rests_until = time.monotonic() + _REST
                self._complain(error.strerror or str(error))
        return self._last

    def _agree(self, path: Path) -> None:
        """Go beyond what others have drawn, and let them know. Raises OSError."""
        file = self._locked(path)
        kept = os.pread(file, _MOST, 0)
        if kept:
            self._last = max(self._last, self._understood(kept) + 1)
        said = b"%020d\n" % self._last
        if os.pwrite(file, said, 0) < len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if len(kept) > len(said):
            os.ftruncate(file, len(said))
        fcntl.flock(file, fcntl.LOCK_UN)

    def _understood(self, kept: bytes) -> int:
        """The nonce in what was kept; 0 for what cannot be one."""
        nonce = int(kept) if _FORM.fullmatch(kept) else None
        if nonce is None or nonce > self._clock() + _FARTHEST:
            self._complain("its file held no nonce, and is written anew")
            return 0
        return nonce

    def _locked(self, path: Path) -> int:
        """The file, which nobody else uses until its lock is given up."""
        for _ in range(_TRIES):
            if self._file is None:
                self._file = self._opened(path)
            self._lock(self._file)
            if os.fstat(self._file).st_nlink:
                return self._file
            self._let_go()  # it has been taken away, and others may have made another one
        raise OSError(errno.ESTALE, "it is taken away again and again")

    @staticmethod
    def _opened(path: Path) -> int:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return update_private(path)

    @staticmethod
    def _lock(file: int) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise BlockingIOError(errno.EAGAIN, "another process does not let go of it") from None
            time.sleep(_GLANCE)

    def _let_go(self) -> None:
        """Close the file, and give up its lock with it."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)

    def _complain(self, problem: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            _LOG.warning("nonces may be drawn twice by processes of one key: %s: %s", self._path, problem)
