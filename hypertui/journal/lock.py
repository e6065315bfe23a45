"""One engine for an account and symbol: a lock file that the kernel releases when its process dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, unquote

from hypertui.core.clock import wall_ms

_MOST = 4096  # bytes of a lock file that are read
_TRIES = 3
_GLANCE = 0.02  # seconds


class Locked(RuntimeError):
    """Another engine trades this account and symbol; the text is one line that names it."""


def whoami() -> str:
    """The user that this process runs as, by name where there is one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def refusal(account: str, symbol: str, network: str, holder: str) -> str:
    """The text of Locked: who trades this account and symbol."""
    return f"{symbol} of {account} on {network} is traded by another engine: {holder}"


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that an engine holds; `holder` describes it in words."""

    account: str
    symbol: str
    holder: str


def held_locks(folder: Path, network: str) -> list[Held]:
    """The locks in a folder that engines of this network hold now. Takes each for an instant at most: an
    engine that starts just then tries again."""
    found = []
    for path in sorted(folder.glob(f"{quote(network, safe='')}-*.lock")):
        _, account, symbol = (unquote(part) for part in path.stem.split("-", 2))
        holder = _held_by(path)
        if holder is not None:
            found.append(Held(account, symbol, holder))
    return found


def _held_by(path: Path) -> str | None:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            return None  # no engine holds a link
        raise
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(os.pread(file, _MOST, 0))
    finally:
        os.close(file)
    return None


class EngineLock:
    """Holds the lock between `__enter__` and `__exit__`, or until the process dies, however it dies.

    The file goes with the lock. Whoever opened it before that, and locks it afterwards, finds that it has
    lost its name, and begins anew: two engines never hold two files of the same name.
    """

    def __init__(
        self,
        folder: Path,
        network: str,
        account: str,
        symbol: str,
        clock: Callable[[], int] = wall_ms,
        state_dir: Path | None = None,
    ) -> None:
        """`state_dir` is named in the message of Locked, where it is not the lock's folder."""
        self._names = (account.lower(), symbol, network)
        name = "-".join(quote(part, safe="") for part in (network, account.lower(), symbol))
        self.path = folder / f"{name}.lock"
        self._clock = clock
        self._state_dir = state_dir
        self._file: int | None = None

    def __enter__(self) -> Self:
        """Take the lock. Raises Locked when another engine has it, OSError when there can be no file."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (file := self._locked()) is None:
            pass
        self._file = file
        since = datetime.fromtimestamp(self._clock() / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        who: dict[str, object] = {"pid": os.getpid(), "host": socket.gethostname(), "user": whoami()}
        state = {} if self._state_dir is None else {"state": str(self._state_dir.absolute())}
        self._write(who | {"since": since} | state)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            if os.fstat(file).st_nlink:  # else its name may be somebody else's by now
                with contextlib.suppress(OSError):
                    self.path.unlink()
            os.close(file)

    def _locked(self) -> int | None:
        """The file, open and locked; None for one that its last holder has removed meanwhile."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            file = os.open(self.path, flags, 0o600)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise OSError(errno.ELOOP, f"{self.path.name} is a symbolic link") from None
            raise
        try:
            _take(file)
            if os.fstat(file).st_nlink:
                return file
        except BlockingIOError:
            holder = _holder(os.pread(file, _MOST, 0))
            os.close(file)
            raise Locked(refusal(*self._names, holder)) from None
        except OSError:
            os.close(file)
            raise
        os.close(file)
        return None

    def _write(self, holder: dict[str, object]) -> None:
        assert self._file is not None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, json.dumps(holder).encode() + b"\n", 0)


def _take(file: int) -> None:
    """Lock it, or raise BlockingIOError. Somebody who only looks holds it for an instant."""
    for _ in range(_TRIES - 1):
        with contextlib.suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(_GLANCE)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(content: bytes) -> str:
    """The holder that a lock file describes, in words. It is empty while its holder is still starting."""
    try:
        holder = json.loads(content)
        pid, host, user, since = (str(holder[key]) for key in ("pid", "host", "user", "since"))
        state = f", its state in {holder['state']}" if "state" in holder else ""
    except (ValueError, KeyError, TypeError):
        return "one that has just started"
    return f"process {pid} of {user} on {host}, since {since}{state}"
