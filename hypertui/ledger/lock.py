"""One engine for an account and symbol: a lock file that the kernel releases when its process dies."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

_MOST = 4096  # bytes of a lock file that are read


class Locked(RuntimeError):
    """Another engine trades this account and symbol; the text is one line that names it."""


def whoami() -> str:
    """The user that this process runs as, by name where there is one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def refusal(account: str, symbol: str, network: str, holder: str) -> str:
    """What the engine that comes second is told."""
    return f"{symbol} of {account} on {network} is traded by another engine: {holder}"


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


class EngineLock:
    """Holds the lock between `__enter__` and `__exit__`, or until the process dies, however it dies.

    The file stays: removing it would let two engines lock two files of the same name.
    """

    def __init__(
        self,
        folder: Path,
        network: str,
        account: str,
        symbol: str,
        clock: Callable[[], int] = _wall_clock,
    ) -> None:
        self._names = (account.lower(), symbol, network)
        name = "-".join(quote(part, safe="") for part in (network, account.lower(), symbol))
        self.path = folder / f"{name}.lock"
        self._clock = clock
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises Locked when another engine has it, OSError when there can be no file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.pread(file, _MOST, 0))
            os.close(file)
            raise Locked(refusal(*self._names, holder)) from None
        except OSError:
            os.close(file)
            raise
        self._file = file
        since = datetime.fromtimestamp(self._clock() / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._write({"pid": os.getpid(), "host": socket.gethostname(), "user": whoami(), "since": since})
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.ftruncate(file, 0)
            os.close(file)

    def _write(self, holder: dict[str, object]) -> None:
        assert self._file is not None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(holder).encode() + b"\n", 0)


def _holder(content: bytes) -> str:
    """Whoever wrote this into a lock file, in words. A file may be empty: its holder has just begun."""
    try:
        holder = json.loads(content)
        pid, host, user, since = (str(holder[key]) for key in ("pid", "host", "user", "since"))
    except (ValueError, KeyError, TypeError):
        return "one that has just started"
    return f"process {pid} of {user} on {host}, since {since}"
